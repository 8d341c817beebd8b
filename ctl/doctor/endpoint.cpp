#include "ctl/doctor/endpoint.h"

#include "common/base/ascii_case.h"
#include "common/base/ip_scope.h"
#include "common/base/whole_number.h"

namespace postern::doctor {
namespace {

std::string_view without_brackets(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']') && host.size() > 2) {
    return host.substr(1, host.size() - 2);
  }
  return host;
}

std::optional<Endpoint> tcp_endpoint(std::string_view host, std::string_view port,
                                     std::string_view text) {
  const auto number = parse_whole<std::uint16_t>(port);
  if (!number) return std::nullopt;
  Endpoint endpoint;
  endpoint.host = without_brackets(host);
  endpoint.port = *number;
  endpoint.text = text;
  return endpoint;
}

std::optional<Endpoint> unix_endpoint(std::string_view path, std::string_view text) {
  if (path.empty()) return std::nullopt;
  Endpoint endpoint;
  endpoint.kind = ListenAddress::Kind::unix_socket;
  endpoint.path = path;
  endpoint.text = text;
  return endpoint;
}

std::optional<Endpoint> port_at_host(std::string_view rest, std::string_view text) {
  const std::size_t at = rest.find('@');
  if (at == std::string_view::npos) return tcp_endpoint("", rest, text);
  return tcp_endpoint(rest.substr(at + 1), rest.substr(0, at), text);
}

bool host_leads_to(const std::string& host, const IpAddress& address) {
  const bool any = scope_of(address) == IpScope::unspecified;
  if (host.empty()) return true;
  if (equal_ignoring_case(host, "localhost")) {
    return any || scope_of(address) == IpScope::loopback;
  }
  const auto asked = IpAddress::parse(host);
  return asked && (*asked == address || any);
}

}  // namespace

std::optional<Endpoint> parse_postfix_endpoint(std::string_view text) {
  if (text.starts_with("unix:")) return unix_endpoint(text.substr(5), text);
  if (text.starts_with("local:")) return unix_endpoint(text.substr(6), text);
  if (!text.starts_with("inet:")) return std::nullopt;
  const std::string_view rest = text.substr(5);
  if (rest.find('@') != std::string_view::npos) return port_at_host(rest, text);
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos) return tcp_endpoint("", rest, text);
  return tcp_endpoint(rest.substr(0, colon), rest.substr(colon + 1), text);
}

std::optional<Endpoint> parse_sendmail_endpoint(std::string_view text) {
  if (text.starts_with("inet:")) return port_at_host(text.substr(5), text);
  if (text.starts_with("inet6:")) return port_at_host(text.substr(6), text);
  for (const std::string_view kind : {"unix:", "local:"}) {
    if (text.starts_with(kind)) return unix_endpoint(text.substr(kind.size()), text);
  }
  return unix_endpoint(text, text);
}

std::string postfix_endpoint_text(const ListenAddress& address) {
  return address.to_string();
}

std::string sendmail_endpoint_text(const ListenAddress& address) {
  if (address.kind == ListenAddress::Kind::unix_socket) return "local:" + address.path;
  const std::string kind = address.address.is_v4() ? "inet:" : "inet6:";
  return kind + std::to_string(address.port) + "@" + address.address.to_string();
}

bool has_host_name(const Endpoint& endpoint) {
  return endpoint.kind == ListenAddress::Kind::tcp && !endpoint.host.empty() &&
         !equal_ignoring_case(endpoint.host, "localhost") && !IpAddress::parse(endpoint.host);
}

bool leads_to(const Endpoint& endpoint, const std::string& path, const ListenAddress& address) {
  if (endpoint.kind != address.kind) return false;
  if (endpoint.kind == ListenAddress::Kind::unix_socket) return path == address.path;
  return endpoint.port == address.port && host_leads_to(endpoint.host, address.address);
}

}  // namespace postern::doctor
