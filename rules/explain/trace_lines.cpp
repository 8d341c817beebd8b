#include "rules/explain/trace_lines.h"

#include <algorithm>

#include "rules/explain/condition_words.h"
#include "rules/explain/log_fields.h"
#include "rules/explain/state_words.h"
#include "rules/explain/told_fields.h"
#include "rules/explain/trace_words.h"
#include "rules/findings.h"
#include "rules/model/reply_text.h"

namespace postern::explain {
namespace {

constexpr std::size_t kMaxWords = 1000;  // of a condition, of actions
constexpr std::size_t kMaxTracedAddress = 320;

// `+ client 192.0.2.7: in list ...; - not: sender_domain a.example: ...`
class ConditionText {
 public:
  explicit ConditionText(const Explanation& explanation) : explanation_(explanation), words_("") {}

  std::string of(const Condition& condition) {
    text_.clear();
    add(condition, "");
    return text_;
  }

 private:
  void add(const Condition& condition, const std::string& front) {
    for (const PredicateId id : condition.all) {
      const auto explained = explained_predicate(explanation_, id);
      begin(explained.truth);
      text_ += front + words_.predicate(explained, explanation_.transaction.stage);
    }
    if (!condition.found.empty()) {
      begin(found_truth(explanation_, condition));
      text_ += front + "found " + found_text(condition.found);
    }
    // What holds of a condition that must not hold is for the reader to turn round.
    for (const Condition& excluded : condition.none) add(excluded, front + "not: ");
  }

  void begin(Truth truth) {
    if (!text_.empty()) text_ += "; ";
    text_ += truth == Truth::yes ? "+ " : truth == Truth::no ? "- " : "? ";
  }

  const Explanation& explanation_;
  ConditionWords words_;
  std::string text_;
};

bool was_looked_at(const TracedRule& traced) {
  using Outcome = TracedRule::Outcome;
  switch (traced.outcome) {
    case Outcome::not_reached:
    case Outcome::skipped:
    case Outcome::for_others:
    case Outcome::over:
      return false;
    default:
      return true;
  }
}

std::string records_text(const dns::DnsAnswer& answer) {
  std::string text;
  const auto add = [&text](const std::string& one) { text += (text.empty() ? "" : ", ") + one; };
  for (const dns::MxView& mx : answer.records.mx()) {
    add(std::to_string(mx.preference) + " " +
        (mx.exchange.empty() ? "." : std::string(mx.exchange)));
  }
  for (const IpAddress& address : answer.records.addresses()) add(address.to_string());
  for (const std::string_view name : answer.records.names()) add(std::string(name));
  for (const dns::TxtView& txt : answer.records.texts()) add(quote(txt.text));
  return text;
}

template <class Fields>
class Lines {
 public:
  explicit Lines(const TracedDecision& decision)
      : decision_(decision), explanation_(decision.explanation), words_(explanation_) {}

  std::vector<std::string> all() {
    about();
    const auto& rules = explanation_.trace.rules;
    const std::size_t shown = std::min(rules.size(), kMaxTracedRules);
    std::size_t not_reached = 0;
    for (std::size_t i = 0; i < shown; ++i) {
      if (rules[i].outcome == TracedRule::Outcome::not_reached) {
        ++not_reached;
      } else {
        rule(i);
      }
    }
    if (not_reached > 0) count("not_reached", not_reached);
    if (shown < rules.size()) count("not_shown", rules.size() - shown);
    for (const DnsEvidence& evidence : explanation_.evidence) dns(evidence);
    for (const StateEvidence& evidence : explanation_.state) state(evidence);
    for (const Effect& effect : explanation_.verdict.effects) {
      Fields line = begin();
      line.always("effect", words_of(effect), kMaxTracedAddress);
      lines_.push_back(line.take());
    }
    return std::move(lines_);
  }

 private:
  Fields begin() {
    Fields line("trace");
    line.number("id", decision_.trace);
    line.number("n", decision_.number);
    return line;
  }

  void about() {
    const Transaction& t = explanation_.transaction;
    const Verdict& verdict = explanation_.verdict;
    Fields line = begin();
    line.always("door", decision_.door);
    line.always("stage", to_string(t.stage));
    line.always("action", to_string(verdict.action));
    line.always("by", verdict.rule.empty() ? "-" : verdict.rule);
    line.always("client", t.client ? t.client->to_string() : "-");
    line.unless_empty("helo", t.helo);
    const auto add = [&](std::string_view key, std::string_view value) {
      line.always(key, value, kMaxTracedAddress);
    };
    if (t.sender) for_each_address_field("sender", *t.sender, add);
    if (t.recipient) for_each_address_field("recipient", *t.recipient, add);
    line.unless_empty("queue_id", t.queue_id);
    line.unless_empty("instance", t.instance);
    line.number("generation", verdict.generation);
    lines_.push_back(line.take());
  }

  void rule(std::size_t i) {
    const Rule& rule = explanation_.snapshot->rules()[i];
    const TracedRule& traced = explanation_.trace.rules[i];
    Fields line = begin();
    line.always("rule", rule.name);
    line.always("at", rule.where.file + ":" + std::to_string(rule.where.line));
    line.always("outcome", word_of(traced.outcome));
    if (traced.outcome == TracedRule::Outcome::matches) {
      line.unless_empty("did", actions(rule, traced), kMaxWords);
      if (const RuleCheck* check = rule.check()) finding(line, *check, traced);
    } else {
      line.always("why", why_passed_over(explanation_, rule, traced));
    }
    if (was_looked_at(traced)) line.unless_empty("when", words_.of(rule.when), kMaxWords);
    lines_.push_back(line.take());
  }

  std::string actions(const Rule& rule, const TracedRule& traced) {
    std::string text;
    for (const TracedAction& action : traced.actions) {
      text += (text.empty() ? "" : "; ") + became_of(explanation_, rule, traced, action);
    }
    return text;
  }

  static void finding(Fields& line, const RuleCheck& check, const TracedRule& traced) {
    line.always("check", check.info->name);
    line.always("finding", check.finding_name(traced.report.finding));
    line.unless_empty("detail", traced.report.detail);
  }

  void count(std::string_view what, std::size_t rules) {
    Fields line = begin();
    line.number(what, rules);
    lines_.push_back(line.take());
  }

  void state(const StateEvidence& evidence) {
    Fields line = begin();
    line.always("state", words_of(evidence.key), kMaxTracedAddress);
    line.always("record", words_of(evidence.fact));
    lines_.push_back(line.take());
  }

  void dns(const DnsEvidence& evidence) {
    if (!evidence.fact.answer) return;
    const dns::DnsAnswer& answer = *evidence.fact.answer;
    Fields line = begin();
    line.always("dns", std::string(dns::to_string(evidence.question.type)) + " " +
                           evidence.question.name.visible().text());
    line.always("status", dns::to_string(answer.status));
    line.always("reason", dns::to_string(answer.reason));
    line.always("source", dns::to_string(evidence.fact.source));
    line.unless_empty("server", std::string_view(answer.server));
    if (evidence.fact.source == dns::DnsFact::Source::cache) {
      line.number("age", evidence.fact.age.count());
    }
    line.number("ttl", answer.ttl.count());
    line.unless_empty("records", records_text(answer), kMaxWords);
    lines_.push_back(line.take());
  }

  const TracedDecision& decision_;
  const Explanation& explanation_;
  ConditionText words_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> trace_lines(const TracedDecision& decision, LogFormat format) {
  if (format == LogFormat::json) return Lines<JsonFields>(decision).all();
  return Lines<TextFields>(decision).all();
}

}  // namespace postern::explain
