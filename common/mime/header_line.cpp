#include "common/mime/header_line.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "common/base/utf8.h"

namespace postern::mime {
namespace {

constexpr std::string_view kBreaks = "\r\n";
constexpr std::string_view kInsteadOfNul = "\xef\xbf\xbd";

bool is_continuation(char c) {
  return (static_cast<std::uint8_t>(c) & 0xc0) == 0x80;
}

std::string_view bounded(std::string_view text) {
  if (text.size() <= kMaxHeaderText) return text;
  std::size_t end = kMaxHeaderText;
  // A character has three continuation bytes at most; more of them are no character anyway.
  while (end > kMaxHeaderText - 3 && is_continuation(text[end])) --end;
  return text.substr(0, end);
}

void append_latin1(std::string& out, char c) {
  const unsigned byte = static_cast<std::uint8_t>(c);
  out += static_cast<char>(0xc0U | (byte >> 6U));
  out += static_cast<char>(0x80U | (byte & 0x3fU));
}

bool starts_with_blank(std::string_view text) {
  return text.starts_with(' ') || text.starts_with('\t');
}

}  // namespace

HeaderText header_line(std::string_view raw) {
  std::string line;
  const std::size_t size = raw.size();
  raw = bounded(raw);
  bool is_cut = raw.size() < size;
  line.reserve(raw.size());
  while (!raw.empty()) {
    if (const std::size_t text = std::min(raw.find_first_not_of(kBreaks), raw.size()); text > 0) {
      raw.remove_prefix(text);
      if (!starts_with_blank(raw)) line += ' ';
      continue;
    }
    const std::size_t length = utf8_length(raw);
    if (length == 0) {
      append_latin1(line, raw.front());
    } else if (raw.front() == '\0') {
      line += kInsteadOfNul;
    } else {
      line += raw.substr(0, length);
    }
    raw.remove_prefix(std::max<std::size_t>(length, 1));
  }
  const std::size_t kept = bounded(line).size();
  is_cut = is_cut || kept < line.size();
  line.resize(kept);
  return {std::move(line), is_cut ? HeaderText::Extent::cut : HeaderText::Extent::whole};
}

}  // namespace postern::mime
