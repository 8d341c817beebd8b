// Text for a terminal, line by line, broken where there is a blank so that it is not too wide.
// Every line is escaped here.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/escape.h"

namespace postern::ctl {

class WrappedPage {
 public:
  static constexpr std::size_t kWidth = 96;

  // Lines after the first are indented by `hanging`.
  void line(std::size_t indent, std::size_t hanging, std::string_view unsafe) {
    const std::string safe = printable(unsafe);
    std::string_view text = safe;
    while (text.size() > kWidth - indent) {
      std::size_t end = text.rfind(' ', kWidth - indent);
      if (end == std::string_view::npos || end == 0) end = text.find(' ', 1);
      if (end == std::string_view::npos) break;
      add(indent, text.substr(0, end));
      text.remove_prefix(end + 1);
      indent = hanging;
    }
    add(indent, text);
  }

  void exactly(std::size_t indent, std::string_view text) { add(indent, printable(text)); }

  void gap() { text_ += '\n'; }
  std::string take() { return std::move(text_); }

 private:
  void add(std::size_t indent, std::string_view text) {
    text_.append(indent, ' ').append(text) += '\n';
  }

  std::string text_;
};

}  // namespace postern::ctl
