// rate: has somebody sent more than a limit allows? Page: rate.md.
#include <algorithm>
#include <array>
#include <utility>

#include "common/base/duration.h"
#include "rules/checks/rate_limit.h"
#include "rules/checks/record_key.h"
#include "rules/model/check.h"

namespace postern::checks {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

// In the order of kRateFindings.
enum class RateFinding : std::size_t { within, over, unknown };

constexpr std::array<FindingInfo, 3> kRateFindings = {{
    {"within", FindingClass::good},
    {"over", FindingClass::bad},
    {"unknown", FindingClass::temporary},
}};

constexpr std::array<PresetAction, 1> kRateStandard = {{
    {"over", "defer 450 4.7.1 \"Too much mail at once, try again in {retry}\""},
}};
constexpr std::array<PresetAction, 1> kRateHold = {{{"over", "hold \"over the limit {rule}\""}}};

constexpr std::array<CheckPreset, 5> kRatePresets = {{
    {"standard", kRateStandard},
    {"newcomers", kRateStandard},
    {"account_messages", kRateHold},
    {"account_recipients", kRateHold},
    {"account_networks", kRateHold},
}};

constexpr std::array<std::string_view, 6> kRateOptions = {"key",   "count", "limit",
                                                          "burst", "debt",  "distinct"};

enum class RateCount : std::uint8_t { messages, recipients, attempts };
constexpr Word<RateCount> kRateCounts[] = {{"messages", RateCount::messages},
                                           {"recipients", RateCount::recipients},
                                           {"attempts", RateCount::attempts}};

// Whether a message that has begun is let in though its recipients are too many.
enum class RateDebt : std::uint8_t { no, yes };
constexpr Word<RateDebt> kRateDebts[] = {
    {"no", RateDebt::no}, {"yes", RateDebt::yes}, {"false", RateDebt::no}, {"true", RateDebt::yes}};

// What the presets say of options, where the rule does not.
struct RateUsual {
  std::string_view preset;
  std::string_view key;
  RateCount count;
  std::string_view distinct;
  std::string_view limit;
};
constexpr std::array<RateUsual, 4> kRateUsual = {{
    {"newcomers", "client_network", RateCount::messages, "", "60/1h"},
    {"account_messages", "sasl_username", RateCount::messages, "", "100/1h"},
    {"account_recipients", "sasl_username", RateCount::recipients, "", "500/1d"},
    {"account_networks", "sasl_username", RateCount::messages, "client_network", "20/1h"},
}};

struct RateSettings {
  std::string bucket;  // the name of the rule: changed numbers keep what was counted
  RecordKey key;
  RateCount count = RateCount::messages;
  RateDebt debt = RateDebt::no;
  const KeyPart* distinct = nullptr;  // null: a rate
  RateLimit limit{1, seconds{1}, 1};
};

// In whole seconds, rounded up.
std::string rate_time(microseconds time) {
  return format_duration(std::chrono::ceil<seconds>(time));
}

CheckReport rate_report(RateFinding finding, std::string detail, std::string retry = {}) {
  return CheckReport::found(static_cast<std::size_t>(finding), std::move(detail), std::move(retry));
}

class Rate : public Check {
 public:
  explicit Rate(RateSettings settings)
      : settings_(std::move(settings)), behind_used_(settings_.limit.text_behind()) {}

  [[nodiscard]] AttributeSet attributes() const override {
    AttributeSet all = settings_.key.attributes();
    if (settings_.distinct != nullptr) all |= settings_.distinct->attributes;
    return all;
  }

