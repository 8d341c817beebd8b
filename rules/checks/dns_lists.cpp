#include "rules/checks/dns_lists.h"

#include <algorithm>

#include "common/base/ascii_case.h"
#include "common/base/name_suffix.h"
#include "common/base/words.h"
#include "common/dns/reverse_name.h"
#include "common/yaml/config_map.h"
#include "rules/checks/local_name.h"
#include "rules/checks/outside_client.h"

namespace postern::checks {
namespace {

using yaml::found_want;

constexpr int kMaxWeight = 100;
constexpr std::size_t kMaxQuoted = 200;  // octets of a list's text in a reply

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

ListCodes codes_from(std::string_view text) {
  return ListCodes::parse(text).value();
}

bool any_has(const std::vector<ListCodes>& codes, const IpAddress& code) {
  return std::any_of(codes.begin(), codes.end(),
                     [&](const ListCodes& one) { return one.has(code); });
}

// How lists say that they do not serve who asks. Spamhaus and others: 127.255.255.x. URIBL and
// SURBL: 127.0.0.1. DNSWL: 127.0.0.255; and 127.0.10.3 to everybody about everybody, which would be
// the highest trust. The last ones are listings of some other lists, whose rule says so.
bool is_refusal(const DnsList& list, const IpAddress& code) {
  static const ListCodes always = codes_from("127.255.255.[0..255]");
  static const std::vector<ListCodes> mostly = {codes_from("127.0.0.[1;255]"),
                                                codes_from("127.0.10.[1..255]")};
  return always.has(code) || (any_has(mostly, code) && !any_has(list.codes, code));
}

// RFC 5782 2.1.
bool is_code(const IpAddress& address) {
  static const ListCodes all = codes_from("127.[0..255].[0..255].[0..255]");
  return all.has(address);
}

ListAnswer answer_of(const DnsList& list, ListSays says, const IpAddress& code) {
  return {says, list.shown + " " + code.to_string(), code};
}

// An answer with none of the codes is none of a listing.
ListAnswer read_answer(const DnsList& list, const dns::DnsAnswer& answer) {
  ListAnswer said;
  for (const IpAddress& code : answer.records.addresses()) {
    if (is_refusal(list, code)) return answer_of(list, ListSays::refused, code);
    if (!is_code(code)) return answer_of(list, ListSays::broken, code);
    const bool is_first = said.says == ListSays::unlisted && any_has(list.codes, code);
    if (is_first) said = answer_of(list, ListSays::listed, code);
  }
  return said;
}

ListAnswer read_fact(const DnsList& list, const dns::DnsAnswer* answer) {
  if (answer == nullptr) return {ListSays::waiting};
  switch (answer->status) {
    case dns::DnsStatus::found:
      return read_answer(list, *answer);
    case dns::DnsStatus::absent:
      return {};
    case dns::DnsStatus::temporary_failure:
      break;
  }
  return {ListSays::unknown, list.shown + " " + std::string(dns::to_string(answer->reason))};
}

bool is_found(const dns::DnsAnswer* answer) {
  return answer != nullptr && answer->status == dns::DnsStatus::found;
}

void keep_worse(ListAnswer& worst, ListAnswer other) {
  if (other.says > worst.says) worst = std::move(other);
}

// What is wrong with the list; `unlisted`: nothing. A list for IPv6 may have the test point of IPv4
// alone, as many have that are for both.
ListAnswer test(const DnsList& list, ListKey::Kind kind, FactView& facts) {
  ListAnswer worst;
  bool has_point = false;
  const auto take = [&](ListKey::Kind tested) {
    const TestPoint& point = list.test_points[static_cast<std::size_t>(tested)];
    const dns::DnsAnswer* listed = facts.dns(point.listed, Asker::rule);
    const dns::DnsAnswer* unlisted = facts.dns(point.unlisted, Asker::rule);
    for (const dns::DnsAnswer* answer : {listed, unlisted}) {
      ListAnswer said = read_fact(list, answer);
      if (said.says > ListSays::listed) keep_worse(worst, std::move(said));
    }
    if (is_found(unlisted)) keep_worse(worst, {ListSays::broken, list.shown + " lists all"});
    has_point = has_point || is_found(listed);
  };
  take(kind);
  if (kind == ListKey::Kind::v6) take(ListKey::Kind::v4);
  if (has_point || worst.says != ListSays::unlisted) return worst;
  return {ListSays::broken, list.shown + " has no test point"};
}

// Names of addresses, and of this site, are asked about nowhere: some lists answer with a refusal
// for these alone.
std::optional<ListKey> key_of_name(std::string_view text) {
  const auto name = DomainName::parse(text);
  if (!name || is_local_name(name->text())) return std::nullopt;
  const std::string_view top = last_labels(name->text(), 1);
  if (top.find_first_not_of("0123456789") == std::string_view::npos) return std::nullopt;
  return ListKey{ListKey::Kind::name, *name};
}

class DnsListReader {
 public:
  enum class Of : std::uint8_t { addresses, names };

