#include "rules/checks/dns_lists.h"

#include <algorithm>

#include "common/base/name_suffix.h"
#include "common/base/words.h"
#include "common/dns/reverse_name.h"
#include "common/yaml/config_map.h"
#include "rules/checks/dns_list_reader.h"
#include "rules/checks/local_name.h"
#include "rules/checks/outside_client.h"

namespace postern::checks {
namespace {

using yaml::found_want;

constexpr std::size_t kMaxQuoted = 200;  // octets of a list's text in a reply

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

// An answer with none of the codes is none of a listing.
ListAnswer read_answer(const DnsList& list, const dns::DnsAnswer& answer) {
  ListAnswer said{ListSays::unlisted, &list};
  for (const IpAddress& code : answer.records.addresses()) {
    if (is_refusal(list, code)) return {ListSays::refused, &list, {}, code};
    if (!is_code(code)) return {ListSays::broken, &list, {}, code};
    const bool is_first = said.says == ListSays::unlisted && any_has(list.codes, code);
    if (is_first) said = {ListSays::listed, &list, {}, code};
  }
  return said;
}

ListAnswer read_fact(const DnsList& list, const dns::DnsAnswer* answer) {
  if (answer == nullptr) return {ListSays::waiting, &list};
  switch (answer->status) {
    case dns::DnsStatus::found:
      return read_answer(list, *answer);
    case dns::DnsStatus::absent:
      return {ListSays::unlisted, &list};
    case dns::DnsStatus::temporary_failure:
      break;
  }
  return {ListSays::unknown, &list, dns::to_string(answer->reason)};
}

bool is_found(const dns::DnsAnswer* answer) {
  return answer != nullptr && answer->status == dns::DnsStatus::found;
}

void keep_worse(ListAnswer& worst, const ListAnswer& other) {
  if (other.says > worst.says) worst = other;
}

// What is wrong with the list; `unlisted`: nothing. A list for IPv6 may have the test point of IPv4
// alone, as many have that are for both.
ListAnswer test(const DnsList& list, ListKey::Kind kind, FactView& facts) {
  ListAnswer worst{ListSays::unlisted, &list};
  bool has_point = false;
  const auto take = [&](ListKey::Kind tested) {
    const TestPoint& point = list.test_points[static_cast<std::size_t>(tested)];
    const dns::DnsAnswer* listed = facts.dns(point.listed, Asker::rule);
    const dns::DnsAnswer* unlisted = facts.dns(point.unlisted, Asker::rule);
    for (const dns::DnsAnswer* answer : {listed, unlisted}) {
      const ListAnswer said = read_fact(list, answer);
      if (said.says > ListSays::listed) keep_worse(worst, said);
    }
    if (is_found(unlisted)) keep_worse(worst, {ListSays::broken, &list, "lists all"});
    has_point = has_point || is_found(listed);
  };
  take(kind);
  if (kind == ListKey::Kind::v6) take(ListKey::Kind::v4);
  if (has_point || worst.says != ListSays::unlisted) return worst;
  return {ListSays::broken, &list, "has no test point"};
}

}  // namespace

ListAnswer ask(const DnsList& list, const ListKey& key, FactView& facts) {
  auto name = key.name.under(list.zone);
  if (!name) return {ListSays::unlisted, &list};  // longer than any name that a list can have
  ListAnswer said = read_fact(list, facts.dns({*std::move(name), dns::DnsType::a}, Asker::rule));
  if (list.has_test_points) keep_worse(said, test(list, key.kind, facts));
  return said;
}

void report_list(const ListAnswer& answer, std::vector<DnsListReport>& reports) {
  if (answer.says == ListSays::waiting) return;
  const bool is_in_trouble = answer.says > ListSays::waiting;
  reports.push_back({answer.list->shown, answer.says, is_in_trouble ? answer.detail() : ""});
}

DnsLists DnsLists::load(yaml::ConfigMap& options, std::string_view codes) {
  constexpr Word<LookUp> kLookUps[] = {{"client", LookUp::client},
                                       {"client_name", LookUp::client_name},
                                       {"helo", LookUp::helo},
                                       {"sender_domain", LookUp::sender_domain}};
  DnsLists lists;
  lists.look_up_ = options.one_of("look_up", kLookUps).value_or(LookUp::client);
  constexpr Word<Names> kNames[] = {{"full", Names::full},
                                    {"organizational", Names::organizational}};
  lists.names_ = options.one_of("names", kNames).value_or(Names::full);
  if (lists.look_up_ == LookUp::client && lists.names_ != Names::full) {
    options.diagnostics().error(
        options.find("names")->where,
        "names: " + found_want("organizational", "it with a look_up of names, not of addresses"));
  }
  const auto of = lists.look_up_ == LookUp::client ? ListsWhat::addresses : ListsWhat::names;
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
        load_dns_list(is_one ? *zones : zones->items[i], codes, of, options.diagnostics()));
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

void DnsLists::look_outside(const Outside& outside, Diagnostics& diagnostics) {
  if (names_ == Names::organizational) suffixes_ = outside.suffixes();
  for (DnsList& list : lists_) {
    if (list.key_file.empty() || list.shown.empty()) continue;
    const auto complaint = take_key(list, outside);
    if (!complaint) diagnostics.error(list.where, "key_file: " + complaint.error().text);
  }
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

// Names of addresses, and of this site, are asked about nowhere: some lists answer with a refusal
// for these alone.
std::optional<ListKey> DnsLists::key_of_name(std::string_view text) const {
  const auto name = DomainName::parse(text);
  if (!name || is_local_name(name->text())) return std::nullopt;
  const std::string_view top = last_labels(name->text(), 1);
  if (top.find_first_not_of("0123456789") == std::string_view::npos) return std::nullopt;
  if (!suffixes_) return ListKey{ListKey::Kind::name, *name};
  return ListKey{ListKey::Kind::name,
                 dns::DnsName::parse(suffixes_->registrable(name->text())).value()};
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
  return ListKey{client->is_v4() ? ListKey::Kind::v4 : ListKey::Kind::v6, dns::reversed(*client)};
}

}  // namespace postern::checks
