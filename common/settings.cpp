#include "common/settings.h"

namespace postern {
namespace {

std::string with_port(const IpAddress& address, std::uint16_t port) {
  const std::string text = address.to_string();
  const std::string host = address.is_v4() ? text : '[' + text + ']';
  return host + ':' + std::to_string(port);
}

}  // namespace

std::string DnsServer::to_string() const {
  return with_port(address, port);
}

std::string ListenAddress::to_string() const {
  return kind == Kind::unix_socket ? "unix:" + path : "inet:" + with_port(address, port);
}

}  // namespace postern
