#include "rules/spf/spf_macro.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "common/base/ascii_case.h"
#include "common/base/domain_name.h"
#include "common/dns/reverse_name.h"

namespace postern::spf {
namespace {

constexpr std::string_view kLettersOfNames = "slodipvh%_-";
constexpr std::string_view kLettersOfExplanations = "slodipvhcrt%_-";
constexpr std::string_view kLettersWithoutBraces = "%_-";
constexpr std::string_view kDelimiters = ".-+,/_=";
constexpr std::size_t kMaxParts = 1000;  // more than any text has

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) {
  return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

// What stands between `%{` and `}`; or the one character of `%%`, `%_` and `%-`.
struct Macro {
  char letter = 0;             // in lower case
  bool is_escaped = false;     // it was in upper case: as in a URL
  std::size_t last_parts = 0;  // 0: all of them
  bool is_reversed = false;
  std::string_view delimiters = ".";
};

// Takes a macro behind its `%{`, with the `}`.
std::optional<Macro> take_macro(std::string_view& text) {
  const std::size_t end = text.find('}');
  if (end == std::string_view::npos || !is_letter(text.front())) return std::nullopt;
  std::string_view rest = text.substr(0, end);
  text.remove_prefix(end + 1);
  Macro macro;
  macro.letter = ascii_lower(rest.front());
  macro.is_escaped = macro.letter != rest.front();
  rest.remove_prefix(1);
  const bool has_digits = !rest.empty() && is_digit(rest.front());
  while (!rest.empty() && is_digit(rest.front())) {
    const auto digit = static_cast<std::size_t>(rest.front() - '0');
    macro.last_parts = std::min(macro.last_parts * 10 + digit, kMaxParts);
    rest.remove_prefix(1);
  }
  if (has_digits && macro.last_parts == 0) return std::nullopt;
  macro.is_reversed = rest.starts_with('r') || rest.starts_with('R');
  if (macro.is_reversed) rest.remove_prefix(1);
  if (rest.find_first_not_of(kDelimiters) != std::string_view::npos) return std::nullopt;
  if (!rest.empty()) macro.delimiters = rest;
  return macro;
}

// The same behind its `%` and the octet after that.
std::optional<Macro> take_any_macro(char next, std::string_view& text) {
  if (next == '{') return take_macro(text);
  if (kLettersWithoutBraces.find(next) == std::string_view::npos) return std::nullopt;
  return Macro{.letter = next};
}

// Takes text with macros apart: `on_text` gets what stands for itself, `on_macro` the macros.
// Whether it is a macro-string.
template <class OnText, class OnMacro>
bool take_apart(std::string_view text, OnText on_text, OnMacro on_macro) {
  while (!text.empty()) {
    const std::size_t percent = std::min(text.find('%'), text.size());
    if (percent > 0 && !on_text(text.substr(0, percent))) return false;
    text.remove_prefix(percent);
    if (text.empty()) return true;
    const char next = text.size() > 1 ? text[1] : '\0';
    text.remove_prefix(std::min<std::size_t>(text.size(), 2));
    const auto macro = take_any_macro(next, text);
    if (!macro || !on_macro(*macro)) return false;
  }
  return true;
}

bool is_top_label(std::string_view label) {
  bool is_number = true;
  for (const char c : label) {
    if (is_digit(c)) continue;
    if (!is_letter(c) && c != '-') return false;
    is_number = false;
  }
  return !is_number && !label.starts_with('-') && !label.ends_with('-');
}

// Where the last macro of `text` ends; 0: it has none.
std::size_t end_of_last_macro(std::string_view text) {
  std::size_t end = 0;
  std::string_view rest = text;
  while (true) {
    const std::size_t percent = rest.find('%');
    if (percent == std::string_view::npos) return end;
    rest.remove_prefix(percent);
    rest.remove_prefix(rest.starts_with("%{") ? rest.find('}') + 1 : 2);
    end = text.size() - rest.size();
  }
}

// RFC 3986 2.3: what is not reserved stays.
void append_escaped(std::string& out, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : text) {
    if (is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      const auto octet = static_cast<unsigned char>(c);
      out.append("%") += kDigits[octet >> 4];
      out += kDigits[octet & 0xf];
    }
  }
}

// Dotted, the first octet or nibble first.
std::string dotted(const IpAddress& address) {
  if (address.is_v4()) return address.to_string();
  std::string nibbles = dns::reversed_labels(address);
  std::reverse(nibbles.begin(), nibbles.end());
  std::transform(nibbles.begin(), nibbles.end(), nibbles.begin(),
                 [](char c) { return is_letter(c) ? static_cast<char>(c - 'a' + 'A') : c; });
  return nibbles;
}

std::string value_of(char letter, const MacroValues& values) {
  switch (letter) {
    case 's':
      return std::string(values.local_part).append("@").append(values.sender_domain);
    case 'l':
      return std::string(values.local_part);
    case 'o':
      return std::string(values.sender_domain);
    case 'd':
      return std::string(values.domain);
    case 'i':
      return dotted(values.client);
    case 'c':
      return values.client.to_string();
    case 'p':
      return std::string(values.validated);
    case 'v':
      return values.client.is_v4() ? "in-addr" : "ip6";
    case 'h':
      return std::string(values.helo);
    case 't':
      return "0";
    case '%':
      return "%";
    case '_':
      return " ";
    case '-':
      return "%20";
    default:
      return "unknown";
  }
}

// Its parts between delimiters, those that are wanted in the order that is wanted, with dots.
std::string transformed(std::string_view value, const Macro& macro) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = std::min(value.find_first_of(macro.delimiters), value.size());
    parts.push_back(value.substr(0, end));
    if (end == value.size()) break;
    value.remove_prefix(end + 1);
  }
  if (macro.is_reversed) std::reverse(parts.begin(), parts.end());
  const std::size_t wanted = macro.last_parts == 0 ? parts.size() : macro.last_parts;
  const std::size_t first = parts.size() - std::min(wanted, parts.size());
  std::string text;
  for (std::size_t i = first; i < parts.size(); ++i) {
    if (i > first) text += '.';
    text += parts[i];
  }
  return text;
}

}  // namespace

