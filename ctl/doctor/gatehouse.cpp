#include "ctl/doctor/gatehouse.h"

#include <algorithm>
#include <string_view>

namespace postern::doctor {
namespace {

constexpr std::string_view kSenderCheck = "sender_mx";

void note_actions(const Rule& rule, const std::vector<Action>& actions, Gatehouse& gatehouse) {
  for (const Action& action : actions) {
    if (const auto* delay = std::get_if<Delay>(&action)) {
      gatehouse.longest_delay = std::max(gatehouse.longest_delay, delay->time);
    }
    const bool against = kind_of(action) == ActionKind::reject ||
                         kind_of(action) == ActionKind::defer ||
                         kind_of(action) == ActionKind::discard;
    if (against && rule.info != nullptr && rule.info->name == kSenderCheck) {
      gatehouse.decides_by_sender_mx = true;
    }
  }
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
    if (rule.mode != Mode::enforce) continue;
    note_actions(rule, rule.then, gatehouse);
    for (const auto& actions : rule.on) note_actions(rule, actions, gatehouse);
  }
  gatehouse.has_header_rules = !rules->needs().header_fields.empty();
  gatehouse.has_recipient_rules = rules->needs().about_recipients();
  return gatehouse;
}

}  // namespace postern::doctor
