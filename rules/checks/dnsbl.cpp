// dnsbl: does a list of bad clients or domains have it? Page: dnsbl.md.
#include <algorithm>
#include <array>

#include "common/yaml/config_map.h"
#include "rules/checks/dns_lists.h"

namespace postern::checks {
namespace {

// In the order of kDnsblFindings.
enum class DnsblFinding : std::size_t { listed, clean, refused, broken, unknown };

constexpr std::array<FindingInfo, 5> kDnsblFindings = {{
    {"listed", FindingClass::bad},
    {"clean", FindingClass::good},
    {"refused", FindingClass::temporary},
    {"broken", FindingClass::temporary},
    {"unknown", FindingClass::temporary},
}};

constexpr std::array<PresetAction, 4> kDnsblStandard = {{
    {"listed", "reject 550 5.7.1 \"Listed by {zone}\""},
    {"refused", "log"},
    {"broken", "log"},
    {"unknown", "log"},
}};

constexpr std::array<CheckPreset, 1> kDnsblPresets = {{{"standard", kDnsblStandard}}};

constexpr std::array<std::string_view, 4> kDnsblOptions = {
    DnsLists::kOptions[0], DnsLists::kOptions[1], DnsLists::kOptions[2], "at_least"};

// The codes of most lists; 127.0.0.1 and 127.0.0.255 are none of a listing.
constexpr std::string_view kBlockCodes = "127.0.0.[2..254]";

CheckReport dnsbl_report(DnsblFinding finding, std::string detail = {}, std::string zone = {}) {
  return CheckReport::found(static_cast<std::size_t>(finding), std::move(detail), std::move(zone));
}

// What the lists say together.
class ListTally {
 public:
  explicit ListTally(std::size_t lists) { reports_.reserve(lists); }

  void add(const ListAnswer& answer) {
    const DnsList& list = *answer.list;
    report_list(answer, reports_);
    switch (answer.says) {
      case ListSays::unlisted:
        return;
      case ListSays::listed:
        listed_ += list.weight;
        if (zone_.empty()) zone_ = list.shown;
        detail_.append(detail_.empty() ? "" : ", ").append(answer.detail());
        return;
      case ListSays::waiting:
        waiting_ += list.weight;
        return;
      case ListSays::unknown:
      case ListSays::broken:
      case ListSays::refused:
        break;
    }
    failed_ += list.weight;
    if (answer.says > failure_.says) failure_ = answer;
  }

  [[nodiscard]] CheckReport result(int at_least) && {
    CheckReport report = finding(at_least);
    report.lists = std::move(reports_);
    return report;
  }

 private:
  // One that could make no difference any more is not waited for, and no ground for a doubt.
  [[nodiscard]] CheckReport finding(int at_least) {
    if (listed_ >= at_least)
      return dnsbl_report(DnsblFinding::listed, std::move(detail_), std::move(zone_));
    if (listed_ + failed_ + waiting_ < at_least) return dnsbl_report(DnsblFinding::clean);
    if (waiting_ > 0) return CheckReport::waiting();
    switch (failure_.says) {
      case ListSays::refused:
        return dnsbl_report(DnsblFinding::refused, failure_.detail());
      case ListSays::broken:
        return dnsbl_report(DnsblFinding::broken, failure_.detail());
      default:
        return dnsbl_report(DnsblFinding::unknown, failure_.detail());
    }
  }

  int listed_ = 0;
  int waiting_ = 0;
  int failed_ = 0;
  std::string zone_;    // the first that has it
  std::string detail_;  // of all that have it
  ListAnswer failure_;  // the worst
  std::vector<DnsListReport> reports_;
};

class Dnsbl : public Check {
 public:
  Dnsbl(DnsLists lists, int at_least) : lists_(std::move(lists)), at_least_(at_least) {}

  [[nodiscard]] AttributeSet attributes() const override { return lists_.attributes(); }
  void look_outside(const Outside& outside, Diagnostics& diagnostics) override {
    lists_.look_outside(outside, diagnostics);
  }

  [[nodiscard]] CheckReport inspect(const Transaction& transaction,
                                    FactView& facts) const override {
    const auto key = lists_.key_of(transaction);
    if (!key) return CheckReport::not_applicable();
    ListTally tally(lists_.all().size());
    for (const DnsList& list : lists_.all()) tally.add(ask(list, *key, facts));
    return std::move(tally).result(at_least_);
  }
  [[nodiscard]] bool quote(const Transaction& transaction, FactView& facts,
                           CheckReport& report) const override {
    return lists_.quote(transaction, facts, report);
  }
  [[nodiscard]] std::vector<std::string_view> dns_lists() const override { return lists_.zones(); }

 private:
  DnsLists lists_;
  int at_least_;
};

std::unique_ptr<Check> make_dnsbl(yaml::ConfigMap& options) {
  DnsLists lists = DnsLists::load(options, kBlockCodes);
  int all = 0;
  for (const DnsList& list : lists.all()) all += list.weight;
  const auto at_least = options.integer("at_least", 1, std::max(all, 1));
  return std::make_unique<Dnsbl>(std::move(lists), static_cast<int>(at_least.value_or(1)));
}

}  // namespace

const CheckInfo& dnsbl_check() {
  static const CheckInfo info{"dnsbl",       Stage::mail, kDnsblFindings, kDnsblPresets,
                              kDnsblOptions, make_dnsbl,  "{zone}",       DnsLists::kQuote};
  return info;
}

}  // namespace postern::checks
