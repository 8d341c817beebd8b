#include "rules/replay/past.h"

#include "common/base/escape.h"

namespace postern::replay {

Outcome outcome_of(const Verdict& verdict) {
  const bool refuses =
      verdict.action == Disposition::reject || verdict.action == Disposition::defer;
  return {verdict.action, refuses ? verdict.reply.code : 0};
}

bool is_same_reply(std::string_view one, std::string_view other) {
  constexpr std::size_t kWhole = 4096;
  return reply_safe(one, kWhole) == reply_safe(other, kWhole);
}

std::string to_string(const Outcome& outcome) {
  const std::string action(postern::to_string(outcome.action));
  return outcome.code == 0 ? action : action + " " + std::to_string(outcome.code);
}

}  // namespace postern::replay
