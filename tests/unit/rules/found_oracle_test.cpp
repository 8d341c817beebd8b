// Random rules that ask what checks of rules above have found: the engine agrees with a slow and
// simple one, whatever of DNS is known, absent, at fault or still to come.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "rules/engine.h"
#include "tests/support/rules_from.h"
#include "tests/support/transaction_builder.h"

namespace postern::found_oracle_test {
namespace {

constexpr std::size_t kZones = 3;
// What DNS says of a zone, and what dnsbl finds then.
enum class Said : std::uint8_t { listed, clean, unknown, refused, nothing_yet };
using Facts = std::array<Said, kZones>;

std::string finding_of(Said said) {
  static constexpr const char* kNames[] = {"listed", "clean", "unknown", "refused"};
  return kNames[static_cast<std::size_t>(said)];
}

bool is_fault(const std::string& finding) {
  return finding == "unknown" || finding == "refused";
}

using Together = std::vector<std::string>;  // words, as `c0.listed`

struct Plan {
  std::string name;
  bool is_enforced = true;
  bool holds = true;                      // what else its condition asks
  std::vector<Together> found;            // any of these
  std::vector<Together> not_found;        // none of these
  std::optional<std::size_t> zone;        // none: no check
  std::map<std::string, std::string> on;  // by finding
  std::string then;                       // without a check
};

std::string text_of(const std::vector<Together>& found) {
  std::string text;
  for (const Together& together : found) {
    text += text.empty() ? "" : ", ";
    for (const std::string& word : together) text += (&word == &together[0] ? "" : " and ") + word;
  }
  return "[" + text + "]";
}

std::string text_of(const Plan& plan) {
  std::string text = "  - name: " + plan.name + "\n";
  if (!plan.is_enforced) text += "    mode: log\n";
  text +=
      "    when:\n      sender_domain: " + std::string(plan.holds ? "a" : "other") + ".example\n";
  if (!plan.found.empty()) text += "      found: " + text_of(plan.found) + "\n";
  if (!plan.not_found.empty()) text += "      not: { found: " + text_of(plan.not_found) + " }\n";
  if (!plan.zone) return text + "    then: " + plan.then + "\n";
  text += "    check: dnsbl\n    zones: [{ zone: z" + std::to_string(*plan.zone) +
          ".example, test_point: none }]\n    on:\n";
  for (const auto& [finding, action] : plan.on) text += "      " + finding + ": " + action + "\n";
  return text;
}

// Nothing that a rule found: it was skipped by a fault, or hangs on one.
constexpr const char* kNobodyKnows = "?";
constexpr const char* kWaits = "...";

struct Oracle {
  bool missing = false;
  std::string action = "pass";
  std::string rule;
  std::string also;
  std::string would;
};

class Slowly {
 public:
  Slowly(const std::vector<Plan>& plans, const Facts& facts) : plans_(plans), facts_(facts) {}

  Oracle judge() {
    for (const Plan& plan : plans_) {
      if (!look_at(plan)) break;
    }
    return result_;
  }

 private:
  // False: it has decided, or nothing can be decided from here on.
  bool look_at(const Plan& plan) {
    if (const auto skip = skipped_.find(plan.name); skip != skipped_.end()) {
      if (skip->second) note(plan, kNobodyKnows);
      return true;
    }
    const Truth truth = judged(plan);
    if (truth == Truth::no) return true;
    if (truth == Truth::undecidable) {
      note(plan, kNobodyKnows);
      if (!may_spare(plan)) return true;
      is_soft_ = true;
      result_.also += plan.name + ",";
      return true;
    }
    if (truth == Truth::unknown) {
      note(plan, kWaits);
      return true;
    }
    if (!plan.zone) return act(plan, plan.then, asks_for_fault(plan));
    const Said said = facts_[*plan.zone];
    if (said == Said::nothing_yet) {
      note(plan, kWaits);
      result_.missing = true;
      return true;
    }
    const std::string finding = finding_of(said);
    note(plan, finding);
    const auto action = plan.on.find(finding);
    return action == plan.on.end() || act(plan, action->second, is_fault(finding));
  }

  // Only a check finds.
  void note(const Plan& plan, const std::string& finding) {
    if (plan.zone) found_[plan.name] = finding;
  }

