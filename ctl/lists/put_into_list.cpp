#include "ctl/lists/put_into_list.h"

#include <algorithm>
#include <ostream>

#include "common/base/escape.h"
#include "ctl/lists/breadth.h"
#include "ctl/lists/edit_command.h"
#include "ctl/lists/list_for_value.h"
#include "rules/load/action_node.h"

namespace postern::ctl {
namespace {

UtcTime seconds_of(const CommandContext& context) {
  return std::chrono::floor<std::chrono::seconds>(context.now);
}

std::optional<std::string> present(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

// The entry's own `then=` that makes it do what was asked for; none: what the rules do is that.
std::optional<std::string> wanted_action(const EntryTask& task) {
  if (task.own_action == OwnAction::discard) return "discard";
  const bool refused = std::all_of(task.uses.begin(), task.uses.end(), [](const ListUse& use) {
    return kind_of(*use.action) == ActionKind::reject;
  });
  return refused ? std::nullopt : std::optional<std::string>("reject");
}

std::vector<EntryWord> words_of(const EntryTask& task, UtcTime now) {
  const EntryOptions& options = task.options;
  std::optional<std::string> expires;
  if (options.lasts) {
    expires = format_utc(now + std::chrono::ceil<std::chrono::seconds>(*options.lasts));
  }
  std::vector<EntryWord> words{
      {"reason", present(options.reason)}, {"owner", present(options.owner)}, {"expires", expires}};
  if (task.own_action != OwnAction::as_it_is) words.push_back({"then", wanted_action(task)});
  return words;
}

bool is_about_clients(const std::vector<ListUse>& uses) {
  return std::any_of(uses.begin(), uses.end(),
                     [](const ListUse& use) { return use.attribute == Attribute::client; });
}

// Says so and returns false when no rule could find such an entry in the list.
bool is_for_list(const EntryTask& task, const CommandContext& context) {
  const ActionKind kind = kind_of(*task.uses.front().action);
  const auto why = why_not_for_list(
      *task.rules.read.snapshot, task.list, task.options.value, [&](const ListUse& use) {
        return task.intent == Intent::against ? is_against(use) : kind_of(*use.action) == kind;
      });
  if (why) context.err << "posternctl: " << printable(*why) << "\n";
  return !why;
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
  auto popular = popular_domain_hit(*rules.read.snapshot, list.kind(), canonical, now);
  if (popular && !rules.hidden.empty()) popular = "a name";
  if (!popular) return true;
  context.err << "posternctl: " << printable(options.value) << " hits " << printable(*popular)
              << ", where very many people have their mail (well_known: in the rule file); if that "
                 "is meant: --force\n";
  return false;
}

std::optional<Action> action_on(std::string_view line) {
  const auto word = word_of(line, "then");
  if (!word) return std::nullopt;
  auto action = load::parse_entry_action(*word);
  return action ? std::optional<Action>(std::move(*action)) : std::nullopt;
}

// What the rules do by the entry as it stands on `line`: its own action goes before theirs.
std::vector<std::string> notes_on(const EntryTask& task, std::string_view line) {
  const auto own = action_on(line);
  std::vector<std::string> notes;
  for (ListUse use : task.uses) {
    if (own) use.action = &*own;
    std::string note = describe(use);
    if (std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(note);
  }
  if (own) notes.push_back("by this entry's own action, not the rule's: " + action_text(*own));
  if (own && kind_of(*own) == ActionKind::discard) notes.back() += " (the sender is told nothing)";
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
  if (!is_for_list(task, context)) return CtlExit::usage;
  const auto canonical = canonical_for(list, options.value, context);
  if (!canonical) return CtlExit::usage;
  if (!is_meant(task, *canonical, context)) return CtlExit::no;
  auto change = ListChange::open(rules, list, purpose_of(options.dry_run));
  if (!change) {
    context.err << "posternctl: " << printable(change.error().text) << "\n";
    return CtlExit::no;
  }
  const UtcTime now = seconds_of(context);
  EntryEdit edit =
      put_entry(change->text(), list.kind(), {options.value, *canonical, words_of(task, now)});
  const bool settled = own_action != OwnAction::as_it_is;
  const auto contrary = settled ? std::nullopt : contrary_entry(list, edit.lines, intent);
  if (contrary) {
    context.err << "posternctl: " << printable(*contrary) << "\n";
    return CtlExit::no;
  }
  auto notes = notes_on(task, edit.shown.front());
  notes.insert(notes.end(), edit.notes.begin(), edit.notes.end());
  const auto above = without_hidden(
      rules, decided_above(*rules.read.snapshot, uses, list.kind(), *canonical, intent, now),
      "but decided above by an entry");
  notes.insert(notes.end(), above.begin(), above.end());
  const CtlExit done = carry_out(
      {rules, list, *change, std::move(edit), std::move(notes), options.dry_run}, context);
  return done == CtlExit::ok && !above.empty() ? CtlExit::no : done;
}

}  // namespace postern::ctl
