// first_seen: how long has this site known the sender? Page: first_seen.md.
#include <algorithm>
#include <array>
#include <utility>

#include "common/base/duration.h"
#include "common/yaml/config_map.h"
#include "rules/checks/outside_client.h"
#include "rules/checks/record_key.h"
#include "rules/model/check.h"

namespace postern::checks {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// In the order of kFirstSeenFindings.
enum class FirstSeenFinding : std::size_t { old, young, fresh, learning, unknown };

constexpr std::string_view kEachIsNewOnce =
    "every good sender is new once, and only mail that is let in makes it known";

constexpr std::array<FindingInfo, 5> kFirstSeenFindings = {{
    {"old", FindingClass::good},
    {"young", FindingClass::bad, kEachIsNewOnce},
    {"new", FindingClass::bad, kEachIsNewOnce},
    {"learning", FindingClass::good},
    {"unknown", FindingClass::temporary},
}};

constexpr std::array<PresetAction, 2> kFirstSeenStandard = {{{"young", "log"}, {"new", "log"}}};
constexpr std::array<CheckPreset, 1> kFirstSeenPresets = {{{"standard", kFirstSeenStandard}}};
constexpr std::array<std::string_view, 3> kFirstSeenOptions = {"of", "age", "learn"};

enum class SeenOf : std::uint8_t { sender_domain, client_network, pair };
constexpr Word<SeenOf> kSeenOf[] = {{"sender_domain", SeenOf::sender_domain},
                                    {"client_network", SeenOf::client_network},
                                    {"pair", SeenOf::pair}};

constexpr milliseconds kUsualAge = days{7};
constexpr milliseconds kUsualLearn = days{14};
constexpr milliseconds kLeastAge = minutes{1};
constexpr milliseconds kMostAge = days{366};
// Longer than a year, for what comes once a year.
constexpr seconds kKeepSeen = days{400};
// A record that was touched less than this ago is as good as one that is touched now. So the
// commonest senders cost no writing, and a message knows a record that it has made itself.
constexpr milliseconds kTouchEach = hours{1};

struct FirstSeenSettings {
  std::string bucket;  // the name of the rule
  SeenOf of = SeenOf::sender_domain;
  milliseconds age = kUsualAge;
  milliseconds learn = kUsualLearn;
};

// Whether there was no record before this message.
bool is_first_message(const StateFact& fact) {
  const auto& record = fact.record;
  return fact.status == StateFact::Status::absent ||
         (fact.done != StateFact::Done::nothing &&
          record.since_first - record.since_last < kTouchEach);
}

void touch_seen(CheckReport& report, StateKey key, const StateFact& fact) {
  const bool is_there = fact.status == StateFact::Status::found;
  if (is_there && fact.record.since_last < kTouchEach) return;
  report.effects.push_back(
      {std::move(key), Touch{}, kKeepSeen, Effect::When::on_pass, Effect::Per::message});
}

class FirstSeen : public Check {
 public:
  explicit FirstSeen(FirstSeenSettings settings) : settings_(std::move(settings)) {}

  void look_outside(const Outside& outside, Diagnostics& /*diagnostics*/) override {
    if (settings_.of != SeenOf::client_network) suffixes_ = outside.suffixes();
  }

  [[nodiscard]] AttributeSet attributes() const override {
    return kOutsideClient | attribute_set({Attribute::sender, Attribute::sender_domain});
  }