  Truth judged(const Plan& plan) {
    Truth truth = plan.holds ? Truth::yes : Truth::no;
    if (!plan.found.empty()) truth = joined(truth, any(plan.found));
    if (plan.not_found.empty()) return truth;
    Truth excluded = any(plan.not_found);
    if (excluded == Truth::yes || excluded == Truth::no) {
      excluded = excluded == Truth::yes ? Truth::no : Truth::yes;
    }
    return joined(truth, excluded);
  }

  // Yes settles it, then what may still come, then what nobody knows.
  template <class Values, class Judge>
  static Truth strongest(const Values& values, Judge judge) {
    bool waits = false;
    bool hangs = false;
    for (const auto& value : values) {
      const Truth truth = judge(value);
      if (truth == Truth::yes) return truth;
      waits = waits || truth == Truth::unknown;
      hangs = hangs || truth == Truth::undecidable;
    }
    return waits ? Truth::unknown : hangs ? Truth::undecidable : Truth::no;
  }

  Truth any(const std::vector<Together>& found) {
    return strongest(found, [&](const Together& together) {
      Truth all = Truth::yes;
      for (const std::string& word : together) all = joined(all, has_found(word));
      return all;
    });
  }

  Truth has_found(const std::string& word) {
    const std::string who = word.substr(0, word.find('.'));
    const std::string wanted = word.substr(word.find('.') + 1);
    std::vector<std::string> by;
    for (const auto& [rule, finding] : found_) {
      if (who == "dnsbl" || who == rule) by.push_back(finding);
    }
    return strongest(by, [&](const std::string& finding) {
      if (finding == kWaits) return Truth::unknown;
      if (finding == kNobodyKnows) return Truth::undecidable;
      if (finding == wanted) return Truth::yes;
      return is_fault(finding) && !is_fault(wanted) ? Truth::undecidable : Truth::no;
    });
  }

  static bool asks_for_fault(const Plan& plan) {
    const auto has_fault = [](const std::vector<Together>& found) {
      return std::ranges::any_of(found, [](const Together& together) {
        return std::ranges::any_of(together, [](const std::string& word) {
          return is_fault(word.substr(word.find('.') + 1));
        });
      });
    };
    return has_fault(plan.found) || has_fault(plan.not_found);
  }

  static bool spares(const std::string& action) {
    return action == "pass" || action == "soften" || action.starts_with("skip");
  }
  static bool may_spare(const Plan& plan) {
    if (!plan.is_enforced) return false;
    if (!plan.zone) return spares(plan.then);
    return std::ranges::any_of(plan.on, [](const auto& on) { return spares(on.second); });
  }

  bool act(const Plan& plan, const std::string& action, bool by_fault) {
    const bool softens = is_soft_ && (action == "reject" || action == "discard");
    const std::string kind = softens ? "defer" : action.substr(0, action.find(' '));
    if (!plan.is_enforced) {
      result_.would += plan.name + ":" + kind + ",";
      return true;
    }
    if (action == "log" || action == "soften" || action.starts_with("skip")) {
      result_.also += plan.name + ",";
      is_soft_ = is_soft_ || action == "soften";
      // One that is no fault's counts more.
      if (action.starts_with("skip")) {
        const auto [skip, is_new] = skipped_.emplace(action.substr(5), by_fault);
        if (!is_new) skip->second = skip->second && by_fault;
      }
      return true;
    }
    if (result_.missing) return false;
    result_.action = kind;
    result_.rule = plan.name;
    return false;
  }

  const std::vector<Plan>& plans_;
  const Facts& facts_;
  std::map<std::string, std::string> found_;  // by rule
  std::map<std::string, bool> skipped_;       // whether by a fault
  bool is_soft_ = false;
  Oracle result_;
};

class RandomRules {
 public:
  explicit RandomRules(unsigned seed) : random_(seed) {}

  std::vector<Plan> plans() {
    std::vector<Plan> plans(3 + below(4));
    for (std::size_t i = 0; i < plans.size(); ++i) plans[i] = plan(i, plans.size());
    return plans;
  }
  Facts facts() {
    Facts facts{};
    for (Said& said : facts) said = static_cast<Said>(below(5));
    return facts;
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }

  Plan plan(std::size_t i, std::size_t count) {
    Plan plan;
    plan.name = "r" + std::to_string(i);
    plan.is_enforced = below(5) != 0;
    plan.holds = below(6) != 0;
    if (i > 0 && below(2) == 0) plan.found = words(i);
    if (i > 0 && below(3) == 0) plan.not_found = words(i);
    const bool checks = i == 0 || below(2) == 0;
    if (checks) plan.zone = below(kZones);
    plan.then = action(i, count);
    for (const char* finding : {"listed", "clean", "unknown", "refused"}) {
      if (checks && (plan.on.empty() || below(2) == 0)) plan.on[finding] = action(i, count);
    }
    return plan;
  }

