#include "common/escape.h"

#include <algorithm>

#include "common/utf8.h"

namespace postern {
namespace {

unsigned char byte_at(std::string_view text, std::size_t position) {
  return static_cast<unsigned char>(text[position]);
}

bool is_visible_ascii(unsigned char byte) {
  return byte > 0x20 && byte < 0x7f;
}

bool is_plain(unsigned char byte) {
  return is_visible_ascii(byte) && byte != '"' && byte != '=' && byte != '\\';
}

bool is_c1_control(std::string_view text, std::size_t position) {
  return byte_at(text, position) == 0xc2 && byte_at(text, position + 1) < 0xa0;
}

void append_hex(std::string& out, unsigned char byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += "\\x";
  out += kDigits[byte >> 4];
  out += kDigits[byte & 0xf];
}

void append_ascii(std::string& out, unsigned char byte) {
  if (byte == '"' || byte == '\\') out += '\\';
  if (byte == ' ' || is_visible_ascii(byte)) {
    out += static_cast<char>(byte);
  } else {
    append_hex(out, byte);
  }
}

}  // namespace

void append_log_value(std::string& out, std::string_view value, std::size_t max_bytes) {
  const bool plain = !value.empty() && value.size() <= max_bytes &&
                     std::all_of(value.begin(), value.end(),
                                 [](char c) { return is_plain(static_cast<unsigned char>(c)); });
  if (plain) {
    out += value;
    return;
  }
  out += '"';
  std::size_t position = 0;
  while (position < value.size()) {
    const std::size_t sequence = utf8_length(value.substr(position));
    const std::size_t step = std::max<std::size_t>(sequence, 1);
    if (step > max_bytes - position) break;
    if (sequence <= 1) {
      append_ascii(out, byte_at(value, position));
    } else if (is_c1_control(value, position)) {
      append_hex(out, byte_at(value, position));
      append_hex(out, byte_at(value, position + 1));
    } else {
      out += value.substr(position, sequence);
    }
    position += step;
  }
  if (position < value.size()) out += "...";
  out += '"';
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t sequence = utf8_length(text);
    const std::size_t step = std::max<std::size_t>(sequence, 1);
    const bool is_control = byte_at(text, 0) < 0x20 || byte_at(text, 0) == 0x7f;
    if (sequence == 0 || is_control || (sequence > 1 && is_c1_control(text, 0))) {
      for (std::size_t i = 0; i < step; ++i) append_hex(out, byte_at(text, i));
    } else {
      out += text.substr(0, sequence);
    }
    text.remove_prefix(step);
  }
  return out;
}

std::string reply_safe(std::string_view value, std::size_t max_bytes) {
  std::string out(value.substr(0, max_bytes));
  std::replace_if(
      out.begin(), out.end(),
      [](char c) { return c != ' ' && !is_visible_ascii(static_cast<unsigned char>(c)); }, '?');
  return out;
}

}  // namespace postern
