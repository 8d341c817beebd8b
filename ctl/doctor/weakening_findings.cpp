// What Postfix makes of a refusal before the client hears of it: a line of the log, a 4xx, or a
// server error of its own.
#include <algorithm>
#include <array>
#include <set>

#include "common/base/ascii_case.h"
#include "ctl/doctor/asking_lists.h"
#include "ctl/doctor/finding.h"
#include "ctl/doctor/fix.h"
#include "ctl/doctor/restriction_list.h"

namespace postern::doctor {
namespace {

struct PlacedItem {
  const RestrictionList* list = nullptr;
  const Restriction* item = nullptr;
};

bool is_recipient_list(const std::string& name) {
  return name == "smtpd_relay_restrictions" || name == "smtpd_recipient_restrictions";
}

// What stands in front of that place: in the list, and of the two lists about a recipient in the
// one that comes first. Postfix forgets it at the end of every other list.
PlacedItem deferring_before(const PolicyUse& use) {
  const auto is_it = [](const Restriction& item) { return item.name == "defer_if_reject"; };
  for (const RestrictionList& list : use.service->lists) {
    const bool own = &list == use.list;
    if (!own && !(is_recipient_list(use.list->name) && is_recipient_list(list.name))) continue;
    const auto end =
        own ? list.items.begin() + static_cast<std::ptrdiff_t>(use.index) : list.items.end();
    const auto found = std::find_if(list.items.begin(), end, is_it);
    if (found != end) return {&list, &*found};
    if (own) break;
  }
  return {};
}

std::set<const SmtpdService*> asking_services(const MtaConfig& mta) {
  std::set<const SmtpdService*> services;
  for (const PolicyUse& use : policy_uses(mta)) services.insert(use.service);
  for (const MilterUse& use : milter_uses(mta)) {
    if (use.service != nullptr) services.insert(use.service);
  }
  return services;
}

bool is_table(const std::string& name) {
  return name.find(':') != std::string::npos;
}

void add_unknown(const SmtpdService& service, const RestrictionList& list, const Restriction& item,
                 FindingList& findings) {
  // A class in a list stands there by name: that inside it is told where it is written.
  const bool known = find_restriction(item.name).has_value() || is_table(item.name);
  if (known || !item.by_class.empty()) return;
  const std::string nearest(nearest_restriction(item.name));
  findings.add(FindingSeverity::error, list.where.to_string(),
               "Postfix knows no restriction " + item.name +
                   (nearest.empty() ? "" : "; " + nearest + " may be meant"),
               "Whoever's mail comes to that place of the list gets 451 4.3.5 Server configuration "
               "error, and nothing behind it is looked at.",
               nearest.empty() ? "# another word, or none, in " + list.name
                               : list_with_text(service, list, item, nearest));
}

void check_refusal_only_logged(const MtaConfig& mta, FindingList& findings) {
  for (const PolicyUse& use : policy_uses(mta)) {
    if (!use.list->items[use.index].only_warns) continue;
    findings.add(FindingSeverity::error, use.list->where.to_string(),
                 "warn_if_reject stands before " + use.call->service.address,
                 "What Postern refuses or defers is only logged, as reject_warning, and comes in.",
                 list_asking_rightly(mta, use));
  }
}

void check_refusal_deferred(const MtaConfig& mta, FindingList& findings) {
  for (const PolicyUse& use : policy_uses(mta)) {
    if (use.way == PolicyUse::Way::by_table) continue;
    const PlacedItem found = deferring_before(use);
    if (found.item == nullptr) continue;
    findings.add(FindingSeverity::warning, found.list->where.to_string(),
                 "defer_if_reject stands before " + use.call->service.address,
                 "Each refusal of Postern goes out as 4xx, and the senders try again for days.",
                 list_with_text(*use.service, *found.list, *found.item, {}));
  }
}

void check_soft_bounce(const MtaConfig& mta, FindingList& findings) {
  for (const SmtpdService* service : asking_services(mta)) {
    const PostfixSetting& setting = service->soft_bounce;
    if (!equal_ignoring_case(setting.value, "yes")) continue;
    findings.add(FindingSeverity::warning, setting.where.to_string(), "soft_bounce is yes",
                 "Each refusal (reject) of Postern goes out as 4xx instead of 5xx, and the senders "
                 "try again for days.",
                 setting_line(setting.where, "soft_bounce", "no"));
  }
}

void check_proxy_filter(const MtaConfig& mta, FindingList& findings) {
  if (!mta.postern.changes_delivery) return;
  for (const SmtpdService* service : asking_services(mta)) {
    const PostfixSetting& setting = service->proxy_filter;
    if (setting.value.empty()) continue;
    findings.add(
        FindingSeverity::error, setting.where.to_string(),
        "smtpd_proxy_filter is " + setting.value + ", and rules hold, redirect or copy mail",
        "Postfix hands the message to that filter and not to its queue: it does nothing of "
        "that, logs a warning at most, and the mail goes to its recipients.",
        setting_line(setting.where, "smtpd_proxy_filter", "") +
            "\n# and the filter as content_filter, behind the queue");
  }
}

void check_restriction_unknown(const MtaConfig& mta, FindingList& findings) {
  if (!mta.postfix) return;
  for (const SmtpdService& service : mta.postfix->services) {
    for (const auto* lists : {&service.lists, &service.classes}) {
      for (const RestrictionList& list : *lists) {
        for (const Restriction& item : list.items) add_unknown(service, list, item, findings);
      }
    }
  }
}

}  // namespace

FindingKinds weakening_findings() {
  static constexpr std::array kFindings{
      FindingKind{"refusal-only-logged", check_refusal_only_logged},
      FindingKind{"refusal-deferred", check_refusal_deferred},
      FindingKind{"soft-bounce", check_soft_bounce},
      FindingKind{"proxy-filter", check_proxy_filter},
      FindingKind{"restriction-unknown", check_restriction_unknown},
  };
  return kFindings;
}

}  // namespace postern::doctor
