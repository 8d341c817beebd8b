#include "rules/checks/dns_list_reader.h"

#include <array>

#include "common/base/domain_name.h"
#include "common/yaml/config_map.h"

namespace postern::checks {
namespace {

using yaml::found_want;

constexpr int kMaxWeight = 100;

// In front of the zone; by ListKey::Kind. RFC 5782 5.
struct TestNames {
  const char* listed;
  const char* unlisted;
};
constexpr std::array<TestNames, 3> kTestNames = {{
    {"2.0.0.127", "1.0.0.127"},
    {"2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0",
     "1.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0"},
    {"test", "invalid"},
}};

bool ask_in_zone(const DnsList& list, std::string_view name, dns::DnsQuestion& question) {
  auto whole = dns::DnsName::parse(name).value().under(list.zone);
  if (whole) question = {std::move(*whole), dns::DnsType::a};
  return whole.has_value();
}

// Makes the zone with its key, and the questions to the test points. Whether names have room for
// it.
bool complete(DnsList& list, const dns::DnsName& key) {
  auto zone = key.hidden_under(DomainName::parse(list.shown).value());
  if (!zone) return false;
  list.zone = std::move(*zone);
  for (std::size_t kind = 0; kind < kTestNames.size(); ++kind) {
    const bool is_own =
        kind == static_cast<std::size_t>(ListKey::Kind::name) && !list.listed_name.empty();
    const std::string_view listed =
        is_own ? std::string_view(list.listed_name) : kTestNames[kind].listed;
    TestPoint& point = list.test_points[kind];
    if (!ask_in_zone(list, listed, point.listed)) return false;
    if (!ask_in_zone(list, kTestNames[kind].unlisted, point.unlisted)) return false;
  }
  return true;
}

class DnsListReader {
 public:
  DnsListReader(std::string_view codes, ListsWhat of, Diagnostics& diagnostics)
      : default_codes_(codes), of_(of), diagnostics_(diagnostics) {}

  // `bl.example`, or a map.
  DnsList load(const yaml::YamlNode& node) {
    if (node.kind == yaml::YamlNode::Kind::scalar) {
      load_zone(node);
    } else {
      load_map(node);
    }
    if (list_.codes.empty()) list_.codes.push_back(ListCodes::parse(default_codes_).value());
    return std::move(list_);
  }

 private:
  void load_map(const yaml::YamlNode& node) {
    yaml::ConfigMap map(node, "zones", diagnostics_);
    if (const yaml::YamlNode* key = map.find("key")) load_key(*key);
    if (const yaml::YamlNode* file = map.find("key_file")) load_key_file(*file);
    if (const yaml::YamlNode* zone = map.require("zone")) load_zone(*zone);
    for (const yaml::YamlNode* code : map.scalars("codes")) load_codes(*code);
    list_.weight = static_cast<int>(map.integer("weight", 1, kMaxWeight).value_or(1));
    if (const yaml::YamlNode* point = map.find("test_point")) load_test_point(*point);
    map.finish();
  }

  // It is not quoted: what is said of a mistake stands in the log.
  void load_key(const yaml::YamlNode& node) {
    if (const auto key = DomainName::parse(node.text)) {
      key_ = *key;
    } else {
      diagnostics_.error(node.where, "key: want that which the list has given you, a label of DNS");
    }
  }

  // Nor is this, which may be the key by mistake.
  void load_key_file(const yaml::YamlNode& node) {
    if (!key_.empty()) {
      diagnostics_.error(node.where, "key_file: " + found_want("'key:' as well", "one of both"));
    } else if (!node.text.starts_with('/')) {
      diagnostics_.error(node.where, "key_file: want an absolute path");
    } else {
      list_.key_file = node.text;
      list_.where = node.where;
    }
  }

  void load_zone(const yaml::YamlNode& node) {
    if (const auto zone = DomainName::parse(node.text)) {
      list_.shown = zone->text();
      if (complete(list_, key_)) return;
    }
    list_.shown.clear();
    diagnostics_.error(node.where, "zone: " + found_want("'" + node.text + "'",
                                                         "the name of a list, as bl.example"));
  }

  // What a list of domains has in the place of `test`, or `none`.
  void load_test_point(const yaml::YamlNode& node) {
    list_.has_test_points = node.text != "none";
    if (!list_.has_test_points) return;
    if (of_ == ListsWhat::addresses) {
      diagnostics_.error(node.where,
                         "test_point: " + found_want("'" + node.text + "'",
                                                     "none: only a list of names has another one"));
      return;
    }
    if (const auto name = DomainName::parse(node.text); name && !list_.shown.empty()) {
      list_.listed_name = name->text();
      if (complete(list_, key_)) return;
    }
    diagnostics_.error(
        node.where,
        "test_point: " + found_want("'" + node.text + "'", "none, or a name that is on the list"));
  }

  void load_codes(const yaml::YamlNode& node) {
    if (auto codes = ListCodes::parse(node.text)) {
      list_.codes.push_back(*codes);
    } else {
      diagnostics_.error(node.where, "codes: " + codes.error().text);
    }
  }

  std::string_view default_codes_;
  ListsWhat of_;
  Diagnostics& diagnostics_;
  dns::DnsName key_;  // a label of a customer in front of the zone; mostly none
  DnsList list_;
};

}  // namespace

DnsList load_dns_list(const yaml::YamlNode& node, std::string_view codes, ListsWhat what,
                      Diagnostics& diagnostics) {
  return DnsListReader(codes, what, diagnostics).load(node);
}

Result<void> take_key(DnsList& list, const Outside& outside) {
  if (outside.secrets != nullptr) outside.secrets->push_back(list.key_file);
  if (outside.read_secret == nullptr) return {};
  const auto line = outside.read_secret(list.key_file);
  if (!line) return tl::unexpected(line.error());
  const auto key = DomainName::parse(*line);
  if (key && complete(list, *key)) return {};
  return failure(list.key_file +
                 ": want in it the key that the list has given you, a label of DNS");
}

}  // namespace postern::checks
