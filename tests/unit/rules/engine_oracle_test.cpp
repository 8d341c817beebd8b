// Random rules: the engine agrees with a slow and simple one, whatever facts come in what order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "rules/engine.h"
#include "rules/load/rule_possibility.h"
#include "rules/load/snapshot_builder.h"
#include "rules/trace.h"
#include "tests/support/transaction_builder.h"

namespace postern::engine_oracle_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const auto kNow = std::chrono::system_clock::time_point{};

// A check for tests: asks for one name, finds by what comes back; finding 2 is the temporary one.
constexpr std::array<FindingInfo, 3> kFindings = {{{"good", FindingClass::good},
                                                   {"bad", FindingClass::bad},
                                                   {"unknown", FindingClass::temporary}}};

class AskOne : public Check {
 public:
  explicit AskOne(int name) : name_(name) {}
  [[nodiscard]] AttributeSet attributes() const override { return {}; }
  [[nodiscard]] CheckReport inspect(const Transaction&, FactView& facts) const override {
    const dns::DnsAnswer* answer = facts.dns(question(name_));
    if (answer == nullptr) return CheckReport::waiting();
    return CheckReport::found(finding(*answer));
  }
  static dns::DnsQuestion question(int name) {
    return {DomainName::parse("n" + std::to_string(name) + ".example").value(), dns::DnsType::a};
  }
  static std::size_t finding(const dns::DnsAnswer& answer) {
    return answer.status == dns::DnsStatus::found    ? 0
           : answer.status == dns::DnsStatus::absent ? 1
                                                     : 2;
  }

 private:
  int name_;
};

const CheckInfo kAskOne{"ask_one", Stage::mail, kFindings, {}, {}, nullptr};

// One rule, as the oracle sees it.
struct Plan {
  std::string name;
  Mode mode = Mode::enforce;
  std::optional<Stage> only;              // `stage:`
  std::optional<Attribute> about;         // one condition on it; none: always
  bool holds = true;                      // once it is known
  int asks = -1;                          // the name that its check asks for; -1: no check
  std::array<std::vector<Action>, 3> on;  // by finding; without a check the first alone counts
};

using Facts = std::map<int, std::size_t>;  // name to finding

struct Oracle {
  bool missing = false;
  ActionKind action = ActionKind::pass;
  std::string rule;
  std::string pending_rule;
  std::vector<std::string> also;
  std::vector<std::string> would;
};

template <class Want>
bool may_do(const Plan& plan, Want want) {
  if (plan.mode != Mode::enforce) return false;
  const std::size_t findings = plan.asks >= 0 ? plan.on.size() : 1;
  for (std::size_t finding = 0; finding < findings; ++finding) {
    for (const Action& action : plan.on[finding]) {
      if (want(kind_of(action))) return true;
    }
  }
  return false;
}

bool may_spare(const Plan& plan) {
  return may_do(plan, [](ActionKind kind) {
    using enum ActionKind;
    return kind == pass || kind == hold || kind == skip || kind == soften;
  });
}

