#include "ctl/doctor/gatehouse.h"

#include <algorithm>
#include <string_view>

#include "rules/rule_actions.h"

namespace postern::doctor {
namespace {

constexpr std::string_view kSenderCheck = "sender_mx";

void note_actions(const Rule& rule, Gatehouse& gatehouse) {
  const bool by_sender_mx = rule.check() != nullptr && rule.check()->info->name == kSenderCheck;
  for_each_own_action(rule, [&](const Action& action) {
    if (const auto* delay = std::get_if<Delay>(&action)) {
      gatehouse.longest_delay = std::max(gatehouse.longest_delay, delay->time);
    }
    const auto disposition = info_of(kind_of(action)).disposition;
    if (by_sender_mx && disposition >= Disposition::defer) gatehouse.decides_by_sender_mx = true;
  });
}

}  // namespace

Gatehouse gatehouse_of(const config::Settings& settings, DoorSet doors, const Snapshot* rules) {
  Gatehouse gatehouse;
  gatehouse.doors = doors;
  gatehouse.policy = settings.policyd.listen;
  gatehouse.milter = settings.milter.listen;
  gatehouse.deadline = settings.decision.deadline;
  if (rules == nullptr) return gatehouse;
  for (const Rule& rule : rules->rules()) {
    if (rule.mode == Mode::enforce) note_actions(rule, gatehouse);
  }
  gatehouse.has_header_rules = !rules->needs().header_fields.empty();
  gatehouse.has_recipient_rules = rules->needs().about_recipients();
  return gatehouse;
}

}  // namespace postern::doctor
