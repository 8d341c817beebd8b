#include "ctl/log/decision_fields.h"

#include <charconv>

#include "common/base/log_share.h"

namespace postern::ctl {

std::uint64_t count_in(const LogFields& fields, std::string_view key) {
  const std::string_view text = field_of(fields, key);
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::uint64_t decisions_in(const LogFields& fields) {
  return std::clamp<std::uint64_t>(count_in(fields, "sampled"), 1, kMaxLinesInOne);
}

std::string sender_domain_in(const LogFields& fields) {
  constexpr std::size_t kMost = 256;
  const std::string_view sender = field_of(fields, "sender");
  if (sender.empty()) return "no sender yet";
  const std::size_t at = sender.rfind('@');
  return std::string(sender.substr(at == std::string_view::npos ? 0 : at + 1, kMost));
}

}  // namespace postern::ctl
