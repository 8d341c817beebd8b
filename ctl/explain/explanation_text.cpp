
#include <algorithm>

#include "common/base/duration.h"
#include "ctl/cli/wrapped_page.h"
#include "ctl/explain/explanation_page.h"
#include "rules/explain/condition_words.h"
#include "rules/explain/state_words.h"
#include "rules/explain/told_fields.h"
#include "rules/findings.h"
#include "rules/model/reply_text.h"

namespace postern::ctl {
namespace {

constexpr std::size_t kShownRecords = 8;

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return out;
}

// What a condition is to its rule: + holds, - does not, ? is open.
char sign_of(Truth truth) {
  switch (truth) {
    case Truth::yes:
      return '+';
    case Truth::no:
      return '-';
    case Truth::unknown:
    case Truth::undecidable:
      break;
  }
  return '?';
}

Truth opposite(Truth truth) {
  if (truth == Truth::yes) return Truth::no;
  return truth == Truth::no ? Truth::yes : truth;
}

class OneTransaction {
 public:
  OneTransaction(const ExplainedTransaction& explained, const std::string& settings_file,
                 WrappedPage& page)
      : explanation_(explained.explanation),
        earlier_(explained.earlier),
        words_(settings_file),
        page_(page) {}

  // With the command that lets such mail in, or without.
  enum class Advice { given, left_out };
  void verdict(Advice advice) {
    const Verdict& verdict = explanation_.verdict;
    std::string head = upper(to_string(verdict.action));
    if (const std::string reply = reply_of(verdict); !reply.empty())
      head += "  " + explain::for_terminal(reply);
    if (!verdict.pending_rule.empty()) {
      head += " so far: " + std::string(verdict.pending_rule) + " is judged at a later stage";
    }
    page_.line(0, 4, head);
    for (const std::string& reason : reasons()) page_.line(4, 4, reason);
    const auto command = way_out(explanation_);
    if (command && advice == Advice::given) page_.line(4, 4, "To let it in: " + *command);
    beside();
  }

  void transaction(const std::string& rules) {
    const Transaction& t = explanation_.transaction;
    page_.gap();
    page_.line(0, 0,
               "At " + std::string(to_string(t.stage)) + ", " + format_utc(explanation_.now) +
                   ", by " + rules);
    for (const AttributeInfo& info : attributes()) {
      explain::for_each_told_field(info, t, [&](std::string_view key, std::string_view value) {
        // In brackets, so that blanks at its ends are seen.
        told(key, key.ends_with("_given") ? "<" + std::string(value) + ">" : std::string(value));
      });
      if (info.attribute == Attribute::client) {
        explain::for_each_client_fact(
            explanation_.verdict,
            [&](std::string_view key, std::string_view value) { told(key, std::string(value)); });
      }
      const bool refused = t.recipient_state == RecipientState::refused;
      if (info.attribute == Attribute::recipient && refused) told("recipient_refused", "yes");
    }
    if (!t.header) return;
    for (const HeaderField& field : t.header->fields) told("header." + field.name, field.text);
  }

  void rules() {
    page_.gap();
    const auto& rules = explanation_.snapshot->rules();
    if (rules.empty()) page_.line(0, 4, "There is no rule.");
    for (std::size_t i = 0; i < rules.size(); ++i)
      rule(i + 1, rules[i], explanation_.trace.rules[i]);
  }

  void dns() {
    page_.gap();
    if (explanation_.evidence.empty()) {
      page_.line(0, 4, "DNS: nothing was asked");
    } else {
      page_.line(0, 4, "DNS");
      for (const DnsEvidence& evidence : explanation_.evidence) fact(evidence);
    }
    if (!explanation_.state.empty()) state();
  }

 private:
  [[nodiscard]] std::vector<std::string> reasons() const {
    const Verdict& verdict = explanation_.verdict;
    if (verdict.rule.empty()) {
      return {verdict.pending_rule.empty() ? "No rule decides, so the mail passes."
                                           : "Nothing below that rule is decided now."};
    }
    std::vector<std::string> reasons;
    const auto& rules = explanation_.snapshot->rules();
    const auto rule = std::find_if(rules.begin(), rules.end(),
                                   [&](const Rule& one) { return one.name == verdict.rule; });
    std::string text = "Rule " + rule->name + " " + where(*rule);
    if (!verdict.check.empty()) {
      text += ": check " + std::string(verdict.check) + " finds " + std::string(verdict.finding);
      if (!verdict.detail.empty()) text += ", " + explain::for_terminal(verdict.detail);
    }
    reasons.push_back(text);
    for (PredicateId id : rule->when.all) {
      const auto explained = explain::explained_predicate(explanation_, id);
      reasons.push_back(words_.predicate(explained, explanation_.transaction.stage));
    }
    if (!rule->when.found.empty()) reasons.push_back("found " + found_text(rule->when.found));
    return reasons;
  }

