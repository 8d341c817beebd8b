// `posternctl list`: the lists, and the entries of one; `posternctl prune`: those that have expired
// go.
#include <algorithm>
#include <boost/json.hpp>
#include <string>
#include <vector>

#include "common/base/duration.h"
#include "ctl/cli/installation.h"
#include "ctl/cli/printing.h"
#include "ctl/lists/entry_words.h"
#include "ctl/lists/find_entries.h"
#include "ctl/lists/list_editor.h"

namespace postern::ctl {
namespace {

// As many entries as lists can hold, and more.
constexpr int kMostRows = 1000000000;

enum class Order { line, hits, expires };

struct ListOptions {
  std::string name;  // empty: of all lists; and if nothing is chosen of them, the lists themselves
  std::optional<std::chrono::milliseconds> expiring;
  std::string owner;
  std::string reason;
  bool never_hit = false;
  Order order = Order::line;
  std::size_t from = 1;
  std::size_t most = 1000;
  bool csv = false;

  [[nodiscard]] bool is_about_entries() const {
    return !name.empty() || expiring || !owner.empty() || !reason.empty() || never_hit ||
           order != Order::line || csv;
  }
};

struct PruneOptions {
  std::vector<std::string> names;  // empty: all that have a file of their own
  bool dry_run = false;
};

UtcTime expiry_of(const ListedEntry& entry) {
  const lists::EntryData* data = entry.list->entries().data(entry.id);
  return data == nullptr || !data->expires ? UtcTime::max() : *data->expires;
}

bool is_wanted(const ListOptions& options, const ListedEntry& entry, UtcTime now) {
  static const lists::EntryData plain;
  const lists::EntryData* found = entry.list->entries().data(entry.id);
  const lists::EntryData& data = found == nullptr ? plain : *found;
  if (!options.owner.empty() && data.owner != options.owner) return false;
  if (data.reason.find(options.reason) == std::string::npos) return false;
  return !options.expiring || (data.expires && *data.expires <= now + *options.expiring);
}

// RFC 4180.
std::string csv_line(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) {
    line += line.empty() ? "\"" : ",\"";
    for (const char c : field) line += c == '"' ? "\"\"" : std::string(1, c);
    line += '"';
  }
  return line;
}

void print_entries(const ListOptions& options, const std::vector<ListedEntry>& entries,
                   const EntryWords& words, const Console& console) {
  const std::size_t begin = std::min(options.from - 1, entries.size());
  const std::size_t end = begin + std::min(options.most, entries.size() - begin);
  if (console.is_json()) {
    boost::json::array shown;
    for (std::size_t i = begin; i < end; ++i) shown.push_back(words.json(entries[i]));
    console.json(boost::json::object{{"entries", entries.size()}, {"shown", shown}});
    return;
  }
  if (options.csv) {
    console.line("list,entry,reason,owner,expires,hits,last,file,line");
    for (std::size_t i = begin; i < end; ++i) console.line(csv_line(words.columns(entries[i])));
    return;
  }
  for (std::size_t i = begin; i < end; ++i) console.line(words.line(entries[i]));
  if (begin > 0 && begin == end) {
    console.line("there are only ", entries.size());
  } else if (end < entries.size()) {
    console.line(entries.size() - end, " more: --from ", end + 1, ", or --most NUMBER");
  }
}

CtlExit list_entries(const ListOptions& options, const RulesOnDisk& rules,
                     const CommandContext& context) {
  const Snapshot& snapshot = *rules.read.snapshot;
  if (!options.name.empty() && !snapshot.find_list(options.name)) {
    context.console.error(rules.read.files.front().path, " has no list '", options.name, "'");
    return CtlExit::no;
  }
  const auto now = std::chrono::floor<std::chrono::seconds>(context.now);
  std::vector<ListedEntry> entries;
  for (const auto& list : snapshot.lists()) {
    if (!options.name.empty() && list->name() != options.name) continue;
    for (lists::EntryId id = 0; id < list->entries().size(); ++id) {
      if (is_wanted(options, {list.get(), id}, now)) entries.push_back({list.get(), id});
    }
  }
  const EntryWords words(rules, entries, context);
  if (options.never_hit) {
    std::erase_if(entries, [&](const ListedEntry& entry) { return words.hits(entry) > 0; });
  }
  if (options.order == Order::hits) {
    std::stable_sort(entries.begin(), entries.end(), [&](const auto& one, const auto& other) {
      return words.hits(one) > words.hits(other);
    });
  } else if (options.order == Order::expires) {
    std::stable_sort(entries.begin(), entries.end(), [&](const auto& one, const auto& other) {
      return expiry_of(one) < expiry_of(other);
    });
  }
  print_entries(options, entries, words, context.console);
  return entries.empty() ? CtlExit::no : CtlExit::ok;
}

CtlExit list_lists(const RulesOnDisk& rules, const CommandContext& context) {
  const auto now = std::chrono::floor<std::chrono::seconds>(context.now);
  boost::json::array lists;
  std::vector<std::vector<std::string>> rows{{"list", "kind", "entries", "expired", "file"}};
  for (const auto& list : rules.read.snapshot->lists()) {
    const std::size_t expired = list->expired(now);
    rows.push_back({list->name(), std::string(to_string(list->kind())),
                    std::to_string(list->entries().size()), std::to_string(expired),
                    explain::short_path(list->file(), context.settings_file)});
    lists.push_back({{"name", list->name()},
                     {"kind", to_string(list->kind())},
                     {"entries", list->entries().size()},
                     {"expired", expired},
                     {"file", list->file()}});
  }
  if (context.console.is_json()) {
    context.console.json(boost::json::object{{"lists", lists}});
  } else {
    context.console.page(as_columns(rows));
  }
  return CtlExit::ok;
}

CtlExit run_list(const ListOptions& options, const CommandContext& context) {
  const auto rules = read_rules_on_disk(context);
  if (!rules) return CtlExit::no;
  return options.is_about_entries() ? list_entries(options, *rules, context)
                                    : list_lists(*rules, context);
}

// The lists to prune; nothing, and said, when one has no file of its own.
std::optional<std::vector<const lists::List*>> lists_to_prune(const PruneOptions& options,
                                                              const RulesOnDisk& rules,
                                                              const Console& console) {
  std::vector<const lists::List*> lists;
  for (const std::string& name : options.names) {
    const auto list = rules.read.snapshot->find_list(name);
    if (!list) {
      console.error(rules.read.files.front().path, " has no list '", name, "'");
      return std::nullopt;
    }
    lists.push_back(list.get());
  }
  if (!options.names.empty()) return lists;
  for (const auto& list : rules.read.snapshot->lists()) {
    const bool is_written = list->origin().spf.empty();
    if (is_written && list->file() != rules.read.files.front().path) lists.push_back(list.get());
  }
  return lists;
}

CtlExit print_nothing_expired(EditPurpose purpose, const Console& console) {
  const std::string why = "nothing has expired";
  console.is_json() ? console.json(json_of_nothing(purpose, why)) : console.line(why);
  return CtlExit::ok;
}

CtlExit run_prune(const PruneOptions& options, const CommandContext& context) {
  const auto rules = read_rules_on_disk(context);
  if (!rules) return CtlExit::no;
  const Console& console = context.console;
  auto lists = lists_to_prune(options, *rules, console);
  if (!lists) return CtlExit::no;
  const auto now = std::chrono::floor<std::chrono::seconds>(context.now);
  std::erase_if(*lists, [&](const lists::List* list) { return list->expired(now) == 0; });
  const auto purpose = options.dry_run ? EditPurpose::show : EditPurpose::write;
  if (lists->empty()) return print_nothing_expired(purpose, console);
  auto editor = open_lists(*rules, *lists, purpose);
  if (!editor) {
    console.error(editor.error().text);
    return CtlExit::no;
  }
  EditTask task{*rules, *editor, {}, {}};
  for (const lists::List* list : *lists) {
    const std::string path = file_of_list(*rules, *list).value();
    EntryEdit edit = remove_expired(editor->text(path), now);
    editor->edit(path, edit.text);
    task.changes.push_back({list, path, std::move(edit)});
  }
  return carry_out(task, context);
}

std::vector<OptionRow> list_options(ListOptions& to) {
  return {{"[LIST]", "A list; without it all, or what lists there are", &to.name},
          {"--expiring TIME", "Those that have expired, or will within that time",
           parsed(to.expiring, parse_duration)},
          {"--owner NAME", "Those of this owner", &to.owner},
          {"--reason TEXT", "Those with this in their reason", &to.reason},
          {"--never-hit", "Those that have not been hit since the daemons started", &to.never_hit},
          {"--sort", "Default: line",
           one_of(to.order,
                  {{"line", Order::line}, {"hits", Order::hits}, {"expires", Order::expires}})},
          {"--from NUMBER", "Begin with this one, counted from 1",
           NumberWithin{&to.from, 1, kMostRows}},
          {"--most NUMBER", "So many", NumberWithin{&to.most, 1, kMostRows}},
          {"--csv", "For a spreadsheet", &to.csv}};
}

std::vector<OptionRow> prune_options(PruneOptions& to) {
  return {{"[LIST]", "Lists; default: all that have a file of their own", &to.names},
          {"--dry-run", "Say what would be removed", &to.dry_run}};
}

}  // namespace

extern const Command kListCommand{
    "list", "Shows the lists, or the entries of one",
    "Examples:\n"
    "  posternctl list                            which lists there are\n"
    "  posternctl list --expiring 24h             what ends by tomorrow, in any of them\n"
    "  posternctl list campaign --sort hits --csv\n"
    "As the files are on disk; hits are those since the daemons started. Writes nothing. 1: there\n"
    "is no such entry.",
    prepare<list_options, run_list>};

extern const Command kPruneCommand{"prune", "Takes entries that have expired out of their files",
                                   "Examples:\n"
                                   "  posternctl prune --dry-run\n"
                                   "  posternctl prune campaign campaign-clients\n"
                                   "An entry that has expired matches nothing; its line only takes "
                                   "room. The generations that are\n"
                                   "kept still have it.",
                                   prepare<prune_options, run_prune>};

}  // namespace postern::ctl
