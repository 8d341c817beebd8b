#include "common/base/host_port.h"

#include "common/base/whole_number.h"

namespace postern {

std::optional<HostPort> parse_host_port(std::string_view text,
                                        std::optional<std::uint16_t> default_port) {
  std::string_view host = text;
  std::optional<std::string_view> port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    host = text.substr(1, end - 1);
    if (end + 1 < text.size()) {
      if (text[end + 1] != ':') return std::nullopt;
      port = text.substr(end + 2);
    }
  } else if (const std::size_t colon = text.find(':');
             colon != std::string_view::npos && colon == text.rfind(':')) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  const auto address = IpAddress::parse(host);
  const auto number = port ? parse_whole<std::uint16_t>(*port) : default_port;
  if (!address || !number) return std::nullopt;
  return HostPort{*address, *number};
}

std::string to_string(const HostPort& where) {
  const std::string text = where.address.to_string();
  const std::string host = where.address.is_v4() ? text : '[' + text + ']';
  return host + ':' + std::to_string(where.port);
}

}  // namespace postern