  // What was done beside the verdict, and at stages before.
  void beside() {
    const Verdict& now = explanation_.verdict;
    for (const explain::Explanation& before : earlier_) {
      const Verdict& then = before.verdict;
      const std::string stage = "At " + std::string(to_string(before.transaction.stage));
      if (then.delay.count() > 0) {
        page_.line(4, 4, stage + ": the greeting is held back for " + format_duration(then.delay));
      }
      if (!then.rule.empty() && then.rule != now.rule) {
        page_.line(4, 4,
                   stage + ", if asked: " + upper(to_string(then.action)) + " by rule " +
                       std::string(then.rule));
      }
    }
    if (now.delay.count() > 0) {
      page_.line(4, 4, "The greeting is held back for " + format_duration(now.delay));
    }
    for (const Header& header : now.prepend) {
      page_.line(4, 4,
                 (lets_in(now) ? "With header " : "Without its header, as it does not come in: ") +
                     explain::for_terminal(header.name + ": " + header.value));
    }
    for (const std::string& copy : now.copies) {
      page_.line(4, 4,
                 (lets_in(now) ? "With a copy to " : "Without its copy, as it does not come in: ") +
                     explain::for_terminal(copy));
    }
    for (const WouldHave& would : now.would) {
      page_.line(4, 4,
                 "Rule " + std::string(would.rule) + " would " +
                     std::string(to_string(would.action)) + ", but is in mode log");
    }
  }

  void told(std::string_view name, std::string_view value) {
    constexpr std::size_t kColumn = 20;
    if (value.empty()) return;
    const std::string label = explain::for_terminal(name);
    const std::size_t gap = label.size() < kColumn ? kColumn - label.size() : 1;
    page_.line(2, kColumn + 2, label + std::string(gap, ' ') + explain::for_terminal(value));
  }

  void rule(std::size_t number, const Rule& rule, const TracedRule& traced) {
    const std::string head = std::to_string(number) + ". " + rule.name + " " + where(rule) + " ";
    if (traced.outcome != TracedRule::Outcome::matches) {
      page_.line(0, 6, head + explain::why_passed_over(explanation_, rule, traced));
    } else if (traced.actions.empty()) {
      page_.line(0, 6, head + "matches, and has nothing to do");
    } else if (traced.actions.size() == 1) {
      page_.line(0, 6,
                 head + explain::became_of(explanation_, rule, traced, traced.actions.front()));
    } else {
      page_.line(0, 6, head + "matches");
    }
    if (traced.actions.size() > 1) {
      for (const TracedAction& action : traced.actions) {
        page_.line(6, 8, explain::became_of(explanation_, rule, traced, action));
      }
    }
    if (was_judged(traced)) condition(rule.when, 6);
    const RuleCheck* check = rule.check();
    if (traced.outcome == TracedRule::Outcome::matches && check != nullptr) finding(*check, traced);
  }

  [[nodiscard]] std::string where(const Rule& rule) const {
    return "(" + words_.place(rule.where.file, rule.where.line) + ")";
  }

  static bool was_judged(const TracedRule& traced) {
    switch (traced.outcome) {
      case TracedRule::Outcome::not_reached:
      case TracedRule::Outcome::skipped:
      case TracedRule::Outcome::for_others:
      case TracedRule::Outcome::over:
        return false;
      default:
        return true;
    }
  }

  void finding(const RuleCheck& check, const TracedRule& traced) {
    std::string text = "+ check " + std::string(check.info->name) + " finds " +
                       std::string(check.finding_name(traced.report.finding));
    if (!traced.report.detail.empty()) text += ": " + explain::for_terminal(traced.report.detail);
    page_.line(6, 8, text);
  }

  void condition(const Condition& condition, std::size_t indent) {
    for (PredicateId id : condition.all) {
      const auto explained = explain::explained_predicate(explanation_, id);
      page_.line(indent, indent + 2,
                 std::string(1, sign_of(explained.truth)) + " " +
                     words_.predicate(explained, explanation_.transaction.stage));
    }
    if (!condition.found.empty()) {
      const Truth truth = explain::found_truth(explanation_, condition);
      page_.line(indent, indent + 2,
                 std::string(1, sign_of(truth)) + " found " + found_text(condition.found));
    }
    for (const Condition& excluded : condition.none) not_this(excluded, indent);
  }

  void not_this(const Condition& excluded, std::size_t indent) {
    const Truth truth = opposite(explain::truth_of(explanation_, excluded));
    if (excluded.all.size() == 1 && excluded.found.empty() && excluded.none.empty()) {
      const auto explained = explain::explained_predicate(explanation_, excluded.all.front());
      page_.line(indent, indent + 2,
                 std::string(1, sign_of(truth)) +
                     " not: " + words_.predicate(explained, explanation_.transaction.stage));
      return;
    }
    page_.line(indent, indent + 2, std::string(1, sign_of(truth)) + " not all of these:");
    condition(excluded, indent + 4);
  }

