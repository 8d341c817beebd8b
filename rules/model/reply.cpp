#include "rules/model/reply.h"

#include <charconv>
#include <optional>

#include "rules/model/reply_text.h"

namespace postern {
namespace {

std::string_view first_word(std::string_view text) {
  return text.substr(0, text.find(' '));
}

std::string_view rest_after(std::string_view text, std::string_view word) {
  text.remove_prefix(word.size());
  while (text.starts_with(' ')) text.remove_prefix(1);
  return text;
}

bool is_number(std::string_view text, std::size_t max_digits) {
  return !text.empty() && text.size() <= max_digits &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

int to_int(std::string_view digits) {
  int value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

// Three numbers with dots between them; nothing if it is not meant to be one. The error is a number
// that RFC 3463 2 has no room for.
Result<std::optional<EnhancedCode>> parse_enhanced(std::string_view word) {
  const std::size_t dot = word.find('.');
  const std::size_t dot2 = dot == std::string_view::npos ? dot : word.find('.', dot + 1);
  if (dot2 == std::string_view::npos) return std::nullopt;
  const std::string_view parts[] = {word.substr(0, dot), word.substr(dot + 1, dot2 - dot - 1),
                                    word.substr(dot2 + 1)};
  for (std::string_view part : parts) {
    if (!is_number(part, word.size())) return std::nullopt;
  }
  if (parts[0].size() > 1 || parts[1].size() > 3 || parts[2].size() > 3) {
    return failure("enhanced status code " + std::string(word) +
                   "; want class.subject.detail "
                   "with at most 1, 3 and 3 digits");
  }
  return EnhancedCode{to_int(parts[0]), to_int(parts[1]), to_int(parts[2])};
}

Result<SmtpReply> with_text(SmtpReply reply, std::string_view text) {
  auto plain = unquote(text);
  if (!plain) return tl::unexpected(plain.error());
  const bool is_blank = plain->find_first_not_of(' ') == std::string::npos;
  if (is_blank && !text.empty()) return failure("the text is empty; want one or none at all");
  if (!is_blank) reply.text = *plain;
  if (auto good = check_text(reply.text, SmtpReply::kMaxText); !good) {
    return tl::unexpected(good.error());
  }
  return reply;
}

}  // namespace

std::string EnhancedCode::to_string() const {
  return std::to_string(status_class) + "." + std::to_string(subject) + "." +
         std::to_string(detail);
}

std::string SmtpReply::to_string() const {
  return std::to_string(code) + " " + enhanced.to_string() + " " + text;
}

Result<SmtpReply> parse_reply(std::string_view text, const SmtpReply& defaults) {
  SmtpReply reply = defaults;
  const int wanted_class = defaults.code / 100;
  std::string_view word = first_word(text);
  if (is_number(word, 5)) {
    reply.code = to_int(word);
    if (word.size() != 3 || reply.code / 100 != wanted_class) {
      const std::string digit = std::to_string(wanted_class);
      return failure("reply code " + std::string(word) + "; want " + digit + "00 to " + digit +
                     "99 here");
    }
    text = rest_after(text, word);
    word = first_word(text);
  }
  const auto parsed = parse_enhanced(word);
  if (!parsed) return tl::unexpected(parsed.error());
  if (const auto& enhanced = *parsed) {
    if (enhanced->status_class != wanted_class) {
      return failure("enhanced status code " + std::string(word) + " does not fit " +
                     std::to_string(reply.code) + "; want " + std::to_string(wanted_class) +
                     ".x.y");
    }
    reply.enhanced = *enhanced;
    text = rest_after(text, word);
  }
  return with_text(std::move(reply), text);
}

}  // namespace postern
