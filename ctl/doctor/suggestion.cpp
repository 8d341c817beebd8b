#include "ctl/doctor/suggestion.h"

#include <algorithm>

namespace postern {
namespace {

constexpr std::chrono::seconds kAtLeast{10};
constexpr std::chrono::seconds kStep{5};

std::string joined_restrictions(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : ", ") + item;
  return out;
}

// Those of the list itself; a class by its name, once, however much is in it.
std::vector<std::string> written_items(const Wiring& wiring, const RestrictionList& list) {
  std::vector<const PolicyCall*> ours;
  for (const PolicyUse& use : policy_uses(wiring)) ours.push_back(use.call);
  std::vector<std::string> items;
  for (const Restriction& item : list.items) {
    const bool is_ours =
        item.policy && std::find(ours.begin(), ours.end(), &*item.policy) != ours.end();
    if (!item.by_class.empty()) {
      if (items.empty() || items.back() != item.by_class) items.push_back(item.by_class);
    } else if (!is_ours) {
      items.push_back(item.argument.empty() ? item.name : item.name + " " + item.argument);
    }
  }
  return items;
}

}  // namespace

std::string seconds_text(std::chrono::milliseconds time) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(time);
  if (whole == time) return std::to_string(whole.count()) + "s";
  return std::to_string(time.count()) + "ms";
}

std::string waiting_time(std::chrono::milliseconds longest) {
  const auto steps = longest / std::chrono::milliseconds(kStep) + 1;
  return seconds_text(std::max<std::chrono::milliseconds>(kAtLeast, steps * kStep));
}

std::string address_for(const PostfixWiring& postfix, const SmtpdService& service,
                        const ListenAddress& address) {
  const std::string queue = postfix.queue_directory + "/";
  if (address.kind == ListenAddress::Kind::unix_socket && service.chroot.value_or(false) &&
      address.path.starts_with(queue)) {
    return "unix:" + address.path.substr(queue.size());
  }
  return postfix_endpoint_text(address);
}

std::string policy_line(const std::string& address, std::chrono::milliseconds longest) {
  return "check_policy_service { " + address + ", timeout=" + waiting_time(longest) +
         ", default_action=DUNNO }";
}

std::string policy_line_for(const Wiring& wiring, const SmtpdService& service) {
  if (wiring.postern.policy.empty()) return {};
  return policy_line(address_for(*wiring.postfix, service, wiring.postern.policy.front()),
                     wiring.postern.deadline);
}

std::string milter_line(const Wiring& wiring, const std::string& address) {
  return "{ " + address + ", connect_timeout=10s, command_timeout=" +
         waiting_time(wiring.postern.longest_greeting()) +
         ", content_timeout=60s, default_action=accept }";
}

std::string recipient_list_with(const Wiring& wiring, const SmtpdService& service) {
  std::vector<std::string> items;
  const RestrictionList* list = service.list("smtpd_recipient_restrictions");
  if (list != nullptr) items = written_items(wiring, *list);
  // What lets everybody through, or nobody, has to stand behind.
  items.erase(std::remove(items.begin(), items.end(), "permit"), items.end());
  const auto put_first = [&](const std::string& item) {
    if (std::find(items.begin(), items.end(), item) == items.end()) {
      items.insert(items.begin(), item);
    }
  };
  auto relay = std::find(items.begin(), items.end(), "reject_unauth_destination");
  if (relay == items.end()) {
    items.insert(items.begin(), "reject_unauth_destination");
    put_first("permit_sasl_authenticated");
    put_first("permit_mynetworks");
    relay = std::find(items.begin(), items.end(), "reject_unauth_destination");
  }
  items.insert(relay + 1, policy_line_for(wiring, service));
  return "smtpd_recipient_restrictions = " + joined_restrictions(items);
}

std::string sendmail_line(const Wiring& wiring) {
  const std::string time = waiting_time(wiring.postern.longest_greeting());
  return "INPUT_MAIL_FILTER(`postern', `S=" +
         (wiring.postern.milter ? sendmail_endpoint_text(*wiring.postern.milter) : "") +
         ", F=T, T=C:10s;S:10s;R:" + time + ";E:1m')dnl";
}

}  // namespace postern