  // Nothing is written here: what a door would do is said.
  void state() {
    page_.line(0, 4, "State");
    for (const StateEvidence& evidence : explanation_.state) {
      page_.line(2, 4, explain::for_terminal(explain::words_of(evidence)));
    }
    for (const Effect& effect : explanation_.verdict.effects) {
      page_.line(2, 4, "would " + explain::for_terminal(explain::words_of(effect)));
    }
  }

  void fact(const DnsEvidence& evidence) {
    const dns::DnsFact& fact = evidence.fact;
    std::string text = std::string(dns::to_string(evidence.question.type)) + " " +
                       explain::for_terminal(evidence.question.name.visible().text()) + ": ";
    if (!fact.answer) return;
    const dns::DnsAnswer& answer = *fact.answer;
    if (answer.status == dns::DnsStatus::found) {
      text += records(answer);
    } else {
      text += std::string(dns::to_string(answer.status)) + ", " +
              std::string(dns::to_string(answer.reason));
    }
    page_.line(2, 6, text + " (" + source(fact) + ")");
  }

  static std::string records(const dns::DnsAnswer& answer) {
    std::vector<std::string> all;
    for (const dns::MxView& mx : answer.records.mx()) {
      all.push_back(std::to_string(mx.preference) + " " +
                    (mx.exchange.empty() ? "." : explain::for_terminal(mx.exchange)));
    }
    for (const IpAddress& address : answer.records.addresses()) {
      all.push_back(address.to_string());
    }
    for (const std::string_view name : answer.records.names())
      all.push_back(explain::for_terminal(name));
    for (const dns::TxtView& txt : answer.records.texts()) {
      all.push_back(quote(explain::for_terminal(txt.text)));
    }
    std::string text;
    for (std::size_t i = 0; i < std::min(all.size(), kShownRecords); ++i) {
      text += (i == 0 ? "" : ", ") + all[i];
    }
    return all.size() <= kShownRecords
               ? text
               : text + " and " + std::to_string(all.size() - kShownRecords) + " more";
  }

  static std::string source(const dns::DnsFact& fact) {
    const std::string who =
        fact.answer->server.empty() ? "" : explain::for_terminal(fact.answer->server) + ", ";
    // What may not be kept has none.
    const auto seconds = fact.answer->ttl.count();
    const std::string ttl = seconds == 0 ? "" : "TTL " + std::to_string(seconds) + " s, ";
    switch (fact.source) {
      case dns::DnsFact::Source::asked:
        return who + ttl + "asked just now";
      case dns::DnsFact::Source::cache:
        return who + ttl + "cached " + std::to_string(fact.age.count()) + " s ago";
      case dns::DnsFact::Source::given_up:
        return "given up";
    }
    return "";
  }

  const explain::Explanation& explanation_;
  const std::vector<explain::Explanation>& earlier_;
  explain::ConditionWords words_;
  WrappedPage& page_;
};

void add_door(const DoorReplies& replies, WrappedPage& page) {
  for (const SentBytes& sent : replies.sent) {
    const std::string what = sent.what.empty() ? "" : ": " + sent.what;
    page.line(2, 6, std::string(to_string(replies.door)) + ", " + sent.when + what);
    if (!sent.bytes.empty()) page.exactly(4, sent.bytes);
  }
  for (const std::string& note : replies.notes) {
    page.line(2, 6, std::string(to_string(replies.door)) + ": " + note);
  }
}

}  // namespace

std::string verdict_text(const ExplanationPage& page) {
  WrappedPage out;
  for (const ExplainedTransaction& transaction : page.transactions) {
    OneTransaction(transaction, page.settings_file, out).verdict(OneTransaction::Advice::left_out);
  }
  return out.take();
}

std::string explanation_text(const ExplanationPage& page) {
  WrappedPage out;
  const bool several = page.transactions.size() > 1;
  for (const ExplainedTransaction& transaction : page.transactions) {
    const auto& recipient = transaction.explanation.transaction.recipient;
    if (several && &transaction != page.transactions.data()) out.gap();
    if (several)
      out.line(0, 4, "=== " + (recipient ? explain::for_terminal(recipient->text()) : "") + " ===");
    OneTransaction one(transaction, page.settings_file, out);
    one.verdict(OneTransaction::Advice::given);
    one.transaction(page.rules);
    one.rules();
    one.dns();
  }
  out.gap();
  out.line(0, 4, "On the wire");
  for (const DoorReplies& replies : page.doors) add_door(replies, out);
  if (!page.notes.empty()) out.gap();
  for (const std::string& note : page.notes) out.line(0, 6, "Note: " + note);
  return out.take();
}

}  // namespace postern::ctl
