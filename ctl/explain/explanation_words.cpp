#include "ctl/explain/explanation_words.h"

#include <algorithm>

#include "ctl/lists/commands.h"

namespace postern::ctl {
namespace {

// As one word for a shell.
std::string for_shell(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._-@:/+").find(c) != std::string_view::npos;
  });
  if (plain && !text.empty()) return std::string(text);
  std::string out = "'";
  for (char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

const Rule* decider(const explain::Explanation& explanation) {
  const auto& rules = explanation.snapshot->rules();
  const auto rule = std::find_if(rules.begin(), rules.end(), [&](const Rule& one) {
    return one.name == explanation.verdict.rule;
  });
  return rule == rules.end() ? nullptr : &*rule;
}

}  // namespace

std::string reply_of(const Verdict& verdict) {
  const bool refuses =
      verdict.action == Disposition::reject || verdict.action == Disposition::defer;
  return refuses ? verdict.reply.to_string() : verdict.text;
}

std::optional<std::string> way_out(const explain::Explanation& explanation) {
  const Verdict& verdict = explanation.verdict;
  const Rule* rule = decider(explanation);
  if (rule == nullptr || verdict.action == Disposition::pass) return std::nullopt;
  if (!verdict.check.empty()) {
    if (!explanation.transaction.client) return std::nullopt;
    return "posternctl allow " + explanation.transaction.client->to_string() + " --check " +
           std::string(verdict.check);
  }
  // A value in the rule file itself is for a person to change.
  const auto& lists = explanation.snapshot->lists();
  const bool named = std::any_of(lists.begin(), lists.end(), [&](const auto& list) {
    return list->name() == verdict.entry.list && list->file() != rule->where.file;
  });
  if (!named) return std::nullopt;
  std::string command = "posternctl unblock " + for_shell(verdict.entry.entry);
  if (verdict.entry.list != kCampaignList) command += " --list " + std::string(verdict.entry.list);
  return command;
}

}  // namespace postern::ctl
