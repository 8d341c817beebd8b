#include "ctl/lists/commands.h"

#include <algorithm>

#include "common/base/escape.h"
#include "ctl/lists/guards.h"
#include "ctl/lists/list_editor.h"
#include "ctl/lists/list_use.h"
#include "rules/load/action_node.h"

namespace postern::ctl {
namespace {

UtcTime seconds_of(const CommandContext& context) {
  return std::chrono::floor<std::chrono::seconds>(context.now);
}

// Texts that a list file can hold: one line of it.
bool is_one_line(const EntryOptions& options, const Console& console) {
  constexpr std::size_t kMaxText = 1000;
  constexpr std::size_t kShown = 80;
  for (const std::string* text : {&options.value, &options.reason, &options.owner}) {
    if (printable(*text) == *text && text->size() <= kMaxText) continue;
    console.error("found '", text->substr(0, kShown), "', want one line of text, at most ",
                  kMaxText, " bytes");
    return false;
  }
  return true;
}

// `; want --list a or b`, when there are any.
std::string instead(const std::vector<std::string>& lists) {
  return lists.empty() ? "" : "; want --list " + alternatives(lists);
}

// The list of that name, said when there is none; `fitting` are those to name then.
std::shared_ptr<const lists::List> list_named(const RulesOnDisk& rules, const std::string& name,
                                              const std::vector<std::string>& fitting,
                                              const Console& console) {
  auto list = rules.read.snapshot->find_list(name);
  if (!list) {
    console.error(rules.read.files.front().path, " has no list '", name, "'", instead(fitting));
  }
  return list;
}

// The value in canonical form, said when the list cannot hold it.
std::optional<std::string> canonical_for(const lists::List& list, const std::string& value,
                                         const Console& console) {
  auto canonical = canonical_entry(list.kind(), value);
  if (canonical && printable(value) == value) return *canonical;
  console.error("list '", list.name(), "' is of kind ", to_string(list.kind()), ", and ",
                canonical ? value + " has control characters" : canonical.error().text);
  return std::nullopt;
}

// `notes` that quote entries of any list; where one is hidden (server/config/hidden_files.h):
// `what`.
std::vector<std::string> without_hidden(const RulesOnDisk& rules, std::vector<std::string> notes,
                                        const std::string& what) {
  if (!rules.hidden.empty()) {
    for (std::string& note : notes) note = what + ", which is not shown (see above)";
  }
  return notes;
}

// What is asked for the entry's own action (`then=`): that it stays as it is, where the entry is
// there already; discard; or whatever makes it a refusal, which is none where the rules refuse.
enum class OwnAction { as_it_is, discard, reject };

// What block and allow ask for.
struct EntryTask {
  const RulesOnDisk& rules;
  const lists::List& list;
  const EntryOptions& options;
  const std::vector<ListUse>& uses;  // of the list, those that do what is wanted; at least one
  Intent intent;
  OwnAction own_action = OwnAction::as_it_is;
};

// Says so and returns false when the entry hits more than a person can mean.
bool is_meant(const EntryTask& task, const std::string& canonical, const CommandContext& context) {
  const auto& [rules, list, options, uses, intent, own_action] = task;
  if (options.force) return true;
  if (const auto broad = why_too_broad(list.kind(), canonical)) {
    context.console.error(options.value, ": ", *broad, "; if that is meant: --force");
    return false;
  }
  const bool about_clients = std::any_of(uses.begin(), uses.end(), [](const ListUse& use) {
    return use.attribute == Attribute::client;
  });
  const auto own = own_network_hit(list.kind(), canonical);
  if (own && intent == Intent::block && about_clients) {
    context.console.error(options.value, " hits ", *own,
                          ", where one's own machines are; if that is meant: --force");
    return false;
  }
  const auto popular =
      popular_domain_hit(*rules.read.snapshot, list.kind(), canonical, seconds_of(context));
  if (!popular) return true;
  context.console.error(options.value, " hits ", rules.hidden.empty() ? *popular : "a name",
                        ", where very many people have their mail (well_known: in the rule file); "
                        "if that is meant: --force");
  return false;
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
  const auto present = [](const std::string& text) {
    return text.empty() ? std::nullopt : std::optional<std::string>(text);
  };
  std::optional<std::string> expires;
  if (options.lasts) {
    expires = format_utc(now + std::chrono::ceil<std::chrono::seconds>(*options.lasts));
  }
  std::vector<EntryWord> words{
      {"reason", present(options.reason)}, {"owner", present(options.owner)}, {"expires", expires}};
  if (task.own_action != OwnAction::as_it_is) words.push_back({"then", wanted_action(task)});
  return words;
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

CtlExit add_to_list(const EntryTask& task, const CommandContext& context) {
  const auto& [rules, list, options, uses, intent, own_action] = task;
  const Snapshot& snapshot = *rules.read.snapshot;
  const Console& console = context.console;
  const bool blocking = intent == Intent::block;
  const auto misplaced =
      why_not_for_list(snapshot, list, options.value,
                       [blocking, kind = kind_of(*uses.front().action)](const ListUse& use) {
                         return blocking ? blocks(use) : kind_of(*use.action) == kind;
                       });
  if (misplaced) {
    console.error(*misplaced);
    return CtlExit::usage;
  }
  const auto canonical = canonical_for(list, options.value, console);
  if (!canonical) return CtlExit::usage;
  if (!is_meant(task, *canonical, context)) return CtlExit::no;
  auto editor =
      ListEditor::open(rules, list, options.dry_run ? EditPurpose::show : EditPurpose::write);
  if (!editor) {
    console.error(editor.error().text);
    return CtlExit::no;
  }
  const UtcTime now = seconds_of(context);
  EntryEdit edit =
      add_entry(editor->text(), list.kind(), {options.value, *canonical, words_of(task, now)});
  if (own_action == OwnAction::as_it_is) {
    if (const auto conflict = conflicting_entry(list, edit.lines, intent)) {
      console.error(*conflict);
      return CtlExit::no;
    }
  }
  auto notes = notes_on(task, edit.shown.front());
  notes.insert(notes.end(), edit.notes.begin(), edit.notes.end());
  const auto above =
      without_hidden(rules, decided_above(snapshot, uses, list.kind(), *canonical, intent, now),
                     "but decided above by an entry");
  notes.insert(notes.end(), above.begin(), above.end());
  const CtlExit done = carry_out(
      {rules, list, *editor, std::move(edit), std::move(notes), options.dry_run}, context);
  return done == CtlExit::ok && !above.empty() ? CtlExit::no : done;
}

// Which list is meant when none is named: the only one that does what is asked for with such
// values. Empty, and said: there is none, or several.
std::string list_to_allow(const AllowOptions& options, const Snapshot& snapshot,
                          const Console& console) {
  const lists::ListKind kind = kind_by_looks(options.value);
  const auto names = names_of_lists(snapshot, [&](const ListUse& use) {
    return use.list->kind() == kind && allows(use, options.check) && !is_about_recipients(use) &&
           (!options.check.empty() || kind_of(*use.action) == ActionKind::pass);
  });
  if (names.size() == 1) return names.front();
  if (!names.empty()) {
    console.error("several lists would do", instead(names));
    return {};
  }
  const std::string name = options.check.empty() ? "allowed" : "no-" + options.check;
  const std::string then = options.check.empty() ? "pass" : "skip " + options.check;
  console.error("no list of kind ", to_string(kind), " that a rule uses to ", then,
                "; want in the rule file, above what it is to spare:");
  console.error_line("lists:");
  console.error_line("  ", name, ": { kind: ", to_string(kind), ", file: lists/", name, ".txt }");
  console.error_line("rules:");
  console.error_line("  - name: ", name);
  console.error_line("    when: { ", attribute_for(kind), ": ", name, " }");
  console.error_line("    then: ", then);
  return {};
}

// Where the value is refused all the same, by the rules as they will be.
std::vector<std::string> still_refused(const Snapshot& snapshot, lists::ListKind kind,
                                       const std::string& canonical, UtcTime now) {
  std::vector<std::string> notes;
  for (const StandingEntry& standing : entries_that_block(snapshot, kind, canonical, now)) {
    const lists::List& list = *standing.use.list;
    notes.push_back("still refused by " + list.entry_text(standing.entry) + " (" + list.file() +
                    ":" + std::to_string(list.entries().line(standing.entry)) + "), " +
                    describe(standing.use));
  }
  return notes;
}

}  // namespace

CtlExit run_block(const BlockOptions& options, const CommandContext& context) {
  const Console& console = context.console;
  if (!is_one_line(options, console)) return CtlExit::usage;
  const auto rules = read_rules_on_disk(context);
  if (!rules) return CtlExit::no;
  const Snapshot& snapshot = *rules->read.snapshot;
  const std::string name = options.list.empty() ? kCampaignList : options.list;
  const auto blocking = names_of_lists(snapshot, blocks);
  const auto list = list_named(*rules, name, blocking, console);
  if (!list) return CtlExit::no;
  const auto uses = uses_that_fit(snapshot, *list, blocks);
  if (uses.empty()) {
    console.error("no rule refuses, defers, discards or holds mail by list '", name, "'",
                  instead(blocking));
    return CtlExit::no;
  }
  OwnAction own_action = options.discard ? OwnAction::discard : OwnAction::as_it_is;
  if (options.reject) own_action = OwnAction::reject;
  return add_to_list({*rules, *list, options, uses, Intent::block, own_action}, context);
}

CtlExit run_allow(const AllowOptions& options, const CommandContext& context) {
  const Console& console = context.console;
  if (!is_one_line(options, console)) return CtlExit::usage;
  const auto rules = read_rules_on_disk(context);
  if (!rules) return CtlExit::no;
  const Snapshot& snapshot = *rules->read.snapshot;
  const std::string name =
      options.list.empty() ? list_to_allow(options, snapshot, console) : options.list;
  if (name.empty()) return CtlExit::no;
  const auto fits = [&](const ListUse& use) { return allows(use, options.check); };
  const auto allowing = names_of_lists(snapshot, fits);
  const auto list = list_named(*rules, name, allowing, console);
  if (!list) return CtlExit::no;
  const auto uses = uses_that_fit(snapshot, *list, fits);
  if (uses.empty()) {
    console.error("no rule uses list '", name, "' to ",
                  options.check.empty() ? "pass or skip" : "skip " + options.check,
                  instead(allowing));
    return CtlExit::no;
  }
  return add_to_list({*rules, *list, options, uses, Intent::allow}, context);
}

CtlExit run_unblock(const UnblockOptions& options, const CommandContext& context) {
  const Console& console = context.console;
  const auto rules = read_rules_on_disk(context);
  if (!rules) return CtlExit::no;
  const Snapshot& snapshot = *rules->read.snapshot;
  const std::string name = options.list.empty() ? kCampaignList : options.list;
  const auto list = list_named(*rules, name, names_of_lists(snapshot, blocks), console);
  if (!list) return CtlExit::no;
  const auto canonical = canonical_for(*list, options.value, console);
  if (!canonical) return CtlExit::usage;
  auto editor =
      ListEditor::open(*rules, *list, options.dry_run ? EditPurpose::show : EditPurpose::write);
  if (!editor) {
    console.error(editor.error().text);
    return CtlExit::no;
  }
  EntryEdit edit = remove_entry(editor->text(), list->kind(), *canonical);
  Diagnostics diagnostics;
  const auto after = editor->rules_with(edit.text, diagnostics);
  std::vector<std::string> notes;
  // Who takes a partner off a list of those who pass does not ask who else refuses him.
  if (after && !uses_that_fit(snapshot, *list, blocks).empty()) {
    notes =
        without_hidden(*rules, still_refused(*after, list->kind(), *canonical, seconds_of(context)),
                       "still refused by an entry");
  }
  const bool standing = !notes.empty();
  if (edit.kind == EntryEdit::Kind::none) {
    console.error("list '", name, "' has no entry ", options.value);
    for (const std::string& note : notes) console.error(note);
    return CtlExit::no;
  }
  const CtlExit done = carry_out(
      {*rules, *list, *editor, std::move(edit), std::move(notes), options.dry_run}, context);
  return done == CtlExit::ok && standing ? CtlExit::no : done;
}

}  // namespace postern::ctl
