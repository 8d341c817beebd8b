#include "ctl/put_into_list.h"

#include <algorithm>
#include <ostream>

#include "common/escape.h"
#include "ctl/breadth.h"
#include "ctl/edit_command.h"

namespace postern {
namespace {

UtcTime seconds_of(const CommandContext& context) {
  return std::chrono::floor<std::chrono::seconds>(context.now);
}

std::optional<std::string> present(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

std::vector<EntryWord> words_of(const EntryTask& task, UtcTime now) {
  const EntryOptions& options = task.options;
  const bool discard = task.own_action == OwnAction::discard;
  std::optional<std::string> expires;
  if (options.lasts) {
    expires = format_utc(now + std::chrono::ceil<std::chrono::seconds>(*options.lasts));
  }
  return {{"reason", present(options.reason)},
          {"owner", present(options.owner)},
          {"expires", expires},
          {"then", discard ? std::optional<std::string>("discard") : std::nullopt}};
}

bool is_about_clients(const std::vector<ListUse>& uses) {
  return std::any_of(uses.begin(), uses.end(),
                     [](const ListUse& use) { return use.attribute == Attribute::client; });
}

// Says so and returns false when the entry hits more than a person can mean.
bool is_meant(const EntryTask& task, const std::string& canonical, const CommandContext& context) {
  const auto& [rules, list, options, uses, intent, own_action] = task;
  if (options.force) return true;
  const UtcTime now = seconds_of(context);
  if (const auto broad = why_too_broad(list.kind(), canonical)) {
    context.err << "posternctl: " << printable(options.value) << ": " << printable(*broad)
                << "; if that is meant: --force\n";
    return false;
  }
  if (const auto own = own_network_hit(list.kind(), canonical);
      own && intent == Intent::against && is_about_clients(uses)) {
    context.err << "posternctl: " << printable(options.value) << " hits " << *own
                << ", where one's own machines are; if that is meant: --force\n";
    return false;
  }
  const auto popular = popular_domain_hit(*rules.read.snapshot, list.kind(), canonical, now);
  if (!popular) return true;
  context.err << "posternctl: " << printable(options.value) << " hits " << printable(*popular)
              << ", where very many people have their mail (well_known: in the rule file); if that "
                 "is meant: --force\n";
  return false;
}

std::vector<std::string> notes_on(const EntryTask& task) {
  std::vector<std::string> notes;
  notes.reserve(task.uses.size() + 1);
  for (const ListUse& use : task.uses) notes.push_back(describe(use));
  if (task.own_action == OwnAction::discard) {
    notes.emplace_back("this entry: discard (the sender is told nothing)");
  }
  return notes;
}

}  // namespace

bool is_one_line(const EntryOptions& options, const CommandContext& context) {
  for (const std::string* text : {&options.value, &options.reason, &options.owner}) {
    if (printable(*text) == *text && text->size() <= 1000) continue;
    context.err << "posternctl: found '" << printable(text->substr(0, 80))
                << "', want one line of text, at most 1000 bytes\n";
    return false;
  }
  return true;
}

CtlExit put_into_list(const EntryTask& task, const CommandContext& context) {
  const auto& [rules, list, options, uses, intent, own_action] = task;
  const auto canonical = canonical_for(list, options.value, context);
  if (!canonical) return CtlExit::usage;
  if (!is_meant(task, *canonical, context)) return CtlExit::no;
  const auto change = ListChange::open(rules, list);
  if (!change) {
    context.err << "posternctl: " << printable(change.error().text) << "\n";
    return CtlExit::no;
  }
  const UtcTime now = seconds_of(context);
  EntryEdit edit =
      put_entry(change->text(), list.kind(), {options.value, *canonical, words_of(task, now)});
  const bool settled = own_action == OwnAction::discard;
  const auto contrary = settled ? std::nullopt : contrary_entry(list, edit.lines, intent);
  if (contrary) {
    context.err << "posternctl: " << printable(*contrary) << "\n";
    return CtlExit::no;
  }
  auto notes = notes_on(task);
  notes.insert(notes.end(), edit.notes.begin(), edit.notes.end());
  const auto above =
      decided_above(*rules.read.snapshot, uses, list.kind(), *canonical, intent, now);
  notes.insert(notes.end(), above.begin(), above.end());
  const CtlExit done = carry_out(
      {rules, list, *change, std::move(edit), std::move(notes), options.dry_run}, context);
  return done == CtlExit::ok && !above.empty() ? CtlExit::no : done;
}

}  // namespace postern
