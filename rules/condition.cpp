#include "rules/condition.h"

#include <algorithm>

#include "common/base/ascii_case.h"
#include "rules/attribute_value.h"
#include "rules/findings.h"

namespace postern {
namespace {

// What one look-up costs beside its regexes, roughly.
constexpr std::uint64_t kLookUpSteps = 64;

lists::EntryId find_header(const lists::TextList& list, const std::string& name,
                           const MessageHeader& header, UtcTime now, Work* work) {
  for (const HeaderField& field : header.fields) {
    if (field.name != name) continue;
    if (!take_work(work, kLookUpSteps)) break;
    const lists::EntryId entry = list.find_as_read(field.text, now, work);
    if (entry != lists::kNoEntry) return entry;
  }
  return lists::kNoEntry;
}

// Whether From: names nobody like the envelope sender. What cannot be compared (a bounce has no
// sender, a message no From:) does not differ.
bool from_differs(Predicate::Kind kind, const MailAddress& sender, const MessageHeader& header) {
  const bool whole = kind == Predicate::Kind::differs_in_address;
  if (header.from.empty() || (whole ? sender.is_null() : sender.domain().empty())) return false;
  return std::none_of(header.from.begin(), header.from.end(), [&](const MailAddress& from) {
    return whole ? equal_ignoring_case(from.text(), sender.text()) ||
                       equal_ignoring_case(from.text(), sender.untagged())
                 : from.domain() == sender.domain();
  });
}

lists::EntryId find_domain(const lists::List& list, const MailAddress& address, UtcTime now,
                           Work* work) {
  if (address.domain().empty()) return lists::kNoEntry;
  return static_cast<const lists::DomainList&>(list).find(address.domain().text(), now, work);
}

template <class Find>
lists::EntryId find_any(const std::vector<MailAddress>& addresses, Work* work, Find find) {
  for (const MailAddress& address : addresses) {
    if (!take_work(work, kLookUpSteps)) break;
    if (const lists::EntryId entry = find(address); entry != lists::kNoEntry) return entry;
  }
  return lists::kNoEntry;
}

// Which of two matched entries is the one to go by: one with an action of its own before one
// without, else the one that was there first.
bool is_better(const Match& match, const Match& before) {
  if (match.list == nullptr) return false;
  if (before.list == nullptr) return true;
  return before.list->action_for(before.entry) == nullptr &&
         match.list->action_for(match.entry) != nullptr;
}

Truth negated(Truth truth) {
  switch (truth) {
    case Truth::no:
      return Truth::yes;
    case Truth::yes:
      return Truth::no;
    case Truth::unknown:
    case Truth::undecidable:
      return truth;
  }
  return truth;
}

// Whether there was more of what the predicate looks at than is known.
bool was_cut(const Predicate& predicate, const MessageHeader& header) {
  return std::any_of(header.cut.begin(), header.cut.end(),
                     [&](const CutField& cut) { return cut.name == header_field_of(predicate); });
}

// Whether the condition is false whatever the attribute is.
bool is_hopeless(const Predicate& predicate, UtcTime now) {
  if (predicate.kind != Predicate::Kind::in_lists || has_unknown_entries(predicate)) return false;
  return std::none_of(predicate.lists.begin(), predicate.lists.end(), [&](const lists::List* list) {
    return list->entries().size() > list->expired(now);
  });
}

bool is_about_recipient(Attribute attribute) {
  return known_from(attribute) == Stage::rcpt;
}

}  // namespace

Truth joined(Truth one, Truth other) {
  for (Truth truth : {Truth::no, Truth::unknown, Truth::undecidable}) {
    if (one == truth || other == truth) return truth;
  }
  return Truth::yes;
}

bool is_dear(const Predicate& predicate) {
  return is_about_header(predicate.attribute) ||
         std::any_of(predicate.lists.begin(), predicate.lists.end(),
                     [](const lists::List* list) { return !list->regexes().empty(); });
}

bool has_no_entry(const Predicate& predicate) {
  return predicate.kind == Predicate::Kind::in_lists &&
         std::all_of(predicate.lists.begin(), predicate.lists.end(),
                     [](const lists::List* list) { return list->entries().size() == 0; });
}

bool has_unknown_entries(const Predicate& predicate) {
  if (database_fact(predicate.attribute)) return predicate.database == nullptr;
  return std::any_of(predicate.lists.begin(), predicate.lists.end(),
                     [](const lists::List* list) { return !list->unknown().empty(); });
}

std::string told_by_database(const Predicate& predicate, const Transaction& transaction) {
  const bool known = predicate.database != nullptr && transaction.client;
  return known ? predicate.database->find(*transaction.client) : std::string();
}

std::string word_for(const Predicate& predicate) {
  const std::string word(to_string(predicate.attribute));
  return predicate.header.empty() ? word : word + "." + predicate.header;
}

std::string_view header_field_of(const Predicate& predicate) {
  return predicate.header.empty() ? std::string_view("from") : predicate.header;
}

void ConditionMemory::forget() {
  judged_.clear();
  of_recipient_.clear();
}

void ConditionMemory::forget_recipient() {
  for (const std::uint32_t number : of_recipient_) judged_[number].reset();
  of_recipient_.clear();
}

Conditions::Conditions(const std::vector<Predicate>& predicates, const Transaction& transaction,
                       UtcTime now, Effort effort)
    : predicates_(predicates),
      transaction_(transaction),
      now_(now),
      work_(effort.work),
      memory_(effort.memory != nullptr ? *effort.memory : own_) {}

lists::EntryId Conditions::find(const lists::List& list, const Predicate& predicate) const {
  const Transaction& t = transaction_;
  const auto find = [&](const auto& own, const auto& value) {
    if constexpr (requires { own.find(value, now_, work_); }) {
      return own.find(value, now_, work_);
    } else {
      return own.find(value, now_);
    }
  };
  return std::visit(
      Overloaded{[&](const HeaderText&) {
                   return find_header(static_cast<const lists::TextList&>(list), predicate.header,
                                      *t.header, now_, work_);
                 },
                 [&](const FromAddresses&) {
                   return find_any(t.header->from, work_, [&](const MailAddress& from) {
                     return find(static_cast<const lists::AddressList&>(list), from);
                   });
                 },
                 [&](const FromDomains&) {
                   return find_any(t.header->from, work_, [&](const MailAddress& from) {
                     return find_domain(list, from, now_, work_);
                   });
                 },
                 [&](const auto&) {
                   return look_up(predicate.attribute, t, list, lists::kNoEntry, find);
                 }},
      info_of(predicate.attribute).value);
}

Match Conditions::judge(const Predicate& predicate) const {
  if (!is_known(predicate.attribute, transaction_)) {
    const bool settled =
        is_untold(predicate.attribute, transaction_) && is_hopeless(predicate, now_);
    return {settled ? Truth::no : Truth::unknown};
  }
  Match match = compare(predicate);
  const bool partly =
      is_about_header(predicate.attribute) && was_cut(predicate, *transaction_.header);
  const bool counts = predicate.kind == Predicate::Kind::in_lists && match.truth == Truth::yes;
  if (partly && !counts) match.truth = Truth::undecidable;
  return match;
}

Match Conditions::compare(const Predicate& predicate) const {
  const auto answer = [&](bool wanted) {
    return info_of(predicate.attribute).question.answer(transaction_) == wanted;
  };
  switch (predicate.kind) {
    case Predicate::Kind::present:
      return {answer(true) ? Truth::yes : Truth::no};
    case Predicate::Kind::absent:
      return {answer(false) ? Truth::yes : Truth::no};
    case Predicate::Kind::differs_in_address:
    case Predicate::Kind::differs_in_domain:
      return {from_differs(predicate.kind, *transaction_.sender, *transaction_.header) ? Truth::yes
                                                                                       : Truth::no};
    case Predicate::Kind::in_lists:
      break;
  }
  if (database_fact(predicate.attribute)) return compare_told(predicate);
  for (const lists::List* list : predicate.lists) {
    const lists::EntryId entry = find(*list, predicate);
    if (entry != lists::kNoEntry) return {Truth::yes, list, entry};
  }
  return {has_unknown_entries(predicate) ? Truth::undecidable : Truth::no};
}

// What the database does not know, is in no list and in none that is excluded.
Match Conditions::compare_told(const Predicate& predicate) const {
  const std::string told = told_by_database(predicate, transaction_);
  if (told.empty()) return {Truth::undecidable};
  for (const lists::List* list : predicate.lists) {
    const auto entry = static_cast<const lists::TextList&>(*list).find(told, now_, work_);
    if (entry != lists::kNoEntry) return {Truth::yes, list, entry};
  }
  return {Truth::no};
}

Match Conditions::judge(PredicateId id) {
  const Predicate& predicate = predicates_[id];
  if (!predicate.kept) return judge(predicate);
  auto& judged = memory_.judged_;
  if (judged.size() <= *predicate.kept) judged.resize(*predicate.kept + 1);
  if (const auto& known = judged[*predicate.kept]) return *known;
  const Match match = judge(predicate);
  if (match.truth == Truth::unknown || (work_ != nullptr && work_->is_spent())) return match;
  judged[*predicate.kept] = match;
  if (is_about_recipient(predicate.attribute)) memory_.of_recipient_.push_back(*predicate.kept);
  return match;
}

Match Conditions::judge(const Condition& condition, const Findings* findings) {
  Match result{Truth::yes};
  for (PredicateId id : condition.all) {
    const Match match = judge(id);
    result.truth = joined(result.truth, match.truth);
    if (result.truth == Truth::no) return {Truth::no};
    if (is_better(match, result)) {
      result.list = match.list;
      result.entry = match.entry;
    }
  }
  if (!condition.found.empty()) {
    const Truth found = findings == nullptr ? Truth::unknown : findings->judge(condition.found);
    result.truth = joined(result.truth, found);
    if (result.truth == Truth::no) return {Truth::no};
  }
  for (const Condition& excluded : condition.none) {
    result.truth = joined(result.truth, negated(judge(excluded, findings).truth));
    if (result.truth == Truth::no) return {Truth::no};
  }
  return result;
}

}  // namespace postern
