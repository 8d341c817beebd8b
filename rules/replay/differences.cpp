#include "rules/replay/differences.h"

#include <algorithm>
#include <string_view>

namespace postern::replay {
namespace {

const std::string& domain_of(const Transaction& transaction) {
  static const std::string none;
  return transaction.sender ? transaction.sender->domain().text() : none;
}

EntryPlace place_of(const MatchedEntry& entry) {
  return {std::string(entry.file), entry.line, std::string(entry.list), entry.entry};
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// `reject` is any `reject 550`.
bool is_word_of(std::string_view wanted, std::string_view text) {
  return text == wanted ||
         (text.starts_with(wanted) && text.substr(wanted.size()).starts_with(' '));
}

}  // namespace

std::string to_string(const Change& change) {
  return to_string(change.then) + " -> " + (change.now ? to_string(*change.now) : "undecided");
}

bool is_meant(const std::string& wanted, const Change& change) {
  const std::string text = to_string(change);
  const std::size_t arrow = wanted.find("->");
  const std::string_view then = std::string_view(wanted).substr(0, arrow);
  const std::string_view now =
      arrow == std::string::npos ? then : std::string_view(wanted).substr(arrow + 2);
  const std::string_view has(text);
  const std::size_t middle = has.find(" -> ");
  const bool fits = is_word_of(trimmed(now), has.substr(middle + std::string_view(" -> ").size()));
  return fits && (arrow == std::string::npos || is_word_of(trimmed(then), has.substr(0, middle)));
}

std::optional<Change> Differences::add(const Past& past, const Judgement& judgement) {
  ++decisions_;
  if (judgement.asked) ++asked_;
  add_standing(past);
  const MessageName name = name_of(past);
  for (const auto& [rule, needs] : judgement.not_looked_at) {
    not_looked_at_[{std::string(rule), std::string(needs)}].add(name);
  }
  Change change{past.outcome, std::nullopt};
  if (judgement.undecided) {
    undecided_[{std::string(judgement.undecided->rule), std::string(judgement.undecided->needs)}]
        .add(name);
    changes_[change].tally.add(name);
    return change;
  }
  for (const WouldHave& would : judgement.verdict.would) {
    would_[{std::string(would.rule), would.action}].add(name);
  }
  const Outcome now = outcome_of(judgement.verdict);
  if (now.is_as(past.outcome)) {
    ++unchanged_;
    const bool refused = past.reply.has_value();
    if (refused && !is_same_reply(*past.reply, judgement.verdict.reply.to_string())) {
      count(past, name, judgement, other_text_);
    }
    return std::nullopt;
  }
  change.now = now;
  count(past, name, judgement, changes_[change]);
  if (past.outcome.is_accepted() && now.is_lost()) keep_lost(past, name, judgement);
  return change;
}

void Differences::count(const Past& past, const MessageName& name, const Judgement& judgement,
                        ChangeCounts& counts) {
  const Verdict& verdict = judgement.verdict;
  counts.tally.add(name);
  ++counts.by_rule[verdict.rule.empty() ? "-" : std::string(verdict.rule)];
  if (!verdict.entry.file.empty()) ++counts.by_entry[place_of(verdict.entry)];
  const std::string& domain = domain_of(past.transaction);
  if (counts.by_domain.size() < kMaxNames || counts.by_domain.contains(domain)) {
    ++counts.by_domain[domain];
  }
}

void Differences::add_standing(const Past& past) {
  const std::string& domain = domain_of(past.transaction);
  const Transaction& t = past.transaction;
  // Whom our own users write to. Colleagues are none.
  if (!t.sasl_username.empty() && t.recipient && past.outcome.is_accepted() &&
      t.recipient->domain().text() != domain) {
    return standings_.add_written_to(t.recipient->domain().text());
  }
  standings_.add(domain, past.time, past.outcome);
}

// The same mail at another stage, or through the other door, is not lost once more.
void Differences::keep_lost(const Past& past, MessageName name, const Judgement& judgement) {
  if (lost_.size() >= kMaxLost) {
    ++lost_unseen_;
    return;
  }
  const Transaction& t = past.transaction;
  const std::string recipient = t.recipient ? t.recipient->text() : "";
  name.pair = std::hash<std::string>{}(std::to_string(name.pair) + " " + recipient);
  if (!lost_messages_.add(name)) return;
  lost_.push_back({past.time, t.sender ? t.sender->text() : "", domain_of(t), recipient,
                   outcome_of(judgement.verdict), std::string(judgement.verdict.rule),
                   place_of(judgement.verdict.entry)});
}

std::vector<GoodMail> Differences::good_mail_lost(
    const std::vector<const lists::DomainList*>& well_known, UtcTime now) const {
  std::vector<GoodMail> good;
  for (const LostMail& mail : lost_) {
    if (const auto standing = standings_.of(mail.domain, well_known, now)) {
      good.push_back({mail, *standing});
    }
  }
  std::ranges::stable_sort(good, {}, [](const GoodMail& one) { return one.mail.time; });
  return good;
}

}  // namespace postern::replay
