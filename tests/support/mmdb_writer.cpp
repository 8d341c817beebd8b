#include "tests/support/mmdb_writer.h"

#include <array>
#include <sstream>

#include "common/base/ip_network.h"

namespace postern::mmdb_writer {
namespace {

constexpr std::size_t kSeparator = 16;

std::string control(unsigned type, std::size_t size) {
  const auto own = static_cast<char>((type > 7 ? 0U : type << 5U) | (size < 29 ? size : 29U));
  std::string bytes(1, own);
  if (type > 7) bytes += static_cast<char>(type - 7);
  if (size >= 29) bytes += static_cast<char>(size - 29);
  return bytes;
}

std::string big_endian(std::uint64_t value, std::size_t bytes) {
  std::string text(bytes, '\0');
  for (; bytes > 0; value >>= 8U) text[--bytes] = static_cast<char>(value & 0xFFU);
  return text;
}

// The types of numbers, and so many bytes as each takes here.
constexpr std::pair<unsigned, std::size_t> kUint16{5, 2};
constexpr std::pair<unsigned, std::size_t> kUint32{6, 4};
constexpr std::pair<unsigned, std::size_t> kUint64{9, 8};

constexpr unsigned kArray = 11;

std::string number_of(std::pair<unsigned, std::size_t> type, std::uint64_t value) {
  return control(type.first, type.second) + big_endian(value, type.second);
}

// What a record of a node leads to.
struct Target {
  enum class Kind { nothing, node, data } kind = Kind::nothing;
  std::size_t number = 0;  // of the node, or where the data begins
};

class Tree {
 public:
  void add(const IpNetwork& network, unsigned ip_version, std::size_t data) {
    auto bytes = network.first().bytes();
    auto length = static_cast<unsigned>(network.mapped_prefix_length());
    unsigned bit = 0;
    if (network.first().is_v4()) {
      bytes[10] = bytes[11] = 0;  // where databases have IPv4
      if (ip_version == 4) bit = 96;
    }
    std::size_t node = 0;
    for (; bit + 1 < length; ++bit) node = below(node, side_of(bytes, bit));
    nodes_[node][side_of(bytes, bit)] = {Target::Kind::data, data};
  }

  [[nodiscard]] std::string bytes(unsigned record_bits) const {
    std::string text;
    for (const auto& node : nodes_) text += bytes(node, record_bits);
    return text;
  }
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }

 private:
  using Node = std::array<Target, 2>;

  static unsigned side_of(const IpAddress::Bytes& bytes, unsigned bit) {
    return static_cast<unsigned>(bytes[bit / 8]) >> (7 - bit % 8) & 1U;
  }

  std::size_t below(std::size_t node, unsigned side) {
    const Target before = nodes_[node][side];
    if (before.kind == Target::Kind::node) return before.number;
    nodes_[node][side] = {Target::Kind::node, nodes_.size()};
    nodes_.push_back({before, before});
    return nodes_.size() - 1;
  }

  [[nodiscard]] std::uint64_t value_of(const Target& target) const {
    if (target.kind == Target::Kind::node) return target.number;
    return nodes_.size() + (target.kind == Target::Kind::data ? kSeparator + target.number : 0);
  }

  [[nodiscard]] std::string bytes(const Node& node, unsigned record_bits) const {
    const std::uint64_t left = value_of(node[0]);
    const std::uint64_t right = value_of(node[1]);
    if (record_bits != 28) {
      return big_endian(left, record_bits / 8) + big_endian(right, record_bits / 8);
    }
    const auto shared = static_cast<char>((left >> 24U) << 4U | right >> 24U);
    return big_endian(left, 3) + shared + big_endian(right, 3);
  }

  std::vector<Node> nodes_{Node{}};
};

}  // namespace

std::string text(std::string_view value) {
  return control(2, value.size()) + std::string(value);
}

std::string number(std::uint32_t value) {
  return number_of(kUint32, value);
}

std::string map(const std::vector<std::pair<std::string, std::string>>& members) {
  std::string bytes = control(7, members.size());
  for (const auto& [key, value] : members) bytes += text(key) + value;
  return bytes;
}

std::string pointer(std::uint32_t to) {
  return std::string(1, '\x38') + big_endian(to, 4);
}

std::string database(const Networks& networks, Form form, const std::string& before) {
  Tree tree;
  std::string data = before;
  for (const auto& [network, record] : networks) {
    tree.add(IpNetwork::parse(network).value(), form.ip_version, data.size());
    data += record;
  }
  return tree.bytes(form.record_bits) + std::string(kSeparator, '\0') + data +
         "\xab\xcd\xefMaxMind.com" +
         map({{"binary_format_major_version", number_of(kUint16, 2)},
              {"binary_format_minor_version", number_of(kUint16, 0)},
              {"build_epoch", number_of(kUint64, 1)},
              {"database_type", text("Test")},
              {"description", map({})},
              {"ip_version", number_of(kUint16, form.ip_version)},
              {"languages", control(kArray, 0)},
              {"node_count", number(static_cast<std::uint32_t>(tree.size()))},
              {"record_size", number_of(kUint16, form.record_bits)}});
}

std::string database_of_lines(std::string_view lines) {
  Networks networks;
  std::istringstream in{std::string(lines)};
  for (std::string network, fact; in >> network >> fact;) {
    const bool is_asn = fact.size() > 2;
    networks.emplace_back(
        network, is_asn ? map({{"autonomous_system_number",
                                number(static_cast<std::uint32_t>(std::stoul(fact.substr(2))))}})
                        : map({{"country", map({{"names", map({{"en", text("Somewhere")}})},
                                                {"iso_code", text(fact)}})}}));
  }
  return database(networks);
}

}  // namespace postern::mmdb_writer
