#include "common/dns/dns_server.h"

#include <algorithm>

#include "common/base/host_port.h"
#include "common/base/ip_scope.h"

namespace postern::dns {
namespace {

constexpr std::uint16_t kDnsPort = 53;
constexpr std::size_t kMaxZone = 15;  // IFNAMSIZ of netdevice(7) without its NUL
constexpr std::string_view kBehindZone = "]#";

bool is_zone(std::string_view text) {
  return !text.empty() && text.size() <= kMaxZone &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return c > ' ' && c < '\x7f' && c != '/' && c != ':' && c != '%';
         });
}

// Puts the brackets and the colon where parse_host_port() wants them.
std::string with_colon(std::string text) {
  const std::size_t mark = text.find('#');
  if (mark == std::string::npos) return text;
  const std::string host = text.substr(0, mark);
  const bool bare_v6 = host.find(':') != std::string::npos && !host.starts_with('[');
  return (bare_v6 ? '[' + host + ']' : host) + ':' + text.substr(mark + 1);
}

IpAddress reachable(const IpAddress& address) {
  if (address == IpAddress::from_v4(0)) return IpAddress::from_v4(0x7f000001);
  if (address != IpAddress()) return address;
  IpAddress::Bytes loopback{};
  loopback.back() = 1;
  return IpAddress(loopback);
}

bool is_link_local_v6(const IpAddress& address) {
  return !address.is_v4() && scope_of(address) == IpScope::link_local;
}

}  // namespace

std::optional<DnsServer> DnsServer::parse(std::string_view text) {
  std::string rest(text);
  DnsServer server;
  if (const std::size_t mark = rest.find('%'); mark != std::string::npos) {
    const std::size_t end = std::min(rest.find_first_of(kBehindZone, mark), rest.size());
    server.zone = rest.substr(mark + 1, end - mark - 1);
    if (!is_zone(server.zone) || rest.find_first_of(kBehindZone) < mark) return std::nullopt;
    rest.erase(mark, end - mark);
  }
  const auto where = parse_host_port(with_colon(std::move(rest)), kDnsPort);
  if (!where || where->port == 0) return std::nullopt;
  if (!server.zone.empty() && where->address.is_v4()) return std::nullopt;
  if (!is_link_local_v6(where->address)) server.zone.clear();
  server.address = reachable(where->address);
  server.port = where->port;
  return server;
}

bool DnsServer::lacks_zone() const {
  return zone.empty() && is_link_local_v6(address);
}

std::string DnsServer::to_string() const {
  std::string text = postern::to_string(HostPort{address, port});
  if (!zone.empty()) text.insert(text.find(']'), '%' + zone);
  return text;
}

}  // namespace postern::dns
