// greylist: has the sender come back after a while, as mail servers do? Page: greylist.md.
#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/duration.h"
#include "common/yaml/config_map.h"
#include "rules/checks/outside_client.h"
#include "rules/checks/record_key.h"
#include "rules/checks/sender_origin.h"
#include "rules/model/check.h"

namespace postern::checks {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// In the order of kGreylistFindings.
enum class GreylistFinding : std::size_t { known, passed, fresh, early, unknown };

constexpr std::string_view kHasComeBack =
    "it has done all that greylisting asks for, and nothing more would ever let it in";

constexpr std::array<FindingInfo, 5> kGreylistFindings = {{
    {"known", FindingClass::good, kHasComeBack},
    {"passed", FindingClass::good, kHasComeBack},
    {"new", FindingClass::temporary},
    {"early", FindingClass::temporary},
    {"unknown", FindingClass::temporary},
}};

constexpr std::string_view kComeBack =
    "defer 450 4.7.1 \"Greylisted, please try again in {retry}\"";
constexpr std::array<PresetAction, 3> kGreylistStandard = {{
    {"new", kComeBack},
    {"early", kComeBack},
    {"unknown", "log"},
}};
constexpr std::array<PresetAction, 4> kGreylistHeader = {{
    {"passed", "prepend \"X-Greylist: delayed by {retry}\""},
    {"new", kComeBack},
    {"early", kComeBack},
    {"unknown", "log"},
}};

constexpr std::array<CheckPreset, 2> kGreylistPresets = {{
    {"standard", kGreylistStandard},
    {"header", kGreylistHeader},
}};

constexpr std::array<std::string_view, 5> kGreylistOptions = {"delay", "window", "keep",
                                                              "known_network", "training"};

constexpr milliseconds kMostDelay = hours{1};
// RFC 5321 4.5.4.1: a client tries again after half an hour or later, and later ones are hours
// apart. What came back when its record was over would be new each time, until the client gives up.
constexpr milliseconds kLeastWindow = hours{4};
constexpr milliseconds kMostWindow = days{7};
constexpr milliseconds kMostKept = days{366};
constexpr std::int64_t kMostDomains = 100;

// A record that was marked less than this ago is as good as one that is marked now: no writing, and
// no question to DNS.
constexpr milliseconds kMarkEach = hours{1};
// As long as a message is told to us.
constexpr seconds kKeepUnknown = hours{1};
constexpr std::string_view kNoRecord = "no record can be had";
constexpr std::size_t kUsualDetail = 80;  // bytes

struct GreylistSettings {
  std::string bucket;  // the name of the rule
  milliseconds delay = minutes{2};
  milliseconds window = days{2};
  milliseconds keep = days{35};
  std::uint32_t known_network = 5;  // sender domains; 0: never
  bool is_training = false;  // whoever is let in is known at once, and nobody has to come back
};

bool is_marked_of_late(const StateFact& fact) {
  return fact.status == StateFact::Status::found && fact.record.is_marked &&
         fact.record.since_last < kMarkEach;
}

// `shop.example by 203.0.113.0/24`
std::string party_text(const StateKey& key) {
  std::string text;
  text.reserve(kUsualDetail);
  text.append(key.parts.front()).append(" by ").append(key.parts.back());
  return text;
}

// A sender domain from somewhere, and what is known of both.
struct GreyRecord : StateEvidence {
  [[nodiscard]] bool is_marked() const { return is_found() && fact.record.is_marked; }
  [[nodiscard]] bool is_found() const { return fact.status == StateFact::Status::found; }
  [[nodiscard]] std::string text() const { return party_text(key); }
};

CheckReport greylist_report(GreylistFinding finding, std::string detail, std::string retry = {}) {
  return CheckReport::found(static_cast<std::size_t>(finding), std::move(detail), std::move(retry));
}

// In whole seconds, rounded up, of which there is one at least.
std::string retry_time(milliseconds time) {
  return format_duration(std::max(std::chrono::ceil<seconds>(time), seconds{1}));
}

class Greylist : public Check {
 public:
  explicit Greylist(GreylistSettings settings) : settings_(std::move(settings)) {}

  void look_outside(const Outside& outside, Diagnostics& /*diagnostics*/) override {
    suffixes_ = outside.suffixes();
  }

