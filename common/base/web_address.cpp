#include "common/base/web_address.h"

#include <algorithm>
#include <optional>

#include "common/base/domain_name.h"
#include "common/base/ip_address.h"
#include "common/base/ip_scope.h"
#include "common/base/whole_number.h"

namespace postern {
namespace {

constexpr std::string_view kHttps = "https://";
constexpr std::string_view kHttp = "http://";
constexpr std::uint16_t kHttpsPort = 443;
constexpr std::uint16_t kHttpPort = 80;
constexpr std::size_t kMaxAddress = 2000;

bool is_loopback(const std::string& host) {
  const auto address = IpAddress::parse(host);
  return address && scope_of(*address) == IpScope::loopback;
}

// `alerts.example.org:8443`, `[::1]`
bool read_authority(std::string_view text, WebAddress& address) {
  const bool in_brackets = text.starts_with('[');
  const std::size_t end = in_brackets ? text.find(']') : text.find(':');
  if (in_brackets && end == std::string_view::npos) return false;
  address.host = in_brackets ? text.substr(1, end - 1) : text.substr(0, end);
  std::string_view rest = end == std::string_view::npos ? "" : text.substr(end);
  if (in_brackets) rest.remove_prefix(1);
  if (!rest.empty()) {
    const auto port =
        rest.front() == ':' ? parse_whole<std::uint16_t>(rest.substr(1)) : std::nullopt;
    if (!port || *port == 0) return false;
    address.port = *port;
  }
  const bool is_address = IpAddress::parse(address.host).has_value();
  return in_brackets ? is_address : is_address || DomainName::parse(address.host).has_value();
}

}  // namespace

Result<WebAddress> WebAddress::parse(std::string_view text) {
  const auto wrong = [&] {
    return failure("found '" + std::string(text.substr(0, kMaxAddress)) +
                   "', want an address like https://alerts.example.org/postern, or http:// and a "
                   "loopback address");
  };
  const bool is_plain_text =
      text.size() <= kMaxAddress && std::all_of(text.begin(), text.end(), [](char letter) {
        return letter > ' ' && letter < '\x7f' && letter != '#';
      });
  WebAddress address;
  address.is_tls = text.starts_with(kHttps);
  if (!is_plain_text || (!address.is_tls && !text.starts_with(kHttp))) return wrong();
  address.port = address.is_tls ? kHttpsPort : kHttpPort;
  const std::string_view rest = text.substr((address.is_tls ? kHttps : kHttp).size());
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  if (end < rest.size()) {
    address.target = (rest[end] == '?' ? "/" : "") + std::string(rest.substr(end));
  }
  if (!read_authority(rest.substr(0, end), address)) return wrong();
  if (!address.is_tls && !is_loopback(address.host)) return wrong();
  return address;
}

}  // namespace postern