  [[nodiscard]] CheckReport inspect(const Transaction& transaction,
                                    FactView& facts) const override {
    const StateKey sender{StateKind::seen, settings_.bucket, parts_of(transaction)};
    if (sender.parts.empty()) return CheckReport::not_applicable();
    // Of the rule as a whole, by which it knows how long it has watched. No sender has such a key.
    const StateKey rule{
        StateKind::seen, settings_.bucket, {"all", std::string(word_of(kSeenOf, settings_.of))}};
    const StateEvidence* asked = facts.state(sender);
    const std::optional<StateFact> of_sender = asked ? std::optional(asked->fact) : std::nullopt;
    const StateEvidence* of_rule = facts.state(rule);
    if (!of_sender || of_rule == nullptr) return CheckReport::waiting();
    CheckReport report = judge(*of_sender, of_rule->fact);
    if (report.finding == static_cast<std::size_t>(FirstSeenFinding::unknown)) return report;
    report.detail.insert(0, sender.parts.front() + ", ");
    if (sender.parts.size() > 1) {
      report.detail.insert(sender.parts.front().size(), " from " + sender.parts.back());
    }
    touch_seen(report, sender, *of_sender);
    touch_seen(report, rule, of_rule->fact);
    return report;
  }

 private:
  // Empty: there is nobody to know.
  [[nodiscard]] std::vector<std::string> parts_of(const Transaction& transaction) const {
    const auto& mail_from = transaction.sender;
    if (outside_client(transaction) == nullptr || !mail_from || mail_from->is_null()) return {};
    std::vector<std::string> parts;
    if (settings_.of != SeenOf::client_network) {
      parts.push_back(sender_organization_of(transaction, *suffixes_));
      if (parts.back().empty()) return {};
    }
    if (settings_.of != SeenOf::sender_domain) parts.push_back(client_network_of(transaction));
    return parts;
  }

  [[nodiscard]] CheckReport judge(const StateFact& of_sender, const StateFact& of_rule) const {
    using Status = StateFact::Status;
    const auto report = [](FirstSeenFinding finding, std::string detail) {
      return CheckReport::found(static_cast<std::size_t>(finding), std::move(detail));
    };
    if (of_sender.status == Status::unavailable || of_rule.status == Status::unavailable) {
      return report(FirstSeenFinding::unknown, "no record can be had");
    }
    const bool first_time = is_first_message(of_sender);
    const milliseconds known = of_sender.record.since_first;
    std::string text = first_time ? "not seen before" : "seen for " + rough_duration(known);
    if (!first_time && known >= settings_.age) {
      return report(FirstSeenFinding::old, std::move(text));
    }
    const milliseconds watched =
        of_rule.status == Status::found ? of_rule.record.since_first : milliseconds{0};
    if (watched < settings_.learn) {
      return report(FirstSeenFinding::learning, text + ", learning for " + rough_duration(watched) +
                                                    " of " + format_duration(settings_.learn));
    }
    return report(first_time ? FirstSeenFinding::fresh : FirstSeenFinding::young, std::move(text));
  }

  FirstSeenSettings settings_;
  std::shared_ptr<const PublicSuffixes> suffixes_ = Outside{}.suffixes();
};

std::unique_ptr<Check> make_first_seen(yaml::ConfigMap& options) {
  FirstSeenSettings settings;
  if (const yaml::YamlNode* name = options.find("name")) settings.bucket = name->text;
  settings.of = options.one_of("of", kSeenOf).value_or(SeenOf::sender_domain);
  settings.age = options.duration("age", kLeastAge, kMostAge).value_or(kUsualAge);
  settings.learn =
      options.duration("learn", kLeastAge, kMostAge).value_or(std::max(kUsualLearn, settings.age));
  if (settings.learn < settings.age) {
    options.diagnostics().error(
        options.find("learn")->where,
        "learn: " + yaml::found_want(format_duration(settings.learn),
                                     "at least the age, " + format_duration(settings.age) +
                                         ": until then nobody can be old"));
  }
  return std::make_unique<FirstSeen>(std::move(settings));
}

}  // namespace

const CheckInfo& first_seen_check() {
  static const CheckInfo info{"first_seen",
                              Stage::rcpt,
                              kFirstSeenFindings,
                              kFirstSeenPresets,
                              kFirstSeenOptions,
                              make_first_seen,
                              {},
                              {},
                              {},
                              CheckInfo::Remembers::records};
  return info;
}

}  // namespace postern::checks
