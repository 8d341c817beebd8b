#include "common/base/web_address.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "common/base/domain_name.h"
#include "common/base/ip_address.h"
#include "common/base/ip_scope.h"
#include "common/base/whole_number.h"

namespace postern {
namespace {

constexpr std::string_view kHttps = "https://";
constexpr std::string_view kHttp = "http://";
constexpr std::size_t kMaxAddress = 2000;

enum class Hosts { any, loopback };

bool is_host(std::string_view text, Hosts hosts) {
  const auto address = IpAddress::parse(text);
  if (hosts == Hosts::loopback) return address && scope_of(*address) == IpScope::loopback;
  return address || DomainName::parse(text);
}

// `:8443`, or nothing.
bool is_port(std::string_view text) {
  if (text.empty()) return true;
  const auto port = text.front() == ':' ? parse_whole<std::uint16_t>(text.substr(1)) : std::nullopt;
  return port && *port > 0;
}

// `alerts.example.org:8443`, `[::1]`
bool is_authority(std::string_view text, Hosts hosts) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return false;
    const std::string_view host = text.substr(1, end - 1);
    return IpAddress::parse(host) && is_host(host, hosts) && is_port(text.substr(end + 1));
  }
  const std::size_t end = std::min(text.find(':'), text.size());
  return is_host(text.substr(0, end), hosts) && is_port(text.substr(end));
}

bool is_web_address(std::string_view text) {
  const bool is_plain_text = std::ranges::all_of(
      text, [](char letter) { return letter > ' ' && letter < '\x7f' && letter != '#'; });
  if (text.size() > kMaxAddress || !is_plain_text) return false;
  const bool is_tls = text.starts_with(kHttps);
  if (!is_tls && !text.starts_with(kHttp)) return false;
  const std::string_view rest = text.substr((is_tls ? kHttps : kHttp).size());
  return is_authority(rest.substr(0, rest.find_first_of("/?")),
                      is_tls ? Hosts::any : Hosts::loopback);
}

}  // namespace

Result<void> check_web_address(std::string_view text) {
  if (is_web_address(text)) return {};
  return failure("found '" + std::string(text.substr(0, kMaxAddress)) +
                 "', want an address like https://alerts.example.org/postern, or http:// and a "
                 "loopback address");
}

}  // namespace postern