  [[nodiscard]] CheckReport inspect(const Transaction& transaction,
                                    FactView& facts) const override {
    // After RCPT nobody says of which recipient a message is.
    const bool is_later = transaction.stage > Stage::rcpt;
    if (is_later && settings_.key.is_about_recipients()) return CheckReport::not_applicable();
    auto parts = settings_.key.parts(transaction);
    if (!parts) return CheckReport::not_applicable();
    const bool is_set = settings_.distinct != nullptr;
    const StateEvidence* record = facts.state(
        {is_set ? StateKind::distinct : StateKind::rate, settings_.bucket, std::move(*parts)});
    if (record == nullptr) return CheckReport::waiting();
    if (record->fact.status == StateFact::Status::unavailable) {
      return rate_report(RateFinding::unknown, "no record can be had");
    }
    const auto& [key, fact] = *record;
    return is_set ? count_members(transaction, key, fact) : count_units(transaction, key, fact);
  }

 private:
  // What the message has done to its own record does not count against it.
  [[nodiscard]] bool is_counted(const Transaction& transaction, const StateFact& fact) const {
    const bool each = settings_.count != RateCount::messages && transaction.stage == Stage::rcpt;
    return fact.done == StateFact::Done::all || (!each && fact.done == StateFact::Done::for_others);
  }

  [[nodiscard]] std::uint32_t units_of(const Transaction& transaction) const {
    const bool all = settings_.count != RateCount::messages && transaction.stage > Stage::rcpt;
    if (!all) return 1;
    return static_cast<std::uint32_t>(std::max<std::size_t>(transaction.recipient_count, 1));
  }

  [[nodiscard]] CheckReport count_units(const Transaction& transaction, const StateKey& key,
                                        const StateFact& fact) const {
    const RateLimit& limit = settings_.limit;
    const microseconds debt = std::max(fact.record.debt, microseconds{0});
    if (is_counted(transaction, fact)) {
      return rate_report(RateFinding::within, used_text(limit.used(debt)));
    }
    const std::uint32_t units = units_of(transaction);
    const bool begun = fact.done != StateFact::Done::nothing;
    const bool owes = settings_.debt == RateDebt::yes;
    const microseconds wait =
        owes && begun ? microseconds{0} : limit.until_free(debt, owes ? 1 : units);
    const bool is_over = wait > microseconds{0};
    const std::uint64_t used = limit.used(debt);
    auto report =
        is_over ? rate_report(RateFinding::over, used_text(used) + ", free in " + rate_time(wait),
                              rate_time(wait))
                : rate_report(RateFinding::within, used_text(used + units));
    // Whoever tries on and on waits no longer than it takes an empty bucket to be full.
    const bool attempts = settings_.count == RateCount::attempts;
    if (is_over && (!attempts || debt >= 2 * limit.depth())) return report;
    const bool each = settings_.count != RateCount::messages && transaction.stage == Stage::rcpt;
    report.effects.push_back({key, Take{units, limit.interval()},
                              std::chrono::ceil<seconds>(debt + limit.depth()) + seconds{1},
                              attempts ? Effect::When::always : Effect::When::on_pass,
                              each ? Effect::Per::recipient : Effect::Per::message});
    return report;
  }

  [[nodiscard]] CheckReport count_members(const Transaction& transaction, const StateKey& key,
                                          const StateFact& fact) const {
    const RateLimit& limit = settings_.limit;
    std::string member = settings_.distinct->value(transaction);
    if (member.empty()) return CheckReport::not_applicable();
    const std::string text =
        used_text(fact.record.members) + " by " + std::string(settings_.distinct->word);
    const bool is_over = fact.record.members > limit.count && fact.done == StateFact::Done::nothing;
    auto report = rate_report(is_over ? RateFinding::over : RateFinding::within, text,
                              is_over ? format_duration(limit.period) : "");
    const auto period = std::chrono::ceil<seconds>(limit.period);
    report.effects.push_back({key, Add{std::move(member), period, limit.count + 1}, period,
                              Effect::When::on_pass, Effect::Per::message});
    return report;
  }

  // `37 of 100 in 1h`
  [[nodiscard]] std::string used_text(std::uint64_t used) const {
    std::string text = std::to_string(used);
    text += behind_used_;
    return text;
  }