  [[nodiscard]] AttributeSet attributes() const override {
    return kOutsideClient |
           attribute_set({Attribute::helo, Attribute::sender, Attribute::sender_domain});
  }

  [[nodiscard]] CheckReport inspect(const Transaction& transaction,
                                    FactView& facts) const override {
    const std::string sender = sender_party_of(transaction, *suffixes_);
    if (outside_client(transaction) == nullptr || sender.empty()) {
      return CheckReport::not_applicable();
    }
    const std::string network = client_network_of(transaction);
    const StateEvidence* nearest = facts.state(key_of({sender, network}));
    if (nearest != nullptr && is_marked_of_late(nearest->fact)) return known(*nearest);
    const auto by_network = copy_of(nearest);
    const auto unknown = copy_of(facts.state(key_of({sender, network, "unknown"})));
    if (by_network && unknown) {
      if (auto report = judge_at_once(*by_network, *unknown)) return *std::move(report);
    }
    const StateEvidence* set = facts.state(set_of(network));
    const bool is_network_known = set != nullptr && settings_.known_network > 0 &&
                                  set->fact.record.members >= settings_.known_network;
    const bool is_waiting = set == nullptr || !unknown || !by_network;
    const auto origin = sender_origin(transaction, *suffixes_, facts);
    if (is_waiting || !origin) return CheckReport::waiting();
    std::vector<GreyRecord> records{*by_network};
    if (!origin->name.empty()) {
      const auto by_origin = copy_of(facts.state(key_of({sender, origin->name})));
      if (!by_origin) return CheckReport::waiting();
      records.push_back(*by_origin);
    }
    CheckReport report = judge(records, origin->fault, is_network_known);
    const bool is_unknown = report.finding == static_cast<std::size_t>(GreylistFinding::unknown);
    return is_unknown ? let_in_unknown(*unknown, report.detail) : report;
  }

 private:
  [[nodiscard]] StateKey key_of(std::initializer_list<std::string_view> parts) const {
    return {StateKind::greylist, settings_.bucket, {parts.begin(), parts.end()}};
  }

  // For evidence does not stay where it is.
  [[nodiscard]] static std::optional<GreyRecord> copy_of(const StateEvidence* evidence) {
    if (evidence == nullptr) return std::nullopt;
    return GreyRecord{*evidence};
  }

  // The sender domains that have come through from there.
  [[nodiscard]] StateKey set_of(const std::string& network) const {
    return {StateKind::distinct, settings_.bucket, {network}};
  }

  // What needs no DNS. What the message has been told already, all its recipients are told.
  [[nodiscard]] std::optional<CheckReport> judge_at_once(const GreyRecord& record,
                                                         const GreyRecord& unknown) const {
    if (unknown.fact.done != StateFact::Done::nothing) {
      return let_in_unknown(unknown, "as for the recipient before");
    }
    if (record.fact.status == StateFact::Status::unavailable) {
      return let_in_unknown(unknown, kNoRecord);
    }
    if (record.is_marked() || record.fact.done == StateFact::Done::nothing) return std::nullopt;
    const bool is_first = record.fact.record.since_last == record.fact.record.since_first;
    return is_first ? tell_new(record, first_try(record)) : tell_early(record, first_try(record));
  }

  [[nodiscard]] CheckReport judge(const std::vector<GreyRecord>& records, const std::string& fault,
                                  bool is_network_known) const {
    const GreyRecord& by_network = records.front();
    const GreyRecord& widest = records.back();
    const auto marked = std::ranges::find_if(records, &GreyRecord::is_marked);
    if (marked != records.end()) return let_in(known(*marked), records);
    if (is_network_known) {
      return let_in(
          greylist_report(GreylistFinding::known, by_network.key.parts.back() + ", known by " +
                                                      std::to_string(settings_.known_network) +
                                                      " sender domains"),
          records);
    }
    const auto& oldest = *std::ranges::max_element(records, {}, first_try);
    const milliseconds since = first_try(oldest);
    if (since >= settings_.delay) {
      return let_in(
          greylist_report(GreylistFinding::passed,
                          oldest.text() + ", " + rough_duration(since) + " after the first try",
                          retry_time(since)),
          records);
    }
    const bool is_away = widest.fact.status == StateFact::Status::unavailable;
    if (is_away || !fault.empty()) {
      return greylist_report(GreylistFinding::unknown, is_away ? std::string(kNoRecord) : fault);
    }
    if (settings_.is_training) {
      return let_in(greylist_report(GreylistFinding::known, widest.text() + ", training"), records);
    }
    return touch(since < milliseconds{0} ? tell_new(widest, since) : tell_early(oldest, since),
                 records);
  }