// Rules from top to bottom; the first final action decides; what cannot be judged yet keeps what is
// below it from deciding.
Oracle judge_slowly(const std::vector<Plan>& plans, Stage stage, const Facts& facts) {
  Oracle result;
  std::vector<std::string> skipped;
  bool is_soft = false;
  const auto softened = [&](ActionKind kind) {
    return is_soft && kind != ActionKind::pass && is_final(kind) ? ActionKind::defer : kind;
  };
  for (const Plan& plan : plans) {
    const auto skips = [&](const std::string& name) {
      return std::find(skipped.begin(), skipped.end(), name) != skipped.end();
    };
    if (skips(plan.name) || (plan.asks >= 0 && skips("ask_one"))) continue;
    const bool gone_by = plan.only && *plan.only < stage;
    if (gone_by && !may_spare(plan)) continue;
    bool later = plan.only && *plan.only > stage;
    const bool is_told = plan.about && known_from(*plan.about) <= stage;
    // Recipients change until the later stage; everything else that is known stays.
    const bool settled = is_told && !(later && *plan.about == Attribute::recipient);
    if (settled && !plan.holds) continue;
    if (plan.about && !is_told) later = true;
    if (!later && plan.asks >= 0) later = stage < Stage::mail || !result.pending_rule.empty();
    if (later) {
      const bool is_decisive = may_spare(plan) || may_do(plan, is_final);
      if (is_decisive && result.pending_rule.empty()) result.pending_rule = plan.name;
      continue;
    }
    std::size_t finding = 0;
    if (plan.asks >= 0) {
      const auto known = facts.find(plan.asks);
      if (known == facts.end()) {
        result.missing = true;
        continue;
      }
      finding = known->second;
    }
    for (const Action& action : plan.on[finding]) {
      const ActionKind kind = kind_of(action);
      if (gone_by && !spares(kind)) continue;
      const bool possible = possible_stages(kind, Door::milter).contains(stage);
      if (plan.mode == Mode::log) {
        if (possible)
          result.would.push_back(plan.name + ":" + std::string(to_string(softened(kind))));
        continue;
      }
      if (!is_final(kind)) {
        if (!possible) continue;
        result.also.push_back(plan.name);
        is_soft = is_soft || kind == ActionKind::soften;
        if (const auto* skip = std::get_if<Skip>(&action)) {
          skipped.insert(skipped.end(), skip->names.begin(), skip->names.end());
        }
        continue;
      }
      if (result.missing || !result.pending_rule.empty()) return result;
      if (possible) {
        result.action = softened(kind);
        result.rule = plan.name;
      } else {
        result.pending_rule = plan.name;
      }
      return result;
    }
  }
  return result;
}

class RandomRules {
 public:
  explicit RandomRules(unsigned seed) : random_(seed) {}

  std::vector<Plan> plans() {
    std::vector<Plan> result(1 + random_() % 7);
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = plan(i, result.size());
    return result;
  }

  std::size_t below(std::size_t limit) { return random_() % limit; }

 private:
  Plan plan(std::size_t i, std::size_t count) {
    Plan plan;
    plan.name = "r" + std::to_string(i);
    if (below(5) == 0) plan.mode = Mode::log;
    if (below(6) == 0) plan.only = static_cast<Stage>(below(6));
    constexpr Attribute kAbout[] = {Attribute::client, Attribute::helo, Attribute::sender,
                                    Attribute::recipient};
    if (below(3) != 0) plan.about = kAbout[below(4)];
    plan.holds = below(3) != 0;
    if (below(3) == 0) plan.asks = static_cast<int>(below(3));
    for (auto& actions : plan.on) {
      if (below(3) == 0) actions.push_back(non_final(count));
      if (below(3) != 0) actions.push_back(final());
    }
    return plan;
  }
  Action non_final(std::size_t count) {
    switch (below(5)) {
      case 4:
        return Soften{};
      case 0:
        return Skip{{"r" + std::to_string(below(count))}};
      case 1:
        return Skip{{"ask_one"}};
      case 2:
        return Prepend{"X", "y"};
      default:
        return Log{};
    }
  }
  Action final() {
    switch (below(4)) {
      case 0:
        return Pass{};
      case 1:
        return Discard{};
      case 2:
        return Reject{{550, {5, 7, 1}, "x"}};
      default:
        return Defer{{451, {4, 7, 1}, "x"}};
    }
  }
  std::mt19937 random_;
};

PredicateId predicate_for(const Plan& plan, load::SnapshotBuilder& builder) {
  Predicate predicate;
  predicate.attribute = *plan.about;
  auto list = lists::make_list(*list_kind_of(*plan.about), "inline");
  const bool by_name = *plan.about == Attribute::helo;
  const bool by_client = *plan.about == Attribute::client;
  const char* value = by_client ? (plan.holds ? "192.0.2.1" : "198.51.100.1")
                      : by_name ? (plan.holds ? "h.example" : "other.example")
                                : (plan.holds ? "~." : "other@other.example");
  EXPECT_TRUE(list->add(value, 1, {}));
  EXPECT_TRUE(list->build());
  predicate.lists.push_back(&builder.keep_inline(std::move(list)));
  return builder.intern(std::move(predicate));
}

