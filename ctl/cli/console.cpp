#include "ctl/cli/console.h"

#include <ostream>

#include "common/base/escape.h"

namespace postern::ctl {

void Console::json(const boost::json::value& answer) const {
  out_ << answer << "\n";
}

void Console::page(std::string_view lines) const {
  out_ << lines;
}

void Console::problems(std::string_view lines) const {
  err_ << lines << std::flush;
}

void Console::flush() const {
  out_.flush();
}

bool Console::is_read() const {
  return out_.good();
}

void Console::add(std::string& text, std::string_view part) {
  text += printable(part);
}

}  // namespace postern::ctl
