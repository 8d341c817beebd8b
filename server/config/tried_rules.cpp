#include "server/config/tried_rules.h"

#include <utility>

namespace postern::config {
namespace {

std::string how_it_is_accepted(const std::string& candidate, const std::string& named) {
  const std::string found =
      named.empty() ? "" : "; accepted was " + named + ", and these files are not that candidate";
  return " (reload: replay_guard: on)" + found +
         "; to lose it all the same: posternctl reload --accept-loss " + candidate;
}

}  // namespace

std::string what_was_tried(const TriedRules& tried) {
  return std::to_string(tried.decisions) + (tried.decisions == 1 ? " decision" : " decisions") +
         " since " + format_utc(tried.since);
}

std::vector<Diagnostic> loss_told(const TriedRules& tried, Loss loss, const std::string& rules_file,
                                  const std::string& candidate, const std::string& named) {
  std::vector<Diagnostic> told = tried.lost_mail;
  std::string text =
      "good mail lost, of " + what_was_tried(tried) + ": " + std::to_string(tried.lost);
  switch (loss) {
    case Loss::refused:
      text += how_it_is_accepted(candidate, named);
      break;
    case Loss::accepted:
      text += ", accepted by name: " + candidate;
      break;
    case Loss::restored:
      text += ", and taken: a rollback has put these files there";
      break;
  }
  Diagnostic& last = told.emplace_back();
  last.where.file = rules_file;
  last.message = std::move(text);
  for (Diagnostic& one : told) {
    one.severity = loss == Loss::refused ? Severity::error : Severity::warning;
  }
  return told;
}

}  // namespace postern::config
