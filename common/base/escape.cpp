#include "common/base/escape.h"

#include <algorithm>
#include <array>
#include <optional>

#include "common/base/utf8.h"

namespace postern {
namespace {

constexpr bool is_visible_ascii(unsigned char byte) {
  return byte > 0x20 && byte < 0x7f;
}

// What a value may have without quotes. A table: every byte of every log line is asked about.
constexpr auto kPlain = [] {
  std::array<bool, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const auto byte = static_cast<unsigned char>(i);
    table[i] = is_visible_ascii(byte) && byte != '"' && byte != '=' && byte != '\\';
  }
  return table;
}();

// How much of it, from the start, nobody has to look at more closely inside quotes.
std::size_t plain_or_spaces(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), [](char c) {
    return c == ' ' || kPlain[static_cast<unsigned char>(c)];
  });
  return static_cast<std::size_t>(end - text.begin());
}

// U+2028 and U+2029 end a line for programs that read Unicode. What has the property Bidi_Control
// (Unicode 15.0, PropList.txt) turns round what a terminal shows of the rest: U+200E, U+200F,
// U+202A to U+202E, U+2066 to U+2069, and U+061C.
bool separates_or_turns(unsigned char second, unsigned char third) {
  return (second == 0x80 && (third == 0x8e || third == 0x8f || (third >= 0xa8 && third <= 0xae))) ||
         (second == 0x81 && third >= 0xa6 && third <= 0xa9);
}

// Of the well-formed sequence of several bytes at the start of `text`: C1 controls are 0xc2 with
// less than 0xa0 behind it.
bool does_more_than_show(std::string_view text) {
  const unsigned char second = byte_at(text, 1);
  switch (byte_at(text, 0)) {
    case 0xc2:
      return second < 0xa0;
    case 0xd8:
      return second == 0x9c;
    case 0xe2:
      return separates_or_turns(second, byte_at(text, 2));
    default:
      return false;
  }
}

bool is_of_a_key(char c) {
  return (c >= 'a' && c <= 'z') || c == '_';
}

// Whether a `=` behind `text` would look to grep(1) or to one who splits at blanks, of any kind,
// like a field of the line's own: ` rule=`. Behind anything else it stays (`bounce+u=a.example@b`).
bool ends_like_a_key(std::string_view text) {
  std::size_t begin = text.size();
  while (begin > 0 && is_of_a_key(text[begin - 1])) --begin;
  if (begin == text.size() || begin == 0) return false;
  return !is_visible_ascii(byte_at(text, begin - 1));
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

// A well-formed sequence of several bytes.
void append_character(std::string& out, std::string_view character) {
  if (!does_more_than_show(character)) {
    out += character;
    return;
  }
  for (std::size_t i = 0; i < character.size(); ++i) append_hex(out, byte_at(character, i));
}

// `\xNN` stands in JSON text with its backslash escaped.
void append_json_hex(std::string& out, unsigned char byte) {
  out += '\\';
  append_hex(out, byte);
}

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  return std::nullopt;
}

// `\xNN` at the front of `text`, which begins with a backslash.
bool looks_escaped(std::string_view text) {
  return text.size() >= 4 && text[1] == 'x' && hex_digit(text[2]) && hex_digit(text[3]);
}

// The first byte of `text`, which is no part of a longer sequence.
void append_json_ascii(std::string& out, std::string_view text) {
  const unsigned char byte = byte_at(text, 0);
  if (byte == '\\' && !looks_escaped(text)) {
    out += "\\\\";
  } else if (byte == '"') {
    out += "\\\"";
  } else if (byte != '\\' && (byte == ' ' || is_visible_ascii(byte))) {
    out += static_cast<char>(byte);
  } else {
    append_json_hex(out, byte);
  }
}

void append_json_character(std::string& out, std::string_view character) {
  if (!does_more_than_show(character)) {
    out += character;
    return;
  }
  for (std::size_t i = 0; i < character.size(); ++i) append_json_hex(out, byte_at(character, i));
}

constexpr unsigned kReplacement = 0xfffd;

// Of a character below U+10000 with two bytes or three; of one byte that byte.
unsigned code_unit(std::string_view character) {
  const unsigned first = byte_at(character, 0);
  if (character.size() == 1) return first;
  const unsigned second = byte_at(character, 1) & 0x3fU;
  if (character.size() == 2) return (first & 0x1fU) << 6U | second;
  return (first & 0x0fU) << 12U | second << 6U | (byte_at(character, 2) & 0x3fU);
}

