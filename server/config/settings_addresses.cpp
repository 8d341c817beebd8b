#include "server/config/settings_addresses.h"

#include <string>
#include <utility>

#include "common/base/host_port.h"
#include "common/base/ip_scope.h"
#include "common/base/whole_number.h"

namespace postern::config {
namespace {

using yaml::ConfigMap;
using yaml::found_want;
using yaml::YamlNode;

constexpr std::size_t kMaxSocketPath = 107;  // sun_path of unix(7) with its NUL
constexpr std::size_t kMaxControlFolder =
    kMaxSocketPath - std::string_view("/postern-policyd.control").size();

std::string in_quotes(std::string_view text) {
  return "'" + std::string(text) + "'";
}

std::optional<dns::DnsServer> read_server(const YamlNode& node, Diagnostics& diagnostics) {
  auto server =
      node.kind == YamlNode::Kind::scalar ? dns::DnsServer::parse(node.text) : std::nullopt;
  if (!server) {
    diagnostics.error(node.where, "upstreams: " + found_want(in_quotes(node.text),
                                                             "an address, with a port if it is not "
                                                             "53: 127.0.0.1, 127.0.0.1:5353, "
                                                             "'[::1]:5353', 'fe80::53%eth0'"));
  } else if (server->lacks_zone()) {
    diagnostics.warning(node.where,
                        "upstreams: " + found_want(in_quotes(node.text) + ", which is link-local",
                                                   "the interface that leads there as well: " +
                                                       in_quotes(node.text + "%eth0")));
  }
  return server;
}

// A single server may stand for a group of one.
dns::DnsServerGroup read_group(const YamlNode& node, Diagnostics& diagnostics) {
  dns::DnsServerGroup servers;
  const auto add = [&](const YamlNode& item) {
    if (auto server = read_server(item, diagnostics)) servers.push_back(std::move(*server));
  };
  if (node.kind != YamlNode::Kind::sequence) {
    add(node);
    return servers;
  }
  for (const YamlNode& item : node.items) add(item);
  if (node.items.empty()) {
    diagnostics.error(node.where,
                      "upstreams: " + found_want("an empty group", "at least one address"));
  }
  return servers;
}

// Octal permissions.
void read_mode(ConfigMap& map, std::uint32_t& mode) {
  constexpr std::uint32_t kAllBits = 0777;
  const auto text = map.text("mode");
  if (!text) return;
  const auto bits = parse_whole<std::uint32_t>(*text, 8);
  if (bits && *bits <= kAllBits) {
    mode = *bits;
    return;
  }
  map.diagnostics().error(map.find("mode")->where,
                          "mode: " + found_want(in_quotes(*text), "octal permissions, e.g. 0660"));
}

// Owner, group and mode of a socket's file.
template <class Socket>
void read_access(ConfigMap& map, Socket& socket) {
  socket.owner = map.text("owner").value_or("");
  socket.group = map.text("group").value_or("");
  read_mode(map, socket.mode);
  map.finish();
}

std::optional<ListenAddress> read_unix_listener(const YamlNode& node, Diagnostics& diagnostics) {
  ConfigMap map(node, "listen", diagnostics);
  ListenAddress address;
  address.kind = ListenAddress::Kind::unix_socket;
  if (map.require("unix") != nullptr) address.path = map.text("unix").value_or("");
  read_access(map, address);
  if (address.path.starts_with('/') && address.path.size() <= kMaxSocketPath) return address;
  diagnostics.error(node.where,
                    "unix: " + found_want(in_quotes(address.path),
                                          "an absolute path of at most " +
                                              std::to_string(kMaxSocketPath) + " bytes"));
  return std::nullopt;
}

std::optional<ListenAddress> parse_listener(std::string_view text) {
  constexpr std::string_view kUnix = "unix:";
  constexpr std::string_view kInet = "inet:";
  ListenAddress address;
  if (text.starts_with("unix:/") && text.size() - kUnix.size() <= kMaxSocketPath) {
    address.kind = ListenAddress::Kind::unix_socket;
    address.path = text.substr(kUnix.size());
    return address;
  }
  if (!text.starts_with(kInet)) return std::nullopt;
  const auto parsed = parse_host_port(text.substr(kInet.size()), std::nullopt);
  if (!parsed) return std::nullopt;
  address.address = parsed->address;
  address.port = parsed->port;
  return address;
}

std::optional<ListenAddress> read_listener(const YamlNode& node, std::string_view examples,
                                           Diagnostics& diagnostics) {
  if (node.kind == YamlNode::Kind::map) return read_unix_listener(node, diagnostics);
  auto address = parse_listener(node.text);
  if (!address) {
    diagnostics.error(node.where,
                      "listen: " + found_want(in_quotes(node.text),
                                              std::string(examples) +
                                                  " or a map with 'unix:', 'owner:', 'group:' and "
                                                  "'mode:'"));
  }
  return address;
}

void read_folder(const YamlNode& node, Diagnostics& diagnostics, std::string& folder) {
  folder = node.text;
  if (is_control_folder(folder)) return;
  diagnostics.error(node.where,
                    "control: " + found_want(in_quotes(folder),
                                             "the absolute path of a folder, of at "
                                             "most " +
                                                 std::to_string(kMaxControlFolder) + " bytes"));
}

}  // namespace

bool is_control_folder(std::string_view folder) {
  return folder.starts_with('/') && folder.size() <= kMaxControlFolder;
}

void read_value(ConfigMap& map, std::string_view key, Upstreams /*form*/,
                std::vector<dns::DnsServerGroup>& upstreams) {
  const YamlNode* node = map.find(key);
  if (node == nullptr) return;
  if (node->kind == YamlNode::Kind::scalar && node->text == "system") return;
  if (node->kind != YamlNode::Kind::sequence || node->items.empty()) {
    map.diagnostics().error(
        node->where, "upstreams: " + found_want("no list of groups",
                                                "e.g. [[127.0.0.1], [192.0.2.53]] or system"));
    return;
  }
  for (const YamlNode& group : node->items) {
    upstreams.push_back(read_group(group, map.diagnostics()));
  }
}

void read_value(ConfigMap& map, std::string_view key, const Listen& form,
                std::vector<ListenAddress>& listen) {
  const YamlNode* node = map.require(key);
  if (node == nullptr) return;
  const auto add = [&](const YamlNode& item) {
    auto address = read_listener(item, form.examples, map.diagnostics());
    if (address) listen.push_back(std::move(*address));
  };
  if (node->kind != YamlNode::Kind::sequence) return add(*node);
  for (const YamlNode& item : node->items) add(item);
  if (node->items.empty()) {
    map.diagnostics().error(node->where,
                            "listen: " + found_want("an empty list", "at least one address"));
  }
}

void read_value(ConfigMap& map, std::string_view key, const Listen& form,
                std::optional<ListenAddress>& listen) {
  const YamlNode* node = map.require(key);
  if (node == nullptr) return;
  if (node->kind == YamlNode::Kind::sequence) {
    map.diagnostics().error(
        node->where, "listen: " + found_want("a list", "one address: libmilter has one socket"));
    return;
  }
  listen = read_listener(*node, form.examples, map.diagnostics());
}

// Whoever can connect can read it.
void read_value(ConfigMap& map, std::string_view key, LoopbackPort /*form*/,
                std::optional<ListenAddress>& metrics) {
  const YamlNode* node = map.find(key);
  if (node == nullptr) return;
  const auto address =
      node->kind == YamlNode::Kind::scalar ? parse_listener(node->text) : std::nullopt;
  if (address && address->kind == ListenAddress::Kind::tcp &&
      scope_of(address->address) == IpScope::loopback) {
    metrics = address;
    return;
  }
  map.diagnostics().error(node->where,
                          "metrics: " + found_want(in_quotes(node->text),
                                                   "a loopback address with its port, e.g. "
                                                   "inet:127.0.0.1:10049 or 'inet:[::1]:10049'"));
}

// No name: what looks it up could wait, or fail, when the server is needed.
void read_value(ConfigMap& map, std::string_view key, ServerAddress /*form*/,
                std::optional<ListenAddress>& server) {
  const YamlNode* node = map.find(key);
  if (node == nullptr) return;
  if (node->kind == YamlNode::Kind::scalar) server = parse_listener(node->text);
  if (server && (server->kind == ListenAddress::Kind::unix_socket || server->port != 0)) return;
  server.reset();
  map.diagnostics().error(node->where,
                          "server: " + found_want(in_quotes(node->text),
                                                  "unix:/run/redis/redis-server.sock, or an "
                                                  "address with its port: inet:192.0.2.7:6379"));
}

void read_value(ConfigMap& map, std::string_view key, ControlFolder /*form*/,
                std::optional<ControlSettings>& control) {
  const YamlNode* node = map.find(key);
  if (node == nullptr) return;
  control.emplace();
  if (node->kind == YamlNode::Kind::scalar) {
    read_folder(*node, map.diagnostics(), control->folder);
    return;
  }
  ConfigMap inner(*node, "control", map.diagnostics());
  if (inner.require("folder") != nullptr && inner.text("folder")) {
    read_folder(*inner.find("folder"), map.diagnostics(), control->folder);
  }
  read_access(inner, *control);
}

}  // namespace postern::config