  std::vector<Together> words(std::size_t i) {
    static constexpr const char* kFindings[] = {"listed", "clean", "unknown", "refused"};
    std::vector<Together> found(1 + below(2));
    for (Together& together : found) {
      together.resize(1 + below(2));
      for (std::string& word : together) {
        const std::string who = below(4) == 0 ? "dnsbl" : "r" + std::to_string(below(i));
        word = who + "." + kFindings[below(3) == 0 ? 2 + below(2) : below(2)];
      }
    }
    return found;
  }

  std::string action(std::size_t i, std::size_t count) {
    static constexpr const char* kActions[] = {"log", "log", "soften", "pass", "reject", "defer"};
    const std::size_t which = below(8);
    if (which < std::size(kActions)) return kActions[which];
    return "skip r" + std::to_string(std::min(i + 1 + below(3), count - 1));
  }

  std::mt19937 random_;
};

FactView view_of(const Facts& facts) {
  FactView view(nullptr);
  for (std::size_t zone = 0; zone < kZones; ++zone) {
    if (facts[zone] == Said::nothing_yet) continue;
    const std::string name = "7.113.0.203.z" + std::to_string(zone) + ".example";
    auto answer =
        std::make_shared<dns::DnsAnswer>(dns::temporary_failure(dns::DnsReason::servfail));
    if (facts[zone] == Said::clean) answer->status = dns::DnsStatus::absent;
    if (facts[zone] == Said::listed || facts[zone] == Said::refused) {
      answer->status = dns::DnsStatus::found;
      answer->records.add_address(
          IpAddress::from_v4(facts[zone] == Said::listed ? 0x7f000002 : 0x7ffffffe));
    }
    view.add({DomainName::parse(name).value(), dns::DnsType::a}, {std::move(answer)});
  }
  return view;
}

std::string shown(const Oracle& oracle) {
  return oracle.action + " rule=" + oracle.rule + " also=" + oracle.also + " would=" + oracle.would;
}

std::string shown(const Verdict& verdict) {
  Oracle same{false, std::string(to_string(verdict.action)), std::string(verdict.rule), {}, {}};
  for (const std::string_view rule : verdict.also) same.also += std::string(rule) + ",";
  for (const WouldHave& would : verdict.would) {
    same.would += std::string(would.rule) + ":" + std::string(to_string(would.action)) + ",";
  }
  return shown(same);
}

// Rules that do not load (those that would refuse by a fault, or spare by good mail alone) are
// others' business.
std::shared_ptr<const Snapshot> loaded(const std::string& text) {
  Diagnostics diagnostics;
  return load::load_rules(text, "rules.yaml", reader_of({}), 7, {}, diagnostics);
}

TEST(Found, AgreesWithTheOracleOnRandomRules) {
  const Transaction transaction = TransactionBuilder(Stage::rcpt)
                                      .client("203.0.113.7")
                                      .helo("h.example")
                                      .sender("s@a.example")
                                      .recipient("r@b.example")
                                      .transaction;
  int judged = 0;
  int hung = 0;
  int waited = 0;
  for (unsigned seed = 0; seed < 2000; ++seed) {
    RandomRules random(seed);
    const std::vector<Plan> plans = random.plans();
    std::string text = "version: 1\nrules:\n";
    for (const Plan& plan : plans) text += text_of(plan);
    const auto snapshot = loaded(text);
    if (!snapshot) continue;
    for (int i = 0; i < 5; ++i) {
      const Facts facts = random.facts();
      FactView view = view_of(facts);
      const Oracle wanted = Slowly(plans, facts).judge();
      const auto verdict = evaluate(*snapshot, transaction, view, {});
      ASSERT_EQ(verdict.has_value(), !wanted.missing) << seed << "\n" << text;
      waited += wanted.missing ? 1 : 0;
      if (!verdict) continue;
      ASSERT_EQ(shown(*verdict), shown(wanted)) << seed << "\n" << text;
      ++judged;
      hung += std::ranges::count(facts, Said::unknown) > 0 ? 1 : 0;
    }
  }
  // The rules are random, and load.
  EXPECT_GT(judged, 500);
  EXPECT_GT(hung, 200);
  EXPECT_GT(waited, 200);
}

}  // namespace
}  // namespace postern::found_oracle_test
