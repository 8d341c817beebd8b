// Text for a terminal, line by line, broken where there is a blank so that it is not too wide.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace postern::ctl {

class WrappedPage {
 public:
  static constexpr std::size_t kWidth = 96;

  // Lines after the first are indented by `hanging`.
  void line(std::size_t indent, std::size_t hanging, std::string_view text) {
    while (text.size() > kWidth - indent) {
      std::size_t end = text.rfind(' ', kWidth - indent);
      if (end == std::string_view::npos || end == 0) end = text.find(' ', 1);
      if (end == std::string_view::npos) break;
      exactly(indent, text.substr(0, end));
      text.remove_prefix(end + 1);
      indent = hanging;
    }
    exactly(indent, text);
  }

  void exactly(std::size_t indent, std::string_view text) {
    text_.append(indent, ' ').append(text) += '\n';
  }

  void gap() { text_ += '\n'; }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace postern::ctl