std::shared_ptr<const Snapshot> built(const std::vector<Plan>& plans) {
  load::SnapshotBuilder builder(1, {Door::milter});
  for (const Plan& plan : plans) {
    Rule rule;
    rule.name = plan.name;
    rule.mode = plan.mode;
    if (plan.only) rule.stages = StageSet{*plan.only};
    if (plan.about) rule.when.all.push_back(predicate_for(plan, builder));
    if (plan.asks >= 0) {
      rule.what = RuleCheck{
          &kAskOne, std::make_unique<AskOne>(plan.asks), {plan.on.begin(), plan.on.end()}};
    } else {
      rule.what = plan.on[0];
    }
    rule.about_recipients = plan.about == Attribute::recipient;
    load::note_what_it_may_do(rule, builder);
    builder.add_rule(std::move(rule));
  }
  return builder.finish();
}

// What is known at the stage, as a door would say it.
Transaction transaction_at(Stage stage) {
  Transaction t = TransactionBuilder(stage)
                      .client("192.0.2.1")
                      .helo("h.example")
                      .sender("s@a.example")
                      .recipient("r@b.example")
                      .transaction;
  if (stage < Stage::helo) t.helo.clear();
  if (stage < Stage::mail) t.sender.reset();
  if (stage < Stage::rcpt) t.recipient.reset();
  return t;
}

dns::DnsFact fact(std::size_t finding) {
  dns::DnsAnswer answer = dns::temporary_failure(dns::DnsReason::servfail);
  answer.status = finding == 0   ? dns::DnsStatus::found
                  : finding == 1 ? dns::DnsStatus::absent
                                 : dns::DnsStatus::temporary_failure;
  return {std::make_shared<const dns::DnsAnswer>(answer)};
}

std::string shown(const Verdict& verdict) {
  std::string text(to_string(verdict.action));
  text += " rule=" + std::string(verdict.rule) + " waits=" + std::string(verdict.pending_rule) +
          " also=";
  for (std::string_view name : verdict.also) text += std::string(name) + ",";
  text += " would=";
  for (const WouldHave& would : verdict.would) {
    text += std::string(would.rule) + ":" + std::string(to_string(would.action)) + ",";
  }
  return text;
}

std::string shown(const Oracle& oracle) {
  std::string text(to_string(oracle.action));
  text += " rule=" + oracle.rule + " waits=" + oracle.pending_rule + " also=";
  for (const std::string& name : oracle.also) text += name + ",";
  text += " would=";
  for (const std::string& would : oracle.would) text += would + ",";
  return text;
}

// Who traces gets the same verdict, and as many notes as the verdict has reasons.
void expect_trace_of(const Verdict& verdict, const Snapshot& snapshot,
                     const Transaction& transaction, FactView& facts) {
  Trace trace;
  const auto traced = evaluate(snapshot, transaction, facts, kNow, &trace);
  ASSERT_TRUE(traced);
  EXPECT_EQ(shown(*traced), shown(verdict));
  std::map<TracedAction::Outcome, std::size_t> count;
  for (std::size_t i = 0; i < trace.rules.size(); ++i) {
    for (const TracedAction& action : trace.rules[i].actions) {
      ++count[action.outcome];
      if (action.outcome == TracedAction::Outcome::decided) {
        EXPECT_EQ(snapshot.rules()[i].name, verdict.rule);
      }
    }
  }
  EXPECT_EQ(count[TracedAction::Outcome::decided], verdict.rule.empty() ? 0U : 1U);
  EXPECT_EQ(count[TracedAction::Outcome::done], verdict.also.size());
  EXPECT_EQ(count[TracedAction::Outcome::would], verdict.would.size());
}

