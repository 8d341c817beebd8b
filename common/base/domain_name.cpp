#include "common/base/domain_name.h"

#include <idn2.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <utility>

#include "common/base/escape.h"

namespace postern {
namespace {

// A character takes at most four octets of UTF-8 and never less than one of the A-label, so nothing
// longer can become a name; it also bounds the work that libidn2 is given.
constexpr std::size_t kMaxUtf8Length = 4 * DomainName::kMaxLength;

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// 0 for what no label contains. Not tolower(): the locale has no say in DNS (RFC 4343).
constexpr char normalised_slowly(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
  const bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  return fits ? c : '\0';
}

constexpr auto kNormalised = [] {
  std::array<char, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = normalised_slowly(static_cast<char>(i));
  return table;
}();

char normalised(char c) {
  return kNormalised[static_cast<unsigned char>(c)];
}

bool is_length_of_label(std::size_t length) {
  return length > 0 && length <= DomainName::kMaxLabelLength;
}

std::string_view without_final_dot(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  return text;
}

// What nearly every name is, in one pass. False, and `out` is as it was, for all else: the long way
// says what is wrong with it, or converts it.
bool append_plain_name(std::string_view text, std::string& out) {
  text = without_final_dot(text);
  if (text.size() > DomainName::kMaxLength) return false;
  const std::size_t begin = out.size();
  out += text;
  std::size_t label = 0;  // its length so far
  for (char& c : std::span(out).subspan(begin)) {
    if (const char lower = normalised(c); lower != '\0') {
      c = lower;
      ++label;
    } else if (c == '.' && is_length_of_label(label)) {
      label = 0;
    } else {
      label = 0;
      break;
    }
  }
  if (!is_length_of_label(label)) out.resize(begin);
  return is_length_of_label(label);
}

Result<std::string> normalise_label(std::string_view label) {
  if (label.empty()) return failure("empty label; labels have 1 to 63 characters");
  if (label.size() > DomainName::kMaxLabelLength) {
    return failure("label of " + std::to_string(label.size()) +
                   " characters; labels have 1 to 63 characters");
  }
  std::string out;
  out.reserve(label.size());
  for (const char c : label) {
    const char lower = normalised(c);
    if (lower == '\0') {
      std::string text = "character ";
      append_log_value(text, {&c, 1});
      return failure(text + "; names have letters, digits, hyphens, underscores and dots");
    }
    out += lower;
  }
  return out;
}

Result<std::string> normalise_ascii(std::string_view text) {
  text = without_final_dot(text);
  if (text.empty()) return failure("empty name");
  if (text.size() > DomainName::kMaxLength) {
    return failure("name of " + std::to_string(text.size()) + " characters; at most 253 fit DNS");
  }
  std::string out;
  out.reserve(text.size());
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('.', start), text.size());
    auto label = normalise_label(text.substr(start, end - start));
    if (!label) return tl::unexpected(label.error());
    if (start > 0) out += '.';
    out += *label;
    start = end + 1;
  }
  return out;
}

Result<std::string> to_a_labels(std::string_view text) {
  if (text.size() > kMaxUtf8Length) {
    return failure("name of " + std::to_string(text.size()) + " bytes; at most 253 fit DNS");
  }
  // libidn2 takes a C string and would not see what follows.
  if (text.find('\0') != std::string_view::npos) return failure("a NUL byte in the name");

  char* converted = nullptr;
  // Never IDN2_USE_STD3_ASCII_RULES: it deletes characters instead of refusing them.
  const int status = idn2_to_ascii_8z(std::string(text).c_str(), &converted,
                                      IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, decltype(&idn2_free)> owner(converted, &idn2_free);
  if (status != IDN2_OK) {
    return failure(std::string("not a valid internationalised name: ") + idn2_strerror(status));
  }
  return std::string(converted);
}

}  // namespace

Result<void> DomainName::append_normalised(std::string_view text, std::string& out) {
  if (append_plain_name(text, out)) return {};
  // libidn2 lets empty labels, spaces and other characters through.
  auto normal =
      is_ascii(text) ? normalise_ascii(text) : to_a_labels(text).and_then(normalise_ascii);
  if (!normal) return tl::unexpected(normal.error());
  out += *normal;
  return {};
}

Result<DomainName> DomainName::parse(std::string_view text) {
  DomainName name;
  if (auto done = append_normalised(text, name.text_); !done) return tl::unexpected(done.error());
  return name;
}

}  // namespace postern
