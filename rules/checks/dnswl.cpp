// dnswl: how far does a list of good clients or domains trust it? Page: dnswl.md.
#include <algorithm>
#include <array>
#include <optional>

#include "rules/checks/dns_lists.h"

namespace postern::checks {
namespace {

// In the order of kDnswlFindings; the levels of trust in the order of their numbers.
enum class DnswlFinding : std::size_t {
  none,
  low,
  medium,
  high,
  unlisted,
  refused,
  broken,
  unknown
};

constexpr std::array<FindingInfo, 8> kDnswlFindings = {{
    {"none", FindingClass::good},
    {"low", FindingClass::good},
    {"medium", FindingClass::good},
    {"high", FindingClass::good},
    {"unlisted", FindingClass::good},
    {"refused", FindingClass::temporary},
    {"broken", FindingClass::temporary},
    {"unknown", FindingClass::temporary},
}};

constexpr std::array<PresetAction, 7> kDnswlStandard = {{
    {"none", "log"},
    {"low", "log"},
    {"medium", "skip dnsbl"},
    {"high", "skip dnsbl"},
    {"refused", "skip dnsbl"},
    {"broken", "skip dnsbl"},
    {"unknown", "skip dnsbl"},
}};

constexpr std::array<CheckPreset, 1> kDnswlPresets = {{{"standard", kDnswlStandard}}};

// 127.0.x.y: a kind of sender, and how far it is trusted. What a refusal says is not among them.
constexpr std::string_view kTrustCodes = "127.0.[2..9;11..255].[0..3]";

CheckReport dnswl_report(DnswlFinding finding, std::string detail = {}, std::string zone = {}) {
  return CheckReport::found(static_cast<std::size_t>(finding), std::move(detail), std::move(zone));
}

// What a list that can be believed says of its trust; none: the client is not on it.
std::optional<DnswlFinding> trust_in(const ListAnswer& answer) {
  constexpr std::uint32_t kLastOctet = 0xff;
  if (answer.says != ListSays::listed) return std::nullopt;
  const std::size_t level = answer.code.v4() & kLastOctet;
  return static_cast<DnswlFinding>(std::min(level, static_cast<std::size_t>(DnswlFinding::high)));
}

class Dnswl : public Check {
 public:
  explicit Dnswl(DnsLists lists) : lists_(std::move(lists)) {}

  [[nodiscard]] AttributeSet attributes() const override { return lists_.attributes(); }
  void look_outside(const Outside& outside, Diagnostics& diagnostics) override {
    lists_.look_outside(outside, diagnostics);
  }

  // The list counts that trusts the client most; one that is awaited or fails might, unless it
  // could not trust it more.
  [[nodiscard]] CheckReport inspect(const Transaction& transaction,
                                    FactView& facts) const override {
    const auto key = lists_.key_of(transaction);
    if (!key) return CheckReport::not_applicable();
    std::optional<CheckReport> best;
    ListAnswer failure;
    std::vector<DnsListReport> reports;
    reports.reserve(lists_.all().size());
    for (const DnsList& list : lists_.all()) {
      const ListAnswer answer = ask(list, *key, facts);
      report_list(answer, reports);
      if (const auto trust = trust_in(answer)) {
        if (!best || best->finding < static_cast<std::size_t>(*trust)) {
          best = dnswl_report(*trust, answer.detail(), list.shown);
        }
      } else if (is_worse(answer, failure)) {
        failure = answer;
      }
    }
    CheckReport report = settle(std::move(best), failure);
    report.lists = std::move(reports);
    return report;
  }
  [[nodiscard]] bool quote(const Transaction& transaction, FactView& facts,
                           CheckReport& report) const override {
    return lists_.quote(transaction, facts, report);
  }
  [[nodiscard]] std::vector<std::string_view> dns_lists() const override { return lists_.zones(); }

 private:
  // A list that is still awaited hides every other.
  static bool is_worse(const ListAnswer& one, const ListAnswer& other) {
    if (other.says == ListSays::waiting) return false;
    return one.says == ListSays::waiting || one.says > other.says;
  }

  static CheckReport settle(std::optional<CheckReport> best, const ListAnswer& failure) {
    const bool is_highest = best && best->finding == static_cast<std::size_t>(DnswlFinding::high);
    if (best && (is_highest || failure.says == ListSays::unlisted)) return std::move(*best);
    switch (failure.says) {
      case ListSays::unlisted:
      case ListSays::listed:
        return dnswl_report(DnswlFinding::unlisted);
      case ListSays::waiting:
        return CheckReport::waiting();
      case ListSays::refused:
        return dnswl_report(DnswlFinding::refused, failure.detail());
      case ListSays::broken:
        return dnswl_report(DnswlFinding::broken, failure.detail());
      case ListSays::unknown:
        break;
    }
    return dnswl_report(DnswlFinding::unknown, failure.detail());
  }

  DnsLists lists_;
};

std::unique_ptr<Check> make_dnswl(yaml::ConfigMap& options) {
  return std::make_unique<Dnswl>(DnsLists::load(options, kTrustCodes));
}

}  // namespace

const CheckInfo& dnswl_check() {
  static const CheckInfo info{"dnswl",       Stage::mail,        kDnswlFindings,
                              kDnswlPresets, DnsLists::kOptions, make_dnswl,
                              "{zone}",      DnsLists::kQuote};
  return info;
}

}  // namespace postern::checks
