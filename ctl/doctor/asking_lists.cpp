#include "ctl/doctor/asking_lists.h"

#include <algorithm>
#include <vector>

#include "ctl/doctor/fix.h"
#include "ctl/doctor/mistaken_address.h"
#include "ctl/doctor/policy_place.h"

namespace postern::doctor {
namespace {

constexpr std::string_view kRelayList = "smtpd_relay_restrictions";
constexpr std::string_view kRecipientList = "smtpd_recipient_restrictions";

// What a list has of ours, and what was meant to be ours.
class OurCalls {
 public:
  OurCalls(const MtaConfig& mta, const SmtpdService& service) : mta_(mta), service_(service) {}

  [[nodiscard]] bool has(const PolicyCall& call) const { return leads_here(call) || errs(call); }

  [[nodiscard]] IsTakenOut taken_out() const {
    return [this](const PolicyCall& call) { return has(call); };
  }

  [[nodiscard]] bool any_in(const RestrictionList& list) const {
    return std::any_of(list.items.begin(), list.items.end(),
                       [&](const Restriction& item) { return item.policy && has(*item.policy); });
  }

  // How Postfix is to ask: as it does, with an address that is right.
  [[nodiscard]] PostfixService to_be_asked() const {
    PostfixService fresh = policy_service_for(mta_);
    for (const RestrictionList& list : service_.lists) {
      if (!is_asked_at_recipient(service_, list.name) && !is_end_of_message_list(list.name)) {
        continue;
      }
      for (const Restriction& item : list.items) {
        if (!item.policy || !has(*item.policy)) continue;
        PostfixService present = item.policy->service;
        if (!leads_here(*item.policy)) present.address = fresh.address;
        return present;
      }
    }
    return fresh;
  }

 private:
  [[nodiscard]] bool leads_here(const PolicyCall& call) const {
    return call.endpoint &&
           std::any_of(mta_.postern.policy.begin(), mta_.postern.policy.end(),
                       [&](const ListenAddress& address) {
                         return is_meant_for(mta_, &service_, *call.endpoint, address);
                       });
  }
  [[nodiscard]] bool errs(const PolicyCall& call) const {
    return call.endpoint &&
           mistake_in(mta_, {&service_, {}, &*call.endpoint, Door::policy}) != Mistake::none;
  }

