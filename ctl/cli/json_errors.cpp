#include "ctl/cli/json_errors.h"

#include <algorithm>
#include <boost/json.hpp>

#include "common/base/escape.h"

namespace postern::ctl {
namespace {

std::string without_program(std::string_view told) {
  std::string text;
  while (!told.empty()) {
    std::string_view line = told.substr(0, told.find('\n'));
    told.remove_prefix(std::min(told.size(), line.size() + 1));
    if (line.starts_with(Console::kProgram)) line.remove_prefix(Console::kProgram.size());
    text += (text.empty() ? "" : "\n") + std::string(line);
  }
  return text;
}

// How many bytes at the end of `text` may be a character whose rest has not come yet.
std::size_t begun_character(std::string_view text) {
  constexpr std::size_t kLongest = 4;
  for (std::size_t bytes = 1; bytes < kLongest && bytes <= text.size(); ++bytes) {
    const auto byte = static_cast<unsigned char>(text[text.size() - bytes]);
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const std::size_t wanted = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return bytes < wanted ? bytes : 0;
  }
  return 0;
}

}  // namespace

std::string json_error(const std::string& told, CtlExit exit) {
  return boost::json::serialize(boost::json::object{{"error", without_program(told)},
                                                    {"exit", static_cast<int>(exit)}}) +
         "\n";
}

JsonBuffer::~JsonBuffer() {
  if (!cut_.empty()) static_cast<void>(pass_on(safe_json(cut_)));
}

JsonBuffer::int_type JsonBuffer::overflow(int_type c) {
  if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
  const char one = traits_type::to_char_type(c);
  return xsputn(&one, 1) == 1 ? c : traits_type::eof();
}

std::streamsize JsonBuffer::xsputn(const char* text, std::streamsize size) {
  written_ = written_ || size > 0;
  cut_.append(text, static_cast<std::size_t>(size));
  const std::size_t whole = cut_.size() - begun_character(cut_);
  const std::string safe = safe_json(std::string_view(cut_).substr(0, whole));
  cut_.erase(0, whole);
  return pass_on(safe) ? size : 0;
}

bool JsonBuffer::pass_on(std::string_view text) {
  const auto size = static_cast<std::streamsize>(text.size());
  return sink_->sputn(text.data(), size) == size;
}

}  // namespace postern::ctl
