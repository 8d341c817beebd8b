#include "ctl/block.h"

#include <algorithm>
#include <ostream>

#include "common/escape.h"
#include "common/ip_network.h"
#include "ctl/breadth.h"
#include "ctl/edit_command.h"
#include "ctl/installation.h"

namespace postern {
namespace {

UtcTime seconds_of(const CommandContext& context) {
  return std::chrono::floor<std::chrono::seconds>(context.now);
}

// Texts that a list file can hold: one line of it.
bool is_one_line(const EntryOptions& options, const CommandContext& context) {
  for (const std::string* text : {&options.value, &options.reason, &options.owner}) {
    if (printable(*text) == *text && text->size() <= 1000) continue;
    context.err << "posternctl: found '" << printable(text->substr(0, 80))
                << "', want one line of text, at most 1000 bytes\n";
    return false;
  }
  return true;
}

std::optional<std::string> present(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

std::vector<EntryWord> words_of(const EntryOptions& options, bool discard, UtcTime now) {
  std::optional<std::string> expires;
  if (options.lasts) {
    expires = format_utc(now + std::chrono::ceil<std::chrono::seconds>(*options.lasts));
  }
  return {{"reason", present(options.reason)},
          {"owner", present(options.owner)},
          {"expires", expires},
          {"then", discard ? std::optional<std::string>("discard") : std::nullopt}};
}

// Says so and returns false when the entry hits more than a person can mean.
bool is_meant(const EntryOptions& options, const RulesOnDisk& rules, const List& list,
              const std::string& canonical, const CommandContext& context) {
  if (options.force) return true;
  const UtcTime now = seconds_of(context);
  if (const auto broad = why_too_broad(list.kind(), canonical)) {
    context.err << "posternctl: " << printable(options.value) << ": " << printable(*broad)
                << "; if that is meant: --force\n";
    return false;
  }
  const auto popular = popular_domain_hit(*rules.read.snapshot, list.kind(), canonical, now);
  if (!popular) return true;
  context.err << "posternctl: " << printable(options.value) << " hits " << printable(*popular)
              << ", where very many people have their mail (well_known: in the rule file); if that "
                 "is meant: --force\n";
  return false;
}

std::vector<std::string> notes_on(const std::vector<ListUse>& uses) {
  std::vector<std::string> notes;
  notes.reserve(uses.size());
  for (const ListUse& use : uses) notes.push_back(describe(use));
  return notes;
}

template <class Fits>
std::vector<ListUse> uses_that_fit(const Snapshot& snapshot, const List& list, Fits fits) {
  std::vector<ListUse> uses = uses_of_lists(snapshot);
  std::erase_if(uses, [&](const ListUse& use) { return use.list != &list || !fits(use); });
  return uses;
}

// An entry whose own action is another than the rule's: said instead of the rule's.
void note_discard(std::vector<std::string>& notes) {
  notes.emplace_back("this entry: discard (the sender is told nothing)");
}

enum class Intent { against, in_favour };

bool serves(const Action& action, Intent intent) {
  switch (kind_of(action)) {
    case ActionKind::reject:
    case ActionKind::defer:
    case ActionKind::discard:
    case ActionKind::hold:
      return intent == Intent::against;
    case ActionKind::pass:
      return intent == Intent::in_favour;
    default:
      return false;
  }
}

// An entry that is there already and has an action of its own, which is not what is wanted.
std::optional<std::string> contrary_entry(const List& list, const std::vector<int>& lines,
                                          Intent intent) {
  for (const int line : lines) {
    for (EntryId id = 0; id < list.entries().size(); ++id) {
      if (list.entries().line(id) != line) continue;
      const EntryData* data = list.entries().data(id);
      if (data == nullptr || !data->then || serves(*data->then, intent)) continue;
      return list.file() + ":" + std::to_string(line) + ": " + list.entry_text(id) +
             " is there with an action of its own (then=), which is another; unblock it first";
    }
  }
  return std::nullopt;
}

// Rules above the first of `uses` that decide the other way about the same value.
std::vector<std::string> decided_above(const Snapshot& snapshot, const std::vector<ListUse>& uses,
                                       ListKind kind, const std::string& canonical, Intent intent,
                                       UtcTime now) {
  std::vector<std::string> notes;
  for (const ListUse& use : uses_of_lists(snapshot)) {
    if (use.rule >= uses.front().rule || use.rule->mode != Mode::enforce) continue;
    if (is_about_recipients(use) || use.list->kind() != kind) continue;
    const Intent other = intent == Intent::against ? Intent::in_favour : Intent::against;
    if (!serves(*use.action, other)) continue;
    const EntryId id = find_value(*use.list, kind, canonical, now);
    if (id == kNoEntry) continue;
    notes.push_back("but decided above by " + use.list->entry_text(id) + " (" + use.list->file() +
                    ":" + std::to_string(use.list->entries().line(id)) + "), " + describe(use));
  }
  return notes;
}

CtlExit put_into(const RulesOnDisk& rules, const List& list, const EntryOptions& options,
                 bool discard, const std::vector<ListUse>& uses, Intent intent,
                 std::vector<std::string> notes, const CommandContext& context) {
  const auto canonical = canonical_for(list, options.value, context);
  if (!canonical) return CtlExit::usage;
  if (!is_meant(options, rules, list, *canonical, context)) return CtlExit::no;
  const auto change = ListChange::open(rules, list);
  if (!change) {
    context.err << "posternctl: " << printable(change.error().text) << "\n";
    return CtlExit::no;
  }
  const UtcTime now = seconds_of(context);
  EntryEdit edit = put_entry(change->text(), list.kind(),
                             {options.value, *canonical, words_of(options, discard, now)}, now);
  const auto contrary = discard ? std::nullopt : contrary_entry(list, edit.lines, intent);
  if (contrary) {
    context.err << "posternctl: " << printable(*contrary) << "\n";
    return CtlExit::no;
  }
  const auto above =
      decided_above(*rules.read.snapshot, uses, list.kind(), *canonical, intent, now);
  notes.insert(notes.end(), above.begin(), above.end());
  const CtlExit done = carry_out(
      {rules, list, *change, std::move(edit), std::move(notes), options.dry_run}, context);
  return done == CtlExit::ok && !above.empty() ? CtlExit::no : done;
}

// The kind of list that a value is for, by its looks.
ListKind kind_by_looks(const std::string& value) {
  if (IpNetwork::parse(value)) return ListKind::network;
  const bool address = value == "<>" || value.find('@') != std::string::npos;
  return address ? ListKind::address : ListKind::domain;
}

std::string attribute_for(ListKind kind) {
  if (kind == ListKind::network) return "client";
  return kind == ListKind::address ? "sender" : "sender_domain";
}

void teach_allow(const AllowOptions& options, ListKind kind, const CommandContext& context) {
  const std::string name = options.check.empty() ? "allowed" : "no-" + options.check;
  const std::string then = options.check.empty() ? "pass" : "skip " + options.check;
  context.err << "posternctl: no list of kind " << to_string(kind) << " that a rule uses to "
              << printable(then) << "; want in the rule file, above what it is to spare:\n"
              << "lists:\n  " << printable(name) << ": { kind: " << to_string(kind)
              << ", file: lists/" << printable(name)
              << ".txt }\nrules:\n  - name: " << printable(name) << "\n    when: { "
              << attribute_for(kind) << ": " << printable(name)
              << " }\n    then: " << printable(then) << "\n";
}

// Which list is meant when none is named: the only one that does what is asked for with such
// values.
std::string list_to_allow(const AllowOptions& options, const RulesOnDisk& rules,
                          const CommandContext& context) {
  const ListKind kind = kind_by_looks(options.value);
  const auto names = names_of_lists(*rules.read.snapshot, [&](const ListUse& use) {
    return use.list->kind() == kind && is_for(use, options.check) && !is_about_recipients(use) &&
           (!options.check.empty() || kind_of(*use.action) == ActionKind::pass);
  });
  if (names.size() == 1) return names.front();
  if (names.empty()) {
    teach_allow(options, kind, context);
  } else {
    context.err << "posternctl: several lists would do; want --list " << printable(one_of(names))
                << "\n";
  }
  return {};
}

}  // namespace

CtlExit run_block(const BlockOptions& options, const CommandContext& context) {
  if (!is_one_line(options, context)) return CtlExit::usage;
  const auto rules = read_rules_on_disk(context);
  if (!rules) return CtlExit::no;
  const Snapshot& snapshot = *rules->read.snapshot;
  const std::string name = options.list.empty() ? kCampaignList : options.list;
  const auto blocking = names_of_lists(snapshot, is_against);
  const auto list = list_named(*rules, name, blocking, context);
  if (!list) return CtlExit::no;
  const auto uses = uses_that_fit(snapshot, *list, is_against);
  if (uses.empty()) {
    context.err << "posternctl: no rule refuses, defers, discards or holds mail by list '" << name
                << "'";
    if (!blocking.empty()) context.err << "; want --list " << printable(one_of(blocking));
    context.err << "\n";
    return CtlExit::no;
  }
  auto notes = notes_on(uses);
  if (options.discard) note_discard(notes);
  return put_into(*rules, *list, options, options.discard, uses, Intent::against, std::move(notes),
                  context);
}

CtlExit run_allow(const AllowOptions& options, const CommandContext& context) {
  if (!is_one_line(options, context)) return CtlExit::usage;
  const auto rules = read_rules_on_disk(context);
  if (!rules) return CtlExit::no;
  const Snapshot& snapshot = *rules->read.snapshot;
  const std::string name =
      options.list.empty() ? list_to_allow(options, *rules, context) : options.list;
  if (name.empty()) return CtlExit::no;
  const auto fits = [&](const ListUse& use) { return is_for(use, options.check); };
  const auto allowing = names_of_lists(snapshot, fits);
  const auto list = list_named(*rules, name, allowing, context);
  if (!list) return CtlExit::no;
  const auto uses = uses_that_fit(snapshot, *list, fits);
  if (uses.empty()) {
    context.err << "posternctl: no rule uses list '" << name << "' to "
                << printable(options.check.empty() ? "pass or skip" : "skip " + options.check);
    if (!allowing.empty()) context.err << "; want --list " << printable(one_of(allowing));
    context.err << "\n";
    return CtlExit::no;
  }
  return put_into(*rules, *list, options, false, uses, Intent::in_favour, notes_on(uses), context);
}

}  // namespace postern