  // Below zero: there was none.
  static milliseconds first_try(const GreyRecord& record) {
    return record.is_found() ? record.fact.record.since_first : milliseconds{-1};
  }

  [[nodiscard]] static CheckReport known(const StateEvidence& record) {
    std::string detail = party_text(record.key);
    detail.append(", known for ").append(rough_duration(record.fact.record.since_first));
    return greylist_report(GreylistFinding::known, std::move(detail));
  }

  [[nodiscard]] CheckReport tell_new(const GreyRecord& record, milliseconds since) const {
    return greylist_report(GreylistFinding::fresh, record.text() + ", first try", left(since));
  }

  [[nodiscard]] CheckReport tell_early(const GreyRecord& record, milliseconds since) const {
    return greylist_report(GreylistFinding::early,
                           record.text() + ", " + rough_duration(since) + " after the first try",
                           left(since));
  }

  [[nodiscard]] std::string left(milliseconds since) const {
    return retry_time(settings_.delay - std::max(since, milliseconds{0}));
  }

  // Nobody waits because we know nothing, nor does the next recipient when we do: the record is
  // read for what the message has done to it alone.
  [[nodiscard]] static CheckReport let_in_unknown(const GreyRecord& record, std::string_view why) {
    CheckReport report = greylist_report(GreylistFinding::unknown, std::string(why));
    report.effects.push_back(
        {record.key, Touch{}, kKeepUnknown, Effect::When::on_pass, Effect::Per::message});
    return report;
  }

  // The delay and the window go on from the first try, however often it is tried.
  [[nodiscard]] CheckReport touch(CheckReport report,
                                  const std::vector<GreyRecord>& records) const {
    for (const GreyRecord& record : records) {
      const milliseconds since = std::max(first_try(record), milliseconds{0});
      report.effects.push_back({record.key, Touch{},
                                std::chrono::floor<seconds>(settings_.window - since),
                                Effect::When::always, Effect::Per::message});
    }
    return report;
  }

  [[nodiscard]] CheckReport let_in(CheckReport report,
                                   const std::vector<GreyRecord>& records) const {
    const auto keep = std::chrono::ceil<seconds>(settings_.keep);
    for (const GreyRecord& record : records) {
      if (is_marked_of_late(record.fact)) continue;
      report.effects.push_back(
          {record.key, Mark{}, keep, Effect::When::on_pass, Effect::Per::message});
    }
    if (settings_.known_network == 0) return report;
    const auto& parts = records.front().key.parts;
    report.effects.push_back({set_of(parts.back()),
                              Add{parts.front(), keep, settings_.known_network}, keep,
                              Effect::When::on_pass, Effect::Per::message});
    return report;
  }

  GreylistSettings settings_;
  std::shared_ptr<const PublicSuffixes> suffixes_ = Outside{}.suffixes();
};

std::unique_ptr<Check> make_greylist(yaml::ConfigMap& options) {
  GreylistSettings settings;
  if (const yaml::YamlNode* name = options.find("name")) settings.bucket = name->text;
  settings.delay = options.duration("delay", seconds{1}, kMostDelay).value_or(settings.delay);
  settings.window = options.duration("window", kLeastWindow, kMostWindow).value_or(settings.window);
  settings.keep = options.duration("keep", days{1}, kMostKept).value_or(settings.keep);
  settings.known_network = static_cast<std::uint32_t>(
      options.integer("known_network", 0, kMostDomains).value_or(settings.known_network));
  settings.is_training = options.one_of("training", yaml::kYesOrNo).value_or(false);
  return std::make_unique<Greylist>(std::move(settings));
}

}  // namespace

const CheckInfo& greylist_check() {
  static const CheckInfo info{"greylist",
                              Stage::rcpt,
                              kGreylistFindings,
                              kGreylistPresets,
                              kGreylistOptions,
                              make_greylist,
                              "{retry}",
                              {},
                              {},
                              CheckInfo::Remembers::records};
  return info;
}

}  // namespace postern::checks
