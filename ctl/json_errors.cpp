#include "ctl/json_errors.h"

#include <algorithm>
#include <boost/json.hpp>

namespace postern {
namespace {

constexpr std::string_view kProgram = "posternctl: ";

std::string without_program(std::string_view told) {
  std::string text;
  while (!told.empty()) {
    std::string_view line = told.substr(0, told.find('\n'));
    told.remove_prefix(std::min(told.size(), line.size() + 1));
    if (line.starts_with(kProgram)) line.remove_prefix(kProgram.size());
    text += (text.empty() ? "" : "\n") + std::string(line);
  }
  return text;
}

}  // namespace

std::string json_error(const std::string& told, CtlExit exit) {
  return boost::json::serialize(boost::json::object{{"error", without_program(told)},
                                                    {"exit", static_cast<int>(exit)}}) +
         "\n";
}

WatchedBuffer::int_type WatchedBuffer::overflow(int_type c) {
  if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
  written_ = true;
  return sink_->sputc(traits_type::to_char_type(c));
}

std::streamsize WatchedBuffer::xsputn(const char* text, std::streamsize size) {
  written_ = written_ || size > 0;
  return sink_->sputn(text, size);
}

}  // namespace postern