  DnsListReader(std::string_view codes, Of of, Diagnostics& diagnostics)
      : default_codes_(codes), of_(of), diagnostics_(diagnostics) {}

  // `bl.example`, or a map.
  DnsList load(const yaml::YamlNode& node) {
    if (node.kind == yaml::YamlNode::Kind::scalar) {
      load_zone(node);
    } else {
      load_map(node);
    }
    if (list_.codes.empty()) list_.codes.push_back(codes_from(default_codes_));
    return std::move(list_);
  }

 private:
  void load_map(const yaml::YamlNode& node) {
    yaml::ConfigMap map(node, "zones", diagnostics_);
    if (const yaml::YamlNode* key = map.find("key")) load_key(*key);
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

  void load_zone(const yaml::YamlNode& node) {
    if (const auto zone = DomainName::parse(node.text)) {
      list_.zone = key_.hidden_under(*zone).value_or(dns::DnsName());
      list_.shown = list_.zone.visible().text();
      list_.key = key_.text();
    }
    bool fits = !list_.zone.empty();
    for (std::size_t kind = 0; fits && kind < kTestNames.size(); ++kind) {
      fits = ask_in_zone(kTestNames[kind].listed, list_.test_points[kind].listed) &&
             ask_in_zone(kTestNames[kind].unlisted, list_.test_points[kind].unlisted);
    }
    if (fits) return;
    diagnostics_.error(node.where, "zone: " + found_want("'" + node.text + "'",
                                                         "the name of a list, as bl.example"));
  }

  // What a list of domains has in the place of `test`, or `none`.
  void load_test_point(const yaml::YamlNode& node) {
    list_.has_test_points = node.text != "none";
    if (!list_.has_test_points) return;
    if (of_ == Of::addresses) {
      diagnostics_.error(node.where,
                         "test_point: " + found_want("'" + node.text + "'",
                                                     "none: only a list of names has another one"));
      return;
    }
    const auto name = DomainName::parse(node.text);
    auto& point = list_.test_points[static_cast<std::size_t>(ListKey::Kind::name)];
    if (name && ask_in_zone(name->text(), point.listed)) return;
    diagnostics_.error(
        node.where,
        "test_point: " + found_want("'" + node.text + "'", "none, or a name that is on the list"));
  }

  bool ask_in_zone(std::string_view name, dns::DnsQuestion& question) {
    auto whole = dns::DnsName::parse(name).value().under(list_.zone);
    if (whole) question = {std::move(*whole), dns::DnsType::a};
    return whole.has_value();
  }

  void load_codes(const yaml::YamlNode& node) {
    if (auto codes = ListCodes::parse(node.text)) {
      list_.codes.push_back(*codes);
    } else {
      diagnostics_.error(node.where, "codes: " + codes.error().text);
    }
  }

  std::string_view default_codes_;
  Of of_;
  Diagnostics& diagnostics_;
  dns::DnsName key_;  // a label of a customer in front of the zone; mostly none
  DnsList list_;
};

}  // namespace

ListAnswer ask(const DnsList& list, const ListKey& key, FactView& facts) {
  const auto name = key.name.under(list.zone);
  if (!name) return {};  // longer than any name that a list can have
  ListAnswer said = read_fact(list, facts.dns({*name, dns::DnsType::a}, Asker::rule));
  if (list.has_test_points) keep_worse(said, test(list, key.kind, facts));
  return said;
}

void report_list(const DnsList& list, const ListAnswer& answer,
                 std::vector<DnsListReport>& reports) {
  if (answer.says == ListSays::waiting) return;
  const bool is_in_trouble = answer.says > ListSays::waiting;
  reports.push_back({list.shown, answer.says, is_in_trouble ? answer.detail : ""});
}

DnsLists DnsLists::load(yaml::ConfigMap& options, std::string_view codes) {
  constexpr Word<LookUp> kLookUps[] = {{"client", LookUp::client},
                                       {"client_name", LookUp::client_name},
                                       {"helo", LookUp::helo},
                                       {"sender_domain", LookUp::sender_domain}};
  DnsLists lists;
  lists.look_up_ = options.one_of("look_up", kLookUps).value_or(LookUp::client);
  const auto of =
      lists.look_up_ == LookUp::client ? DnsListReader::Of::addresses : DnsListReader::Of::names;
  const yaml::YamlNode* zones = options.require("zones");
  if (zones == nullptr) return lists;
  const bool is_one = zones->kind != yaml::YamlNode::Kind::sequence;
  const std::size_t count = is_one ? 1 : zones->items.size();
  if (count == 0 || count > kMaxLists) {
    options.diagnostics().error(zones->where,
                                "zones: " + found_want(std::to_string(count) + " lists",
                                                       "1 to " + std::to_string(kMaxLists)));
  }
  for (std::size_t i = 0; i < std::min(count, kMaxLists); ++i) {
    lists.lists_.push_back(
        DnsListReader(codes, of, options.diagnostics()).load(is_one ? *zones : zones->items[i]));
  }
  return lists;
}

bool DnsLists::quote(const Transaction& transaction, FactView& facts, CheckReport& report) const {
  const auto list = std::find_if(lists_.begin(), lists_.end(),
                                 [&](const DnsList& one) { return one.shown == report.named; });
  const auto key = key_of(transaction);
  if (list == lists_.end() || !key) return true;
  const auto name = key->name.under(list->zone);
  if (!name) return true;
  const dns::DnsAnswer* answer = facts.dns({*name, dns::DnsType::txt}, Asker::rule);
  if (answer == nullptr) return false;
  for (const dns::TxtView& record : answer->records.texts()) {
    const std::string text = ascii_lower(record.text);
    if (!list->key.empty() && text.find(list->key) != std::string::npos) continue;
    report.quoted = "[" + list->shown + ": " + std::string(record.text.substr(0, kMaxQuoted)) + "]";
    break;
  }
  return true;
}

std::vector<std::string_view> DnsLists::zones() const {
  std::vector<std::string_view> zones;
  for (const DnsList& list : lists_) zones.push_back(list.shown);
  return zones;
}

AttributeSet DnsLists::attributes() const {
  switch (look_up_) {
    case LookUp::client:
      break;
    case LookUp::client_name:
      return kOutsideClient | attribute_set({Attribute::client_name});
    case LookUp::helo:
      return kOutsideClient | attribute_set({Attribute::helo});
    case LookUp::sender_domain:
      return kOutsideClient | attribute_set({Attribute::sender_domain});
  }
  return kOutsideClient;
}

std::optional<ListKey> DnsLists::key_of(const Transaction& transaction) const {
  const IpAddress* client = outside_client(transaction);
  if (client == nullptr) return std::nullopt;
  switch (look_up_) {
    case LookUp::client:
      break;
    case LookUp::client_name:
      return key_of_name(transaction.client_name);
    case LookUp::helo:
      return key_of_name(transaction.helo);
    case LookUp::sender_domain:
      return key_of_name(transaction.sender ? transaction.sender->domain().text() : "");
  }
  return ListKey{client->is_v4() ? ListKey::Kind::v4 : ListKey::Kind::v6,
                 dns::DnsName::parse(dns::reversed_labels(*client)).value()};
}

}  // namespace postern::checks
