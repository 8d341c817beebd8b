#include "ctl/lists/find_entries.h"

#include <algorithm>
#include <set>

#include "common/base/ip_network.h"
#include "common/base/mail_address.h"
#include "ctl/lists/list_use.h"
#include "ctl/lists/value_place.h"
#include "rules/lists/address_list.h"
#include "rules/lists/domain_list.h"
#include "rules/lists/network_list.h"
#include "rules/lists/text_list.h"

namespace postern::ctl {
namespace {

using lists::EntryId;

// Before all entries expire.
constexpr UtcTime kAlways = UtcTime::min();

class EntrySearch {
 public:
  EntrySearch(const lists::List& list, const std::string& value)
      : list_(list), place_(place_of(value)), kind_(*list_kind_of(place_.attribute)) {
    // What it matches itself.
    auto alone = lists::make_list(kind_, "value");
    if (alone->add(place_.entry, 1, {}) && alone->build()) alone_ = std::move(alone);
  }

  std::vector<EntryId> run() {
    if (alone_ == nullptr) return {};
    const std::string own = alone_->entry_text(0);
    switch (list_.kind()) {
      case lists::ListKind::domain:
        search(static_cast<const lists::DomainList&>(list_), own);
        break;
      case lists::ListKind::address:
        search(static_cast<const lists::AddressList&>(list_), own);
        break;
      case lists::ListKind::network:
        search(static_cast<const lists::NetworkList&>(list_));
        break;
      case lists::ListKind::text:
        add(static_cast<const lists::TextList&>(list_).find_all(without_tilde(own), kAlways));
        add_if([&](EntryId id) { return list_.entry_text(id) == own; });
        break;
    }
    return {found_.begin(), found_.end()};
  }

 private:
  static std::string without_tilde(const std::string& text) {
    return text.starts_with('~') ? text.substr(1) : text;
  }

  void add(const std::vector<EntryId>& ids) { found_.insert(ids.begin(), ids.end()); }

  template <class Fits>
  void add_if(Fits fits) {
    for (EntryId id = 0; id < list_.entries().size(); ++id) {
      if (fits(id)) found_.insert(id);
    }
  }

  [[nodiscard]] bool is_matched(std::string_view name) const {
    return static_cast<const lists::DomainList&>(*alone_).find(name, kAlways) != lists::kNoEntry;
  }

  void search(const lists::DomainList& list, const std::string& own) {
    if (kind_ == lists::ListKind::address) {
      const std::string_view domain = std::string_view(own).substr(own.rfind('@') + 1);
      if (!domain.empty() && !own.starts_with('~')) add(list.find_all(domain, kAlways));
    }
    if (kind_ == lists::ListKind::network) add(list.find_all(own, kAlways));  // in HELO
    if (kind_ != lists::ListKind::domain) return;
    const auto& alone = static_cast<const lists::DomainList&>(*alone_);
    const auto pattern = alone.pattern(0);
    if (pattern == lists::DomainPattern::exact || pattern == lists::DomainPattern::suffix) {
      add(list.find_all(alone.entries().key(0), kAlways));
    }
    if (pattern == lists::DomainPattern::exact) return;
    add_if([&](EntryId id) {
      const bool is_name = list.pattern(id) == lists::DomainPattern::exact ||
                           list.pattern(id) == lists::DomainPattern::suffix;
      return (is_name && is_matched(list.entries().key(id))) || list.entry_text(id) == own;
    });
  }

  void search(const lists::AddressList& list, const std::string& own) {
    if (kind_ == lists::ListKind::address) {
      if (!own.starts_with('@') && !own.ends_with('@')) {
        const auto address = MailAddress::from_envelope(own == "<>" ? "" : own);
        add(list.find_all(address, kAlways));
        return;
      }
      const auto& alone = static_cast<const lists::AddressList&>(*alone_);
      add_if([&](EntryId id) {
        const std::string text = list.entry_text(id);
        return text == own || alone.find(MailAddress::from_envelope(text), kAlways) == 0;
      });
    } else if (kind_ == lists::ListKind::domain) {
      add_if([&](EntryId id) {
        const std::string_view text = list.entries().key(id);
        const std::size_t at = text.rfind('@');
        return at != std::string_view::npos && !text.starts_with('~') &&
               is_matched(text.substr(at + 1));
      });
    }
  }

  void search(const lists::NetworkList& list) {
    if (kind_ != lists::ListKind::network) return;
    const IpNetwork& own = static_cast<const lists::NetworkList&>(*alone_).network(0);
    // Of two networks that meet, one holds the other.
    add_if([&](EntryId id) {
      return own.contains(list.network(id).first()) || list.network(id).contains(own.first());
    });
  }

  const lists::List& list_;
  ValuePlace place_;
  lists::ListKind kind_;
  std::unique_ptr<lists::List> alone_;
  std::set<EntryId> found_;
};

bool has_list(const Predicate& predicate, const lists::List& list) {
  return std::find(predicate.lists.begin(), predicate.lists.end(), &list) != predicate.lists.end();
}

std::string about(const Rule& rule, const Predicate& predicate, const std::string& what) {
  return "rule '" + rule.name + "' (" + rule.where.to_string() + "), " + what + " " +
         word_for(predicate);
}

// Of conditions under `not:`, at any depth.
void add_exceptions(const Snapshot& snapshot, const lists::List& list, const Rule& rule,
                    const std::vector<Condition>& conditions, std::vector<std::string>& uses) {
  for (const Condition& condition : conditions) {
    for (const PredicateId id : condition.all) {
      const Predicate& predicate = snapshot.predicates()[id];
      if (has_list(predicate, list)) uses.push_back(about(rule, predicate, "not for mail by"));
    }
    add_exceptions(snapshot, list, rule, condition.none, uses);
  }
}

}  // namespace

std::vector<EntryId> entries_about(const lists::List& list, const std::string& value) {
  return EntrySearch(list, value).run();
}

std::vector<const lists::List*> all_lists(const Snapshot& snapshot) {
  std::vector<const lists::List*> lists;
  for (const auto& list : snapshot.lists()) lists.push_back(list.get());
  for (const Predicate& predicate : snapshot.predicates()) {
    for (const lists::List* list : predicate.lists) {
      if (std::find(lists.begin(), lists.end(), list) == lists.end()) lists.push_back(list);
    }
  }
  return lists;
}

std::vector<std::string> uses_of_entry(const Snapshot& snapshot, const lists::List& list,
                                       EntryId entry) {
  std::vector<std::string> uses;
  const lists::EntryData* data = list.entries().data(entry);
  for (ListUse use : uses_of_lists(snapshot)) {
    if (use.list != &list) continue;
    if (data != nullptr && data->then) use.action = &*data->then;
    std::string text = describe(use);
    // An own action stands for all those of its rule.
    if (uses.empty() || uses.back() != text) uses.push_back(std::move(text));
  }
  for (const Rule& rule : snapshot.rules()) {
    add_exceptions(snapshot, list, rule, rule.when.none, uses);
    if (rule.check() == nullptr) continue;
    for (const PredicateId id : rule.when.all) {
      const Predicate& predicate = snapshot.predicates()[id];
      if (!has_list(predicate, list)) continue;
      uses.push_back(about(rule, predicate, "by") + ": looks with " +
                     std::string(rule.check()->info->name));
    }
  }
  return uses;
}

}  // namespace postern::ctl
