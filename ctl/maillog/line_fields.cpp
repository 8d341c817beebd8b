#include "ctl/maillog/line_fields.h"

#include <algorithm>

namespace postern::ctl {
namespace {

constexpr std::size_t kShortestQueueId = 5;
constexpr std::size_t kLongestQueueId = 40;
constexpr std::string_view kForged = " (may be forged)";

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

}  // namespace

bool is_queue_id(std::string_view text) {
  const bool digits = text.find_first_of("0123456789") != std::string_view::npos;
  return text.size() >= kShortestQueueId && text.size() <= kLongestQueueId && digits &&
         std::all_of(text.begin(), text.end(), is_letter_or_digit);
}

std::optional<std::string_view> take_queue_id(std::string_view& text) {
  const std::size_t end = text.find(": ");
  if (end == std::string_view::npos || !is_queue_id(text.substr(0, end))) return std::nullopt;
  const std::string_view id = text.substr(0, end);
  text.remove_prefix(end + 2);
  return id;
}

std::optional<std::string_view> take_until(std::string_view& text, std::string_view end) {
  const std::size_t at = text.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at + end.size());
  return taken;
}

std::optional<LoggedClient> read_client(std::string_view text) {
  const bool forged = text.ends_with(kForged);
  if (forged) text.remove_suffix(kForged.size());
  const std::size_t close = text.rfind(']');
  const std::size_t open = text.rfind('[', close);
  if (close == std::string_view::npos || open == std::string_view::npos) return std::nullopt;
  LoggedClient client;
  std::string_view address = text.substr(open + 1, close - open - 1);
  if (address.starts_with("IPv6:")) address.remove_prefix(address.find(':') + 1);
  if (const auto parsed = IpAddress::parse(address)) client.address = *parsed;
  if (!client.address && address != "unknown") return std::nullopt;
  std::string_view name = text.substr(0, open);
  while (name.ends_with(' ')) name.remove_suffix(1);
  // Without a name sendmail writes the address twice, `[192.0.2.7] [192.0.2.7]`, or once.
  if (!forged && name != "unknown" && !name.starts_with('[')) client.name = name;
  client.name_asked = !name.empty() || !text.substr(close).starts_with("]:");
  return client;
}

std::string_view goes_on_as(std::string_view said) {
  const auto id_or_nothing = [](std::string_view id) {
    return is_queue_id(id) ? id : std::string_view();
  };
  for (const std::string_view words : {"queued as ", "forwarded as "}) {
    std::string_view rest = said;
    if (take_until(rest, words)) return id_or_nothing(rest.substr(0, rest.find_first_of(" )")));
  }
  const std::size_t end = said.find(" Message accepted for delivery");
  if (end == std::string_view::npos) return {};
  return id_or_nothing(said.substr(0, end).substr(said.substr(0, end).find_last_of(" (") + 1));
}

std::string_view without_brackets(std::string_view text) {
  if (text.size() < 2 || !text.starts_with('<') || !text.ends_with('>')) return text;
  return text.substr(1, text.size() - 2);
}

}  // namespace postern::ctl
