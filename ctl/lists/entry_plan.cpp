#include "ctl/lists/entry_plan.h"

#include <algorithm>
#include <utility>

#include "common/base/escape.h"
#include "ctl/cli/bounded_text.h"
#include "ctl/lists/recent_hits.h"
#include "rules/load/action_node.h"

namespace postern::ctl {
namespace {

constexpr std::size_t kMaxText = 1000;
constexpr std::size_t kMaxMib = 1;  // of pasted values

// What `block` and `allow` do, with the rules that they found.
struct EntryTask {
  const RulesOnDisk& rules;
  const EntryOptions& options;
  OwnAction own_action;
  const Wish& wish;
  const std::string& owner;
  UtcTime now;
};

// Texts that a list file can hold: one line of it.
bool is_one_line(const std::string& text, const Console& console) {
  constexpr std::size_t kShown = 80;
  if (printable(text) == text && text.size() <= kMaxText) return true;
  console.error("found '", text.substr(0, kShown), "', want one line of text, at most ", kMaxText,
                " bytes");
  return false;
}

// `; want --list a or b`, when there are any.
std::string instead(const std::vector<std::string>& lists) {
  return lists.empty() ? "" : "; want --list " + alternatives(lists);
}

void print_missing_list(const ValuePlace& place, const std::string& name, const Wish& wish,
                        const Console& console) {
  const std::string word = condition_word(place);
  const std::string_view kind = to_string(*list_kind_of(place.attribute));
  console.error("no rule ", wish.does, " by ", word, " and a list; want in the rule file",
                wish.intent == Intent::allow ? ", above what it is to spare:" : ":");
  console.error_line("lists:");
  console.error_line("  ", name, ": { kind: ", kind, ", file: lists/", name, ".txt }");
  console.error_line("rules:");
  console.error_line("  - name: ", name);
  console.error_line("    when: { ", word, ": ", name, " }");
  console.error_line("    then: ", wish.then);
}

// Which list is meant when none is named: the one that is called so, or the only one that does what
// is wanted with such values. Empty, and said: there is none, or several.
std::string list_meant(const Snapshot& snapshot, const ValuePlace& place, const Wish& wish,
                       const Console& console) {
  const auto names = names_of_lists(
      snapshot, [&](const ListUse& use) { return compares(use, place) && wish.meant(use); });
  std::string usual = wish.list + std::string(place.suffix);
  if (std::find(names.begin(), names.end(), usual) != names.end()) return usual;
  if (names.size() == 1) return names.front();
  if (names.empty()) {
    print_missing_list(place, usual, wish, console);
  } else {
    console.error("several lists would do", instead(names));
  }
  return {};
}

// Says so and returns false when the entry hits more than a person can mean.
bool is_meant(const EntryTask& task, const PlacedValue& placed, const std::string& canonical,
              const Console& console) {
  const lists::ListKind kind = placed.list->kind();
  if (task.options.force) return true;
  if (const auto broad = why_too_broad(kind, canonical)) {
    console.error(placed.value, ": ", *broad, "; if that is meant: --force");
    return false;
  }
  const bool about_clients =
      std::any_of(placed.uses.begin(), placed.uses.end(),
                  [](const ListUse& use) { return use.attribute == Attribute::client; });
  const auto own = own_network_hit(kind, canonical);
  if (own && task.wish.intent == Intent::block && about_clients) {
    console.error(placed.value, " hits ", *own,
                  ", where one's own machines are; if that is meant: --force");
    return false;
  }
  const auto popular = popular_domain_hit(*task.rules.read.snapshot, kind, canonical, task.now);
  if (!popular) return true;
  console.error(placed.value, " hits ", task.rules.hidden.empty() ? *popular : "a name",
                ", where very many people have their mail (well_known: in the rule file); "
                "if that is meant: --force");
  return false;
}

// The entry's own `then=` that makes it do what was asked for; none: what the rules do is that.
std::optional<std::string> wanted_action(OwnAction wanted, const std::vector<ListUse>& uses) {
  switch (wanted) {
    case OwnAction::discard:
      return "discard";
    case OwnAction::hold:
      return "hold";
    case OwnAction::log:
      return "log";
    case OwnAction::defer:
      return "defer";
    case OwnAction::as_it_is:
    case OwnAction::reject:
      break;
  }
  const bool refused = std::all_of(uses.begin(), uses.end(), [](const ListUse& use) {
    return kind_of(*use.action) == ActionKind::reject;
  });
  return refused ? std::nullopt : std::optional<std::string>("reject");
}

std::optional<std::string> expiry_of(const EntryOptions& options, UtcTime now) {
  if (options.until) return format_utc(*options.until);
  if (!options.lasts) return std::nullopt;
  return format_utc(now + std::chrono::ceil<std::chrono::seconds>(*options.lasts));
}

WantedEntry wanted_entry(const EntryTask& task, const PlacedValue& placed,
                         const std::string& canonical) {
  const EntryOptions& options = task.options;
  const auto present = [](const std::string& text) {
    return text.empty() ? std::nullopt : std::optional<std::string>(text);
  };
  std::vector<EntryWord> words{{"reason", present(options.reason)},
                               {"owner", present(task.owner)},
                               {"expires", expiry_of(options, task.now)}};
  if (task.own_action != OwnAction::as_it_is) {
    words.push_back({"then", wanted_action(task.own_action, placed.uses)});
  }
  return {placed.value, canonical, std::move(words)};
}

std::optional<Action> action_on(std::string_view line) {
  const auto word = word_of(line, "then");
  if (!word) return std::nullopt;
  auto action = load::parse_entry_action(*word);
  return action ? std::optional<Action>(std::move(*action)) : std::nullopt;
}

void add_once(std::vector<std::string>& notes, std::string note) {
  if (std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(std::move(note));
}

// What the rules do by the entry as it stands on `line`: its own action goes before theirs.
void add_notes(const std::vector<ListUse>& uses, std::string_view line,
               std::vector<std::string>& notes) {
  const auto own = action_on(line);
  for (ListUse use : uses) {
    if (own) use.action = &*own;
    add_once(notes, describe(use));
  }
  if (!own) return;
  std::string note = "by this entry's own action, not the rule's: " + action_text(*own);
  if (kind_of(*own) == ActionKind::discard) note += " (the sender is told nothing)";
  if (kind_of(*own) == ActionKind::log) note += " (such mail still comes in)";
  add_once(notes, std::move(note));
}

// Whether one of the entry's lines in `text` answers with 451 by itself.
bool defers_by_itself(const std::string& text, lists::ListKind kind, const WantedEntry& wanted) {
  const auto lines = lines_of_entry(text, kind, wanted.canonical);
  return std::any_of(lines.begin(), lines.end(), [&](int line) {
    const auto action = action_on(line_at(text, line));
    return action && kind_of(*action) == ActionKind::defer;
  });
}

// A value that may be written.
struct CheckedValue {
  PlacedValue placed;
  WantedEntry wanted;
};

// What stands in the way is told, and how the command ends then.
tl::expected<CheckedValue, CtlExit> check(const EntryTask& task, PlacedValue placed,
                                          const Console& console) {
  const Snapshot& snapshot = *task.rules.read.snapshot;
  if (placed.uses.empty()) {
    console.error("no rule ", task.wish.does, " by list '", placed.list->name(), "'",
                  instead(names_of_lists(snapshot, task.wish.fits)));
    return tl::unexpected(CtlExit::no);
  }
  const ActionKind kind = kind_of(*placed.uses.front().action);
  const bool blocking = task.wish.intent == Intent::block;
  const auto misplaced = why_not_for_list(
      snapshot, *placed.list, placed.value,
      [&](const ListUse& use) { return blocking ? blocks(use) : kind_of(*use.action) == kind; });
  if (misplaced) {
    console.error(*misplaced);
    return tl::unexpected(CtlExit::usage);
  }
  const auto canonical = canonical_for(placed, console);
  if (!canonical) return tl::unexpected(CtlExit::usage);
  if (!is_meant(task, placed, *canonical, console)) return tl::unexpected(CtlExit::no);
  WantedEntry wanted = wanted_entry(task, placed, *canonical);
  return CheckedValue{std::move(placed), std::move(wanted)};
}

struct CheckedValues {
  CtlExit exit = CtlExit::ok;  // when one of them may not be written
  std::vector<CheckedValue> values;
};

CheckedValues check_all(const EntryTask& task, const std::vector<std::string>& values,
                        const Console& console) {
  CheckedValues all;
  for (const std::string& value : values) {
    auto placed = place_value(task.rules, value, task.options.list, task.wish, console);
    if (!placed) {
      all.exit = std::max(all.exit, CtlExit::no);
      continue;
    }
    auto checked = check(task, std::move(*placed), console);
    if (checked) {
      all.values.push_back(std::move(*checked));
    } else {
      all.exit = std::max(all.exit, checked.error());
    }
  }
  if (all.exit != CtlExit::ok && values.size() > 1) console.error_line("nothing is written");
  return all;
}

// The rules above that decide otherwise about a value.
std::vector<std::string> notes_above(const EntryTask& task, const CheckedValue& value) {
  const auto& [placed, wanted] = value;
  return without_hidden(task.rules,
                        decided_above(*task.rules.read.snapshot, placed.uses, placed.list->kind(),
                                      wanted.canonical, task.wish.intent, task.now),
                        "but decided above by an entry");
}

// Adds what the entries would have hit lately. False, and told: they would have kept out good mail.
bool look_back(const EntryTask& task, EditTask& edits, const CommandContext& context) {
  if (task.wish.intent != Intent::block || task.options.force) return true;
  EntryLines lines;
  for (const EntryChange& change : edits.changes) {
    for (const int line : change.edit.lines) lines.emplace_back(change.list->file(), line);
  }
  const auto hits = recent_hits(edits.editor, task.rules.settings, lines, context);
  if (!hits) return true;
  edits.notes.push_back(hits->text());
  if (hits->lost.empty()) return true;
  const replay::GoodMail& first = hits->lost.front();
  context.console.error(hits->text(), "; good mail is among them: ", hits->lost.size(),
                        ", the first of ", first.mail.sender, " at ", format_utc(first.mail.time),
                        ", and ", first.mail.domain, " is ", to_string(first.standing),
                        "; if that is meant: --force");
  return false;
}

CtlExit write_all(const EntryTask& task, const std::vector<CheckedValue>& values,
                  const CommandContext& context) {
  const auto purpose = task.options.dry_run ? EditPurpose::show : EditPurpose::write;
  std::vector<const lists::List*> lists;
  lists.reserve(values.size());
  for (const CheckedValue& value : values) lists.push_back(value.placed.list);
  auto editor = open_lists(task.rules, lists, purpose);
  if (!editor) {
    context.console.error(editor.error().text);
    return CtlExit::no;
  }
  EditTask edits{task.rules, *editor, {}, {}};
  std::vector<std::string> above;
  for (const CheckedValue& value : values) {
    const lists::List& list = *value.placed.list;
    const std::string path = file_of_list(task.rules, list).value();
    WantedEntry wanted = value.wanted;
    if (task.own_action == OwnAction::as_it_is && task.wish.intent == Intent::block &&
        defers_by_itself(editor->edited(path), list.kind(), wanted)) {
      wanted.words.push_back({"then", wanted_action(OwnAction::reject, value.placed.uses)});
    }
    EntryEdit edit = add_entry(editor->edited(path), list.kind(), wanted);
    if (task.own_action == OwnAction::as_it_is) {
      if (const auto conflict = conflicting_entry(list, edit.lines, task.wish.intent)) {
        context.console.error(*conflict);
        return CtlExit::no;
      }
    }
    editor->edit(path, std::exchange(edit.text, {}));
    add_notes(value.placed.uses, edit.shown.front(), edits.notes);
    for (const std::string& note : edit.notes) add_once(edits.notes, note);
    for (std::string& note : notes_above(task, value)) add_once(above, std::move(note));
    edits.changes.push_back({&list, path, std::move(edit)});
  }
  edits.notes.insert(edits.notes.end(), above.begin(), above.end());
  if (!look_back(task, edits, context)) return CtlExit::no;
  const CtlExit done = carry_out(edits, context);
  return done == CtlExit::ok && !above.empty() ? CtlExit::no : done;
}

}  // namespace

std::optional<PlacedValue> place_value(const RulesOnDisk& rules, const std::string& value,
                                       const std::string& list, const Wish& wish,
                                       const Console& console) {
  const Snapshot& snapshot = *rules.read.snapshot;
  const ValuePlace place = place_of(value);
  const std::string name = list.empty() ? list_meant(snapshot, place, wish, console) : list;
  if (name.empty()) return std::nullopt;
  const auto found = snapshot.find_list(name);
  if (found)
    return PlacedValue{place.entry, found.get(), uses_that_fit(snapshot, *found, wish.fits)};
  console.error(rules.read.files.front().path, " has no list '", name, "'",
                instead(names_of_lists(snapshot, wish.fits)));
  return std::nullopt;
}

std::optional<std::vector<std::string>> values_of(const std::vector<std::string>& given,
                                                  const CommandContext& context) {
  std::vector<std::string> values;
  for (const std::string& word : given) {
    if (word != "-") {
      values.push_back(word);
      continue;
    }
    const auto more = read_bounded(context.in, kMaxMib, "standard input").and_then(values_in);
    if (!more) {
      context.console.error(more.error().text);
      return std::nullopt;
    }
    values.insert(values.end(), more->begin(), more->end());
  }
  if (!values.empty()) return values;
  context.console.error("found no value on standard input, want one or more");
  return std::nullopt;
}

std::optional<std::string> canonical_for(const PlacedValue& placed, const Console& console) {
  auto canonical = canonical_entry(placed.list->kind(), placed.value);
  if (canonical && printable(placed.value) == placed.value) return *canonical;
  console.error("list '", placed.list->name(), "' is of kind ", to_string(placed.list->kind()),
                ", and ",
                canonical ? placed.value + " has control characters" : canonical.error().text);
  return std::nullopt;
}

std::vector<std::string> without_hidden(const RulesOnDisk& rules, std::vector<std::string> notes,
                                        const std::string& what) {
  if (!rules.hidden.empty()) {
    for (std::string& note : notes) note = what + ", which is not shown (see above)";
  }
  return notes;
}

CtlExit add_entries(const EntryOptions& options, OwnAction own_action, const Wish& wish,
                    const CommandContext& context) {
  const Console& console = context.console;
  const auto values = values_of(options.values, context);
  if (!values) return CtlExit::usage;
  std::vector<std::string> texts{options.reason, context.caller.user};
  texts.insert(texts.end(), values->begin(), values->end());
  if (!std::all_of(texts.begin(), texts.end(),
                   [&](const std::string& text) { return is_one_line(text, console); })) {
    return CtlExit::usage;
  }
  const auto now = std::chrono::floor<std::chrono::seconds>(context.now);
  if (options.until && *options.until <= now) {
    console.error("found --until ", format_utc(*options.until), ", want a time to come");
    return CtlExit::usage;
  }
  const auto rules = read_rules_on_disk(context);
  if (!rules) return CtlExit::no;
  const EntryTask task{*rules, options, own_action, wish, context.caller.user, now};
  const CheckedValues checked = check_all(task, *values, console);
  return checked.exit == CtlExit::ok ? write_all(task, checked.values, context) : checked.exit;
}

}  // namespace postern::ctl