// RFC 8259, section 7.
void append_json_unit(std::string& out, unsigned unit) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += "\\u";
  for (const unsigned shift : {12U, 8U, 4U, 0U}) out += kDigits[unit >> shift & 0xfU];
}

}  // namespace

void append_log_value(std::string& out, std::string_view value, std::size_t max_bytes) {
  const bool plain = !value.empty() && value.size() <= max_bytes &&
                     std::all_of(value.begin(), value.end(),
                                 [](char c) { return kPlain[static_cast<unsigned char>(c)]; });
  if (plain) {
    out += value;
    return;
  }
  out += '"';
  std::size_t position = 0;
  while (position < value.size()) {
    const std::size_t run = plain_or_spaces(value.substr(position, max_bytes - position));
    out += value.substr(position, run);
    position += run;
    if (position == value.size()) break;
    const std::size_t sequence = utf8_length(value.substr(position));
    const std::size_t step = std::max<std::size_t>(sequence, 1);
    if (step > max_bytes - position) break;
    const std::string_view character = value.substr(position, step);
    if (character == "=" && ends_like_a_key(value.substr(0, position))) {
      append_hex(out, '=');
    } else if (sequence <= 1) {
      append_ascii(out, byte_at(value, position));
    } else {
      append_character(out, character);
    }
    position += step;
  }
  if (position < value.size()) out += "...";
  out += '"';
}

bool is_plain_in_json(std::string_view text) {
  // Nearly every text is: looking at all of it without a branch, which takes many bytes at once, is
  // faster than stopping early.
  unsigned odd = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    odd |= static_cast<unsigned>(byte < 0x20) | static_cast<unsigned>(byte >= 0x7f) |
           static_cast<unsigned>(byte == '"') | static_cast<unsigned>(byte == '\\');
  }
  return odd == 0;
}

void append_json_value(std::string& out, std::string_view value, std::size_t max_bytes) {
  out += '"';
  if (value.size() <= max_bytes && is_plain_in_json(value)) {
    out += value;
    out += '"';
    return;
  }
  std::size_t position = 0;
  while (position < value.size()) {
    const std::size_t run = plain_or_spaces(value.substr(position, max_bytes - position));
    out += value.substr(position, run);
    position += run;
    if (position == value.size()) break;
    const std::string_view rest = value.substr(position);
    const std::size_t sequence = utf8_length(rest);
    const std::size_t step = std::max<std::size_t>(sequence, 1);
    if (step > max_bytes - position) break;
    if (sequence > 1) {
      append_json_character(out, rest.substr(0, step));
    } else {
      append_json_ascii(out, rest);
    }
    position += step;
  }
  if (position < value.size()) out += "...";
  out += '"';
}

std::string without_json_escapes(std::string_view text) {
  std::string out;
  for (;;) {
    const std::size_t plain = std::min(text.find('\\'), text.size());
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) return out;
    const bool escaped = looks_escaped(text);
    out += escaped ? static_cast<char>(*hex_digit(text[2]) << 4U | *hex_digit(text[3])) : '\\';
    text.remove_prefix(escaped ? 4 : 1);
  }
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t sequence = utf8_length(text);
    const std::size_t step = std::max<std::size_t>(sequence, 1);
    const bool is_control = byte_at(text, 0) < 0x20 || byte_at(text, 0) == 0x7f;
    if (sequence == 0 || is_control) {
      append_hex(out, byte_at(text, 0));
    } else if (sequence == 1) {
      out += text.front();
    } else {
      append_character(out, text.substr(0, sequence));
    }
    text.remove_prefix(step);
  }
  return out;
}

std::string safe_json(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  while (!json.empty()) {
    const std::size_t sequence = utf8_length(json);
    const std::size_t step = std::max<std::size_t>(sequence, 1);
    const std::string_view character = json.substr(0, step);
    if (sequence == 0) {
      append_json_unit(out, kReplacement);
    } else if (character == "\x7f" || (sequence > 1 && does_more_than_show(character))) {
      append_json_unit(out, code_unit(character));
    } else {
      out += character;
    }
    json.remove_prefix(step);
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
