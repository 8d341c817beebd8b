#include "ctl/doctor/postern_config.h"

#include <algorithm>
#include <string_view>

#include "rules/rule_actions.h"

namespace postern::doctor {
namespace {

constexpr std::string_view kSenderCheck = "sender_mx";

void note_actions(const Rule& rule, PosternConfig& postern) {
  const bool by_sender_mx = rule.check() != nullptr && rule.check()->info->name == kSenderCheck;
  for_each_own_action(rule, [&](const Action& action) {
    if (const auto* delay = std::get_if<Delay>(&action)) {
      postern.longest_delay = std::max(postern.longest_delay, delay->time);
    }
    const auto disposition = info_of(kind_of(action)).disposition;
    if (by_sender_mx && disposition >= Disposition::defer) postern.decides_by_sender_mx = true;
  });
}

}  // namespace

PosternConfig postern_config_of(const config::Settings& settings, DoorSet doors,
                                const Snapshot* rules) {
  PosternConfig postern;
  postern.doors = doors;
  postern.policy = settings.policyd.listen;
  postern.milter = settings.milter.listen;
  postern.deadline = settings.decision.deadline;
  if (rules == nullptr) return postern;
  for (const Rule& rule : rules->rules()) {
    if (rule.mode == Mode::enforce) note_actions(rule, postern);
  }
  postern.has_header_rules = !rules->needs().header_fields.empty();
  postern.has_recipient_rules = rules->needs().about_recipients();
  return postern;
}

}  // namespace postern::doctor