  const MtaConfig& mta_;
  const SmtpdService& service_;
};

std::string asking(const PostfixService& service) {
  return "check_policy_service " + service.to_string();
}

std::vector<std::string> texts_of(const RestrictionList& list) {
  std::vector<std::string> texts;
  for (const ListElement& element : list.elements) texts.push_back(element.text);
  return texts;
}

std::vector<std::string> own_people_of(const SmtpdService& service) {
  const RestrictionList* relay = service.list(kRelayList);
  return relay == nullptr ? std::vector<std::string>{} : permits_of_own_people(*relay);
}

// That of the recipient where relaying has been refused by then or is in it, else that of relaying.
const RestrictionList* list_that_asks(const SmtpdService& service) {
  const RestrictionList* recipient = service.list(kRecipientList);
  const RestrictionList* relay = service.list(kRelayList);
  if (recipient == nullptr || relay == nullptr) return nullptr;
  const bool relay_first = relay < recipient;
  if (relay_first || refuses_relaying(*recipient) || !refuses_relaying(*relay)) return recipient;
  return relay;
}

void add_line(std::string& lines, const RestrictionList& list,
              const std::vector<std::string>& elements) {
  if (elements == texts_of(list)) return;
  lines += (lines.empty() ? "" : "\n") + list_line(list, elements);
}

const RestrictionList& where_written(const SmtpdService& service, const RestrictionList& list,
                                     const Restriction& item) {
  if (item.by_class.empty()) return list;
  const auto found =
      std::find_if(service.classes.begin(), service.classes.end(),
                   [&](const RestrictionList& one) { return one.name == item.by_class; });
  return found == service.classes.end() ? list : *found;
}

bool is_item(const RestrictionList& list, const ListElement& element, const Restriction& item) {
  if (element.is_class || element.count != 1) return false;
  const Restriction& own = list.items[element.first];
  return own.name == item.name && own.argument == item.argument;
}

}  // namespace

bool is_end_of_message_list(const std::string& name) {
  return name == "smtpd_data_restrictions" || name == "smtpd_end_of_data_restrictions";
}

bool is_asked_at_recipient(const SmtpdService& service, const std::string& list) {
  if (list == kRelayList || list == kRecipientList) return true;
  return service.delay_reject && !is_end_of_message_list(list);
}

bool is_relaying_refused_before(const PolicyUse& use) {
  const auto& items = use.list->items;
  if (std::any_of(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(use.index),
                  [](const Restriction& item) { return refuses_relaying(item); })) {
    return true;
  }
  for (const RestrictionList& list : use.service->lists) {
    if (&list == use.list) return false;
    if (is_asked_at_recipient(*use.service, list.name) && refuses_relaying(list)) return true;
  }
  return false;
}

bool is_relaying_refused(const SmtpdService& service) {
  const RestrictionList* recipient = service.list(kRecipientList);
  const RestrictionList* relay = service.list(kRelayList);
  return (recipient != nullptr && refuses_relaying(*recipient)) ||
         (relay != nullptr && refuses_relaying(*relay));
}

std::string lists_asking_once(const MtaConfig& mta, const SmtpdService& service) {
  const RestrictionList* target = list_that_asks(service);
  if (target == nullptr || mta.postern.policy.empty()) return {};
  const OurCalls ours(mta, service);
  std::string lines;
  add_line(
      lines, *target,
      with_policy(*target, ours.taken_out(), {asking(ours.to_be_asked()), own_people_of(service)}));
  for (const RestrictionList& list : service.lists) {
    if (&list == target || !is_asked_at_recipient(service, list.name)) continue;
    if (ours.any_in(list)) add_line(lines, list, without_policy(list, ours.taken_out()));
  }
  return lines;
}

std::string list_asking_rightly(const MtaConfig& mta, const PolicyUse& use) {
  if (use.way == PolicyUse::Way::always && is_asked_at_recipient(*use.service, use.list->name)) {
    return lists_asking_once(mta, *use.service);
  }
  // Before somebody has logged in only the address says who it is.
  std::vector<std::string> own_people = own_people_of(*use.service);
  const bool logged_in =
      use.list->name != "smtpd_client_restrictions" && use.list->name != "smtpd_helo_restrictions";
  if (!logged_in) {
    own_people.erase(std::remove(own_people.begin(), own_people.end(), "permit_sasl_authenticated"),
                     own_people.end());
  }
  const OurCalls ours(mta, *use.service);
  std::string lines;
  add_line(lines, *use.list,
           with_policy(*use.list, ours.taken_out(), {asking(use.call->service), own_people}));
  return lines;
}

std::string list_without_asking(const PolicyUse& use) {
  return list_line(*use.list, without_policy(*use.list, [&](const PolicyCall& call) {
    return &call == use.call;
  }));
}

std::string list_with_text(const SmtpdService& service, const RestrictionList& list,
                           const Restriction& item, const std::string& text) {
  const RestrictionList& written = where_written(service, list, item);
  std::vector<std::string> texts;
  for (const ListElement& element : written.elements) {
    if (!is_item(written, element, item)) {
      texts.push_back(element.text);
    } else if (!text.empty()) {
      texts.push_back((written.items[element.first].only_warns ? "warn_if_reject " : "") + text);
    }
  }
  return list_line(written, texts);
}

std::string list_with_service(const PolicyUse& use, const PostfixService& changed) {
  return list_with_text(*use.service, *use.list, use.list->items[use.index], asking(changed));
}

}  // namespace postern::doctor