Result<void> check_macros(std::string_view text, MacroPlace place) {
  const bool is_explanation = place == MacroPlace::explanation;
  const auto fits = [&](char c) { return (c > ' ' && c <= '~') || (is_explanation && c == ' '); };
  const std::string_view letters = is_explanation ? kLettersOfExplanations : kLettersOfNames;
  const bool is_one = take_apart(
      text, [&](std::string_view part) { return std::all_of(part.begin(), part.end(), fits); },
      [&](const Macro& macro) { return letters.find(macro.letter) != std::string_view::npos; });
  if (!is_one) return failure("a macro that is none, or an octet that is no visible ASCII");
  return {};
}

Result<void> check_domain_spec(std::string_view text) {
  if (auto checked = check_macros(text, MacroPlace::name); !checked) return checked;
  const std::size_t macro_end = end_of_last_macro(text);
  if (!text.empty() && macro_end == text.size()) return {};
  if (text.ends_with('.')) text.remove_suffix(1);
  const std::size_t dot = text.rfind('.');
  const bool has_top = dot != std::string_view::npos && dot >= macro_end;
  if (!has_top || !is_top_label(text.substr(dot + 1))) return failure("a name without a domain");
  return {};
}

bool has_p_macro(std::string_view text) {
  bool found = false;
  take_apart(
      text, [](std::string_view /*part*/) { return true; },
      [&](const Macro& macro) {
        found = found || macro.letter == 'p';
        return true;
      });
  return found;
}

std::string expand_macros(std::string_view text, const MacroValues& values) {
  std::string out;
  take_apart(
      text,
      [&](std::string_view part) {
        out += part;
        return true;
      },
      [&](const Macro& macro) {
        const std::string value = transformed(value_of(macro.letter, values), macro);
        if (macro.is_escaped) {
          append_escaped(out, value);
        } else {
          out += value;
        }
        return true;
      });
  return out;
}

std::string_view last_labels_that_fit(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  while (name.size() > DomainName::kMaxLength) {
    const std::size_t dot = name.find('.');
    if (dot == std::string_view::npos) break;
    name.remove_prefix(dot + 1);
  }
  return name;
}

}  // namespace postern::spf
