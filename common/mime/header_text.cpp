// Not by GMime: its 3.2.13 keeps every character set name that it ever met, drops base64 words
// behind a padded one (its issue 133), and takes quadratic time for `=?a?q?x`.
#include "common/mime/header_text.h"

#include <algorithm>
#include <optional>

#include "common/base/ascii_case.h"
#include "common/base/whole_number.h"
#include "common/mime/charset.h"
#include "common/mime/header_line.h"

namespace postern::mime {
namespace {

constexpr auto kNone = std::string_view::npos;
constexpr std::string_view kBlanks = " \t";

struct EncodedWord {
  std::size_t length = 0;
  std::string_view charset;
  char encoding = 'q';
  std::string_view text;
};

// The end of an encoded word's text. Mail programs let blanks and `?` in it pass; the start of
// another word they do not.
std::size_t text_end(std::string_view text, std::size_t begin) {
  std::size_t end = text.find('?', begin);
  while (end != kNone && !text.substr(end).starts_with("?=")) {
    if (end > begin && text[end - 1] == '=') return kNone;
    end = text.find('?', end + 1);
  }
  return end;
}

// The encoded word (RFC 2047 2) at the start of `text`, its language (RFC 2231 5) dropped.
std::optional<EncodedWord> encoded_word(std::string_view text) {
  if (!text.starts_with("=?")) return std::nullopt;
  const std::size_t mark = text.find_first_of("? \t", 2);
  if (mark == kNone || text.size() < mark + 3) return std::nullopt;
  const char encoding = text[mark + 1];
  if (std::string_view("qQbB").find(encoding) == kNone) return std::nullopt;
  if (text[mark] != '?' || text[mark + 2] != '?') return std::nullopt;
  const std::size_t end = text_end(text, mark + 3);
  if (end == kNone) return std::nullopt;
  const std::string_view charset = text.substr(2, mark - 2);
  return EncodedWord{end + 2, charset.substr(0, charset.find('*')), encoding,
                     text.substr(mark + 3, end - mark - 3)};
}

// As mail programs read it: with or without padding, whatever stands between.
std::string decode_b(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    if (c == '=') count = 0;
    const std::size_t digit = kDigits.find(c);
    if (digit == kNone) continue;
    bits = (bits << 6U) | static_cast<unsigned>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>((bits >> count) & 0xffU);
  }
  return bytes;
}

std::optional<char> hex_byte(std::string_view digits) {
  const auto value = parse_whole<unsigned>(digits, 16);
  if (digits.size() != 2 || !value) return std::nullopt;
  return static_cast<char>(*value);
}

std::string decode_q(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '_') {
      bytes += ' ';
    } else if (const auto byte = hex_byte(text.substr(i + 1, 2)); text[i] == '=' && byte) {
      bytes += *byte;
      i += 2;
    } else {
      bytes += text[i];
    }
  }
  return bytes;
}

std::string bytes_of(const EncodedWord& word) {
  const bool is_q = word.encoding == 'q' || word.encoding == 'Q';
  return is_q ? decode_q(word.text) : decode_b(word.text);
}

// Neighbours in one character set are converted together: they may share a character.
struct Run {
  std::string_view charset;
  std::string bytes;
};

void flush(std::optional<Run>& run, std::string& out) {
  if (run) out += from_charset(run->bytes, run->charset);
  run.reset();
}

// What stands in the line as it is stays; blanks between neighbours go (RFC 2047 6.2).
std::string decode_words(std::string_view line) {
  std::string out;
  std::optional<Run> run;
  while (!line.empty()) {
    const std::size_t blanks = run ? std::min(line.find_first_not_of(kBlanks), line.size()) : 0;
    if (const auto word = encoded_word(line.substr(blanks))) {
      if (run && !equal_ignoring_case(run->charset, word->charset)) flush(run, out);
      if (!run) run = Run{word->charset, {}};
      run->bytes += bytes_of(*word);
      line.remove_prefix(blanks + word->length);
      continue;
    }
    flush(run, out);
    const std::size_t plain = std::min(line.find("=?", 1), line.size());
    out += line.substr(0, plain);
    line.remove_prefix(plain);
  }
  flush(run, out);
  return out;
}

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
}

}  // namespace

HeaderText decode_header_text(std::string_view raw) {
  const HeaderText line = header_line(raw);
  // Encoded words bring line breaks and other bytes as well.
  HeaderText decoded = header_line(decode_words(line.text));
  decoded.text = trimmed(decoded.text);
  if (line.extent == HeaderText::Extent::cut) decoded.extent = line.extent;
  return decoded;
}

}  // namespace postern::mime
