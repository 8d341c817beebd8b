// ZoneMap::parse: from YAML text to the map. Apart from zone_map.cpp, which knows no YAML.
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <stdexcept>
#include <utility>

#include "common/base/duration.h"
#include "tests/support/zone_map.h"

namespace postern {
namespace {

constexpr std::array<std::pair<std::string_view, FaultKind>, 31> kFaults{{
    {"servfail", FaultKind::servfail},
    {"refused", FaultKind::refused},
    {"formerr", FaultKind::formerr},
    {"notimp", FaultKind::notimp},
    {"nxdomain", FaultKind::nxdomain},
    {"timeout", FaultKind::timeout},
    {"truncate", FaultKind::truncate},
    {"truncate_no_tcp", FaultKind::truncate_no_tcp},
    {"tcp_stall", FaultKind::tcp_stall},
    {"tcp_reset", FaultKind::tcp_reset},
    {"wrong_id", FaultKind::wrong_id},
    {"wrong_question", FaultKind::wrong_question},
    {"wrong_port", FaultKind::wrong_port},
    {"cut", FaultKind::cut},
    {"garbage", FaultKind::garbage},
    {"empty", FaultKind::empty},
    {"compression_loop", FaultKind::compression_loop},
    {"cname_loop", FaultKind::cname_loop},
    {"count_lies", FaultKind::count_lies},
    {"not_counted", FaultKind::not_counted},
    {"trailing", FaultKind::trailing},
    {"referral", FaultKind::referral},
    {"no_soa", FaultKind::no_soa},
    {"formerr_on_edns", FaultKind::formerr_on_edns},
    {"stray_records", FaultKind::stray_records},
    {"lower_case", FaultKind::lower_case},
    {"lower_case_no_tcp", FaultKind::lower_case_no_tcp},
    {"forged", FaultKind::forged},
    {"lower_only", FaultKind::lower_only},
    {"lower_only_silent", FaultKind::lower_only_silent},
    {"flapping", FaultKind::flapping},
}};

constexpr std::array<std::pair<std::string_view, FaultKind>, 3> kCounted{{
    {"fail_first_", FaultKind::fail_first},
    {"drop_first_", FaultKind::drop_first},
    {"many_mx_", FaultKind::many_mx},
}};

// Thrown inside the reader only; parse() turns it into an Error.
class BadZone : public std::runtime_error {
 public:
  BadZone(const YAML::Node& where, const std::string& what)
      : std::runtime_error("zone:" + std::to_string(where.Mark().line + 1) + ":" +
                           std::to_string(where.Mark().column + 1) + ": " + what) {}
};

std::string text_of(const YAML::Node& node) {
  if (!node.IsScalar()) throw BadZone(node, "found a list or map, want one value");
  return node.Scalar();
}

template <class Number>
Number number_of(const YAML::Node& node, std::string_view text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end) {
    throw BadZone(node, "'" + std::string(text) + "' is not a number from 0 to " +
                            std::to_string(std::numeric_limits<Number>::max()));
  }
  return number;
}

// As DnsName::text() has it, if it is one. Names of the zone may be worse than that allows: that is
// what some tests are about.
std::string name_of(std::string text) {
  const bool is_ascii =
      std::none_of(text.begin(), text.end(), [](char byte) { return (byte & 0x80) != 0; });
  if (const auto name = dns::DnsName::parse(text); name && is_ascii) return name->text();
  for (char& byte : text) {
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte - 'A' + 'a');
  }
  if (text.ends_with('.')) text.pop_back();
  return text;
}

dns::MxRecord mx_of(const YAML::Node& node) {
  const std::string text = text_of(node);
  const auto space = text.find(' ');
  const auto name = text.find_first_not_of(' ', space);
  if (space == std::string::npos || name == std::string::npos) {
    throw BadZone(node, "'" + text + "' is not an MX record (want e.g. 10 mail.example)");
  }
  return {number_of<std::uint16_t>(node, std::string_view(text).substr(0, space)),
          name_of(text.substr(name))};
}

IpAddress address_of(const YAML::Node& node, dns::DnsType type) {
  const std::string text = text_of(node);
  const auto address = IpAddress::parse(text);
  const bool v4 = type == dns::DnsType::a;
  if (!address || address->is_v4() != v4) {
    throw BadZone(node, "'" + text + "' is not an IPv" + (v4 ? "4" : "6") + " address");
  }
  return *address;
}

ZoneFault fault_of(const YAML::Node& node) {
  const std::string text = text_of(node);
  for (const auto& [name, kind] : kFaults) {
    if (text == name) return {kind, 0};
  }
  const std::string_view view = text;
  for (const auto& [name, kind] : kCounted) {
    if (view.starts_with(name)) return {kind, number_of<int>(node, view.substr(name.size()))};
  }
  throw BadZone(node, "'" + text + "' is not a fault (want e.g. servfail, timeout, fail_first_2)");
}