TEST(Engine, AgreesWithTheOracleOnRandomRules) {
  int decided = 0;
  int waited = 0;
  int asked = 0;
  for (unsigned seed = 0; seed < 2000; ++seed) {
    RandomRules random(seed);
    const std::vector<Plan> plans = random.plans();
    const auto snapshot = built(plans);
    Facts facts;
    for (int name = 0; name < 3; ++name) {
      if (random.below(2) == 0) facts[name] = random.below(3);
    }
    for (int s = 0; s < 6; ++s) {
      const auto stage = static_cast<Stage>(s);
      FactView view(nullptr);
      for (const auto& [name, finding] : facts) view.add(AskOne::question(name), fact(finding));
      const Oracle wanted = judge_slowly(plans, stage, facts);
      const auto verdict = evaluate(*snapshot, transaction_at(stage), view, kNow);
      ASSERT_EQ(verdict.has_value(), !wanted.missing) << seed << " " << s;
      ASSERT_EQ(view.missing().empty(), !wanted.missing) << seed << " " << s;
      asked += wanted.missing ? 1 : 0;
      if (!verdict) continue;
      ASSERT_EQ(shown(*verdict), shown(wanted)) << seed << " " << s;
      expect_trace_of(*verdict, *snapshot, transaction_at(stage), view);
      decided += verdict->rule.empty() ? 0 : 1;
      waited += verdict->pending_rule.empty() ? 0 : 1;
    }
  }
  // The rules are random, not idle.
  EXPECT_GT(decided, 500);
  EXPECT_GT(waited, 500);
  EXPECT_GT(asked, 500);
}

TEST(Engine, FactsInAnyOrderAndNumberGiveOneVerdict) {
  for (unsigned seed = 0; seed < 700; ++seed) {
    RandomRules random(seed);
    const auto snapshot = built(random.plans());
    const Transaction transaction = transaction_at(Stage::rcpt);
    std::size_t findings[3];
    for (std::size_t& finding : findings) finding = random.below(3);
    FactView all(nullptr);
    for (int name = 0; name < 3; ++name) all.add(AskOne::question(name), fact(findings[name]));
    const auto wanted = evaluate(*snapshot, transaction, all, kNow);
    ASSERT_TRUE(wanted);
    EXPECT_EQ(shown(*evaluate(*snapshot, transaction, all, kNow)), shown(*wanted)) << "pure";
    const std::vector<std::vector<int>> orders = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                                  {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (const auto& order : orders) {
      FactView view(nullptr);
      auto verdict = evaluate(*snapshot, transaction, view, kNow);
      for (int name : order) {
        if (verdict) {
          ASSERT_EQ(shown(*verdict), shown(*wanted)) << seed << ": more facts contradict";
        }
        view.add(AskOne::question(name), fact(findings[name]));
        verdict = evaluate(*snapshot, transaction, view, kNow);
      }
      ASSERT_TRUE(verdict);
      ASSERT_EQ(shown(*verdict), shown(*wanted)) << seed;
    }
  }
}

TEST(Engine, AllUndecidedChecksAskInOneRound) {
  std::vector<Plan> plans(3);
  for (int i = 0; i < 3; ++i) {
    plans[static_cast<std::size_t>(i)].name = "r" + std::to_string(i);
    plans[static_cast<std::size_t>(i)].asks = i;
    plans[static_cast<std::size_t>(i)].on[1] = {Defer{}};
  }
  const auto snapshot = built(plans);
  FactView view(nullptr);
  EXPECT_FALSE(evaluate(*snapshot, transaction_at(Stage::mail), view, kNow));
  EXPECT_THAT(view.missing(),
              ElementsAre(AskOne::question(0), AskOne::question(1), AskOne::question(2)));
  FactView early(nullptr);
  EXPECT_TRUE(evaluate(*snapshot, transaction_at(Stage::helo), early, kNow));
  EXPECT_THAT(early.missing(), IsEmpty()) << "DNS is not asked before a check can look";
}

}  // namespace
}  // namespace postern::engine_oracle_test