  RateSettings settings_;
  std::string behind_used_;  // in texts
};

class RateReader {
 public:
  explicit RateReader(yaml::ConfigMap& options) : options_(options) {
    if (const yaml::YamlNode* preset = options.find("preset")) {
      const auto* usual = std::ranges::find(kRateUsual, preset->text, &RateUsual::preset);
      if (usual != kRateUsual.end()) usual_ = usual;
    }
  }

  RateSettings read() {
    if (const yaml::YamlNode* name = options_.find("name")) settings_.bucket = name->text;
    using Words = std::vector<std::string_view>;
    settings_.key = RecordKey::read(options_, usual_ == nullptr ? Words{} : Words{usual_->key});
    settings_.count = options_.one_of("count", kRateCounts)
                          .value_or(usual_ == nullptr ? RateCount::messages : usual_->count);
    settings_.debt = options_.one_of("debt", kRateDebts).value_or(RateDebt::no);
    read_limit();
    read_distinct();
    refuse_later_stages();
    return std::move(settings_);
  }

 private:
  void read_limit() {
    const yaml::YamlNode* node =
        usual_ == nullptr ? options_.require("limit") : options_.find("limit");
    const auto text = node == nullptr ? std::nullopt : options_.text("limit");
    if (node == nullptr && usual_ != nullptr) settings_.limit = *RateLimit::parse(usual_->limit);
    if (text) {
      const auto limit = RateLimit::parse(*text);
      if (limit) {
        settings_.limit = *limit;
      } else {
        error(*node, "limit: " + limit.error().text);
      }
    }
    if (const auto burst = options_.integer("burst", 1, settings_.limit.count)) {
      settings_.limit.burst = static_cast<std::uint32_t>(*burst);
    }
  }

  void read_distinct() {
    const yaml::YamlNode* node = options_.find("distinct");
    const std::string_view word = node != nullptr     ? std::string_view(node->text)
                                  : usual_ != nullptr ? usual_->distinct
                                                      : std::string_view();
    if (node == nullptr && word.empty()) return;
    settings_.distinct = find_key_part(word);
    if (settings_.distinct == nullptr) {
      error(*node, "distinct: " + yaml::found_want("'" + node->text + "'", known_key_parts()));
      return;
    }
    for (const std::string_view key : {"count", "burst", "debt"}) {
      if (const yaml::YamlNode* other = options_.find(key)) {
        error(*other,
              std::string(key) + ": " + yaml::found_want("it beside distinct", "one of them"));
      }
    }
    if (settings_.limit.count >= kMaxMembers) {
      const yaml::YamlNode* limit = options_.find("limit");
      error(limit == nullptr ? *node : *limit,
            "limit: " +
                yaml::found_want(std::to_string(settings_.limit.count),
                                 "less than " + std::to_string(kMaxMembers) + " with distinct"));
    }
  }

  void refuse_later_stages() {
    const yaml::YamlNode* stage = options_.find("stage");
    if (stage == nullptr || !settings_.key.is_about_recipients()) return;
    const bool at_rcpt = stage->text == "rcpt" ||
                         std::ranges::count(stage->items, "rcpt", &yaml::YamlNode::text) > 0;
    if (!at_rcpt) error(*stage, "stage: " + yaml::found_want("no rcpt", "it with this key"));
  }

  void error(const yaml::YamlNode& node, const std::string& text) {
    options_.diagnostics().error(node.where, text);
  }

  yaml::ConfigMap& options_;
  const RateUsual* usual_ = nullptr;
  RateSettings settings_;
};

std::unique_ptr<Check> make_rate(yaml::ConfigMap& options) {
  return std::make_unique<Rate>(RateReader(options).read());
}

}  // namespace

const CheckInfo& rate_check() {
  static const CheckInfo info{"rate",
                              Stage::rcpt,
                              kRateFindings,
                              kRatePresets,
                              kRateOptions,
                              make_rate,
                              "{retry}",
                              {},
                              {},
                              CheckInfo::Remembers::records};
  return info;
}

}  // namespace postern::checks
