#include "rules/model/reply_text.h"

#include <algorithm>
#include <array>

#include "common/base/escape.h"
#include "rules/model/token.h"

namespace postern {
namespace {

constexpr std::array<std::string_view, 4> kPlaceholders = {"{rule}", "{client}", "{sender_domain}",
                                                           kTokenPlaceholder};

std::string value_of(std::size_t placeholder, std::string_view rule,
                     const Transaction& transaction) {
  if (placeholder == 0) return std::string(rule);
  if (placeholder == 1) return transaction.client ? transaction.client->to_string() : "-";
  if (kPlaceholders[placeholder] == kTokenPlaceholder) {
    return transaction.token.empty() ? "-" : transaction.token;
  }
  const bool has_domain = transaction.sender && !transaction.sender->domain().empty();
  return has_domain ? transaction.sender->domain().text() : "-";
}

// Which of them starts `text`; their number if none does.
template <class Placeholders>
std::size_t placeholder_at(std::string_view text, const Placeholders& placeholders) {
  const auto found = std::find_if(placeholders.begin(), placeholders.end(),
                                  [&](std::string_view name) { return text.starts_with(name); });
  return static_cast<std::size_t>(found - placeholders.begin());
}

bool begins_placeholder(std::string_view text) {
  return placeholder_at(text, kPlaceholders) < kPlaceholders.size() ||
         placeholder_at(text, kCheckPlaceholders) < kCheckPlaceholders.size();
}

struct Expansion {
  std::size_t length = 0;  // of the placeholder
  std::string value;
};

// Of the placeholder that starts `text`; of no length if none does.
Expansion expansion_at(std::string_view text, std::string_view rule, const Transaction& transaction,
                       const CheckWords& of_check) {
  if (!text.starts_with('{')) return {};
  if (const std::size_t at = placeholder_at(text, kPlaceholders); at < kPlaceholders.size()) {
    return {kPlaceholders[at].size(), value_of(at, rule, transaction)};
  }
  const std::size_t at = placeholder_at(text, kCheckPlaceholders);
  if (at == kCheckPlaceholders.size()) return {};
  std::string_view value = "-";
  for (const CheckWord& word : of_check) {
    if (word.placeholder == kCheckPlaceholders[at] && !word.value.empty()) value = word.value;
  }
  return {kCheckPlaceholders[at].size(), std::string(value)};
}

}  // namespace

Result<void> check_text(std::string_view text, std::size_t max_bytes) {
  if (text.size() > max_bytes) {
    return failure("the text has " + std::to_string(text.size()) + " bytes; want at most " +
                   std::to_string(max_bytes));
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] < ' ' || text[i] > '~') {
      return failure("the text holds a byte that is no visible ASCII; want plain English");
    }
    if (text[i] == '{' && !begins_placeholder(text.substr(i))) {
      return failure(
          "'{' in the text begins no placeholder; want {rule}, {client}, "
          "{sender_domain}, {token}, or of its check {zone}, {list_text}, {spf}, "
          "{auth_results} or {retry}");
    }
  }
  return {};
}

std::string expand_placeholders(std::string_view text, std::string_view rule,
                                const Transaction& transaction, std::size_t max_bytes,
                                const CheckWords& of_check) {
  if (text.find('{') == std::string_view::npos) return std::string(text);
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    const Expansion expansion = expansion_at(text.substr(i), rule, transaction, of_check);
    if (expansion.length == 0) {
      result += text[i++];
    } else {
      result += expansion.value;
      i += expansion.length;
    }
  }
  return reply_safe(result, max_bytes);
}

Result<std::string> unquote(std::string_view text) {
  if (!text.starts_with('"')) {
    if (text.find('"') != std::string_view::npos) {
      return failure("a '\"' in the middle of the text; want the whole text in quotes");
    }
    return std::string(text);
  }
  std::string result;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      if (i + 1 == text.size()) return result;
      return failure("something follows the closing '\"': '" + std::string(text.substr(i + 1)) +
                     "'");
    }
    // Only these two: any other backslash is itself, as in a regular expression.
    const std::string_view next = text.substr(i + 1, 1);
    if (text[i] == '\\' && (next == "\"" || next == "\\")) ++i;
    result += text[i];
  }
  return failure("the closing '\"' is missing");
}

std::string quote(std::string_view text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

}  // namespace postern