std::optional<dns::DnsType> type_of(std::string_view key) {
  if (key == "A") return dns::DnsType::a;
  if (key == "AAAA") return dns::DnsType::aaaa;
  if (key == "MX") return dns::DnsType::mx;
  if (key == "PTR") return dns::DnsType::ptr;
  if (key == "TXT") return dns::DnsType::txt;
  if (key == "CNAME") return dns::DnsType::cname;
  return std::nullopt;
}

void add_record(ZoneNode& node, dns::DnsType type, const YAML::Node& value) {
  if (type == dns::DnsType::mx) node.mx.push_back(mx_of(value));
  if (type == dns::DnsType::a) node.a.push_back(address_of(value, type));
  if (type == dns::DnsType::aaaa) node.aaaa.push_back(address_of(value, type));
  if (type == dns::DnsType::ptr) node.ptr.push_back(name_of(text_of(value)));
  if (type == dns::DnsType::txt) node.txt.push_back(text_of(value));
  if (type == dns::DnsType::cname) {
    if (node.cname) throw BadZone(value, "a second CNAME (want one)");
    node.cname = name_of(text_of(value));
  }
}

void read_records(ZoneNode& node, dns::DnsType type, const YAML::Node& value) {
  if (value.IsMap()) {
    if (value.size() != 1 || !value["fault"]) {
      throw BadZone(value, "want a list of records or { fault: ... }");
    }
    node.faults[type] = fault_of(value["fault"]);
  } else if (value.IsSequence()) {
    for (const YAML::Node& record : value) add_record(node, type, record);
  } else {
    add_record(node, type, value);
  }
}

bool chase_of(const YAML::Node& node) {
  const std::string text = text_of(node);
  if (text != "yes" && text != "no") throw BadZone(node, "'" + text + "': want yes or no");
  return text == "yes";
}

std::chrono::milliseconds delay_of(const YAML::Node& node) {
  const auto delay = parse_duration(text_of(node));
  if (!delay) throw BadZone(node, delay.error().text);
  return *delay;
}

void read_key(ZoneNode& node, const YAML::Node& key, const YAML::Node& value) {
  const std::string word = text_of(key);
  if (const auto type = type_of(word)) {
    read_records(node, *type, value);
  } else if (word == "ttl") {
    node.ttl = number_of<std::uint32_t>(value, text_of(value));
  } else if (word == "delay") {
    node.delay = delay_of(value);
  } else if (word == "DNAME") {
    node.dname = name_of(text_of(value));
  } else if (word == "chase") {
    node.chase = chase_of(value);
  } else if (word == "fault") {
    node.fault = fault_of(value);
  } else {
    throw BadZone(key, "'" + word +
                           "' is not known (want A, AAAA, MX, PTR, TXT, CNAME, DNAME, ttl, delay, "
                           "chase or fault)");
  }
}

ZoneNode read_node(const YAML::Node& value) {
  if (!value.IsMap()) throw BadZone(value, "want a map, e.g. { A: [192.0.2.1] }");
  ZoneNode node;
  for (const auto& pair : value) read_key(node, pair.first, pair.second);
  return node;
}

}  // namespace

class ZoneReader {
 public:
  static ZoneMap read(const YAML::Node& document) {
    ZoneMap map;
    const YAML::Node names = document["zone"];
    if (names && !names.IsNull()) {
      if (!names.IsMap()) throw BadZone(names, "want a map of names");
      for (const auto& pair : names) {
        const std::string name = name_of(text_of(pair.first));
        if (!map.nodes_.emplace(name, read_node(pair.second)).second) {
          throw BadZone(pair.first, "'" + name + "' is there twice");
        }
      }
    }
    if (const YAML::Node ttl = document["negative_ttl"]) {
      map.negative_ttl_ = number_of<std::uint32_t>(ttl, text_of(ttl));
    }
    return map;
  }
};

Result<ZoneMap> ZoneMap::from_yaml(const YAML::Node& document) {
  try {
    return ZoneReader::read(document);
  } catch (const std::exception& error) {
    return failure(error.what());
  }
}

Result<ZoneMap> ZoneMap::parse(const std::string& yaml) {
  try {
    const YAML::Node document = YAML::Load(yaml);
    if (!document.IsMap()) throw BadZone(document, "want a map with the key zone");
    for (const auto& pair : document) {
      const std::string key = text_of(pair.first);
      if (key != "zone" && key != "negative_ttl") {
        throw BadZone(pair.first, "'" + key + "' is not known (want zone or negative_ttl)");
      }
    }
    return ZoneReader::read(document);
  } catch (const std::exception& error) {
    return failure(error.what());
  }
}

}  // namespace postern
