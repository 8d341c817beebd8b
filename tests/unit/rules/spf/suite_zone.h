// The openspf test suite for RFC 7208 (rfc7208-tests.yml, with its own licence beside it): its
// cases, and its zones as ZoneMaps. What its driver has to know: `SPF:` stands for TXT unless the
// name has a TXT of its own, of which NONE is none; a name with TIMEOUT has no answer for the types
// that it has no record of; of several results the first is preferred.
#pragma once

#include <yaml-cpp/yaml.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/zone_map.h"

namespace postern::spf {

struct SuiteCase {
  std::string group;
  std::string name;
  std::string client;
  std::string helo;
  std::string sender;
  std::string result;
  std::string explanation;  // empty: not said; DEFAULT: none of the domain's
};

struct SuiteGroup {
  ZoneMap zone;
  std::vector<SuiteCase> cases;
};

namespace suite {

inline std::string name_of(const std::string& text) {
  const auto name = dns::DnsName::from_octets(text);
  return name ? name->text() : text;
}

// A text, or the strings of one.
inline std::string text_of(const YAML::Node& node) {
  std::string text;
  if (node.IsScalar()) return node.Scalar();
  for (const YAML::Node& part : node) text += part.Scalar();
  return text;
}

inline void add_record(ZoneNode& node, const std::string& type, const YAML::Node& value) {
  if (type == "A") node.a.push_back(IpAddress::parse(value.Scalar()).value());
  if (type == "AAAA") node.aaaa.push_back(IpAddress::parse(value.Scalar()).value());
  if (type == "PTR") node.ptr.push_back(name_of(value.Scalar()));
  if (type == "CNAME") node.cname = name_of(value.Scalar());
  if (type == "TXT" && text_of(value) != "NONE") node.txt.push_back(text_of(value));
  if (type == "MX") {
    node.mx.push_back({value[0].as<std::uint16_t>(), name_of(value[1].Scalar())});
  }
}

inline ZoneNode node_of(const YAML::Node& records) {
  ZoneNode node;
  bool has_txt = false;
  bool times_out = false;
  for (const YAML::Node& record : records) has_txt = has_txt || (record.IsMap() && record["TXT"]);
  for (const YAML::Node& record : records) {
    if (record.IsScalar()) {
      if (record.Scalar() != "TIMEOUT") throw std::runtime_error(record.Scalar());
      times_out = true;
      continue;
    }
    for (const auto& pair : record) {
      const std::string type = pair.first.Scalar();
      if (type != "SPF") {
        add_record(node, type, pair.second);
      } else if (!has_txt) {
        add_record(node, "TXT", pair.second);
      }
    }
  }
  using enum dns::DnsType;
  for (const dns::DnsType type : {a, aaaa, mx, ptr, txt}) {
    if (times_out && !node.has(type)) node.faults[type] = {FaultKind::timeout};
  }
  return node;
}

inline SuiteCase case_of(const std::string& group, const std::string& name,
                         const YAML::Node& node) {
  const YAML::Node result = node["result"];
  SuiteCase one{group,
                name,
                node["host"].Scalar(),
                node["helo"].Scalar(),
                node["mailfrom"].Scalar(),
                (result.IsSequence() ? result[0] : result).Scalar(),
                {}};
  if (node["explanation"]) one.explanation = node["explanation"].Scalar();
  return one;
}

}  // namespace suite

inline std::vector<SuiteGroup> read_suite(const std::string& file) {
  std::vector<SuiteGroup> groups;
  for (const YAML::Node& document : YAML::LoadAllFromFile(file)) {
    SuiteGroup& group = groups.emplace_back();
    for (const auto& pair : document["zonedata"]) {
      group.zone.set(suite::name_of(pair.first.Scalar()), suite::node_of(pair.second));
    }
    const std::string description = document["description"].Scalar();
    for (const auto& pair : document["tests"]) {
      group.cases.push_back(suite::case_of(description, pair.first.Scalar(), pair.second));
    }
  }
  return groups;
}

}  // namespace postern::spf
