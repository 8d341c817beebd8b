// `posternctl export`: a list as a table of another program.
#include <algorithm>
#include <optional>

#include "ctl/lists/export_format.h"
#include "ctl/lists/list_editor.h"
#include "ctl/lists/list_use.h"
#include "rules/model/token.h"

namespace postern::ctl {
namespace {

struct ExportOptions {
  std::string list;
  ExportFormat format = ExportFormat::plain;
};

// Of what is told line by line.
constexpr std::size_t kMaxTold = 100;

// What the rules do by a list: the first rule that does not go on decides, else the first at all.
std::optional<ListUse> use_of(const Snapshot& snapshot, const lists::List& list) {
  const auto deciding = uses_that_fit(
      snapshot, list, [](const ListUse& use) { return is_final(kind_of(*use.action)); });
  if (!deciding.empty()) return deciding.front();
  const auto any = uses_that_fit(snapshot, list, [](const ListUse&) { return true; });
  return any.empty() ? std::nullopt : std::optional(any.front());
}

// Goes through the entries, and tells what is left out.
class Exporter {
 public:
  Exporter(ExportFormat format, const ListUse& use, const CommandContext& context)
      : format_(format), use_(use), context_(context) {}

  void add(lists::EntryId id) {
    const lists::List& list = *use_.list;
    const UtcTime now = std::chrono::floor<std::chrono::seconds>(context_.now);
    if (!list.entries().alive(id, now)) {
      ++expired_;
      return;
    }
    const lists::EntryData* data = list.entries().data(id);
    const bool has_own = data != nullptr && data->then;
    const Action& action = has_own ? *data->then : *use_.action;
    auto lines = exported_lines(
        format_, {list.entry_text(id), list.kind(), use_.attribute, action, has_own});
    if (!lines) return leave_out(id, lines.error().text);
    if (action_text(action).find(kTokenPlaceholder) != std::string::npos) ++with_token_;
    if (list.entries().expires(id)) ++with_end_;
    std::move(lines->begin(), lines->end(), std::back_inserter(lines_));
  }

  CtlExit finish() const {
    const Console& console = context_.console;
    console.page(exported_table(format_, use_.list->name(), lines_));
    if (left_out_ > kMaxTold) console.error("and ", left_out_ - kMaxTold, " more");
    if (left_out_ > 0) console.error(left_out_, " entries are not in it, see above");
    if (expired_ > 0) console.note(expired_, " entries have expired, and are not in it");
    if (with_end_ > 0) {
      console.note(with_end_, " entries expire, which the table cannot say: export it again");
    }
    if (with_token_ > 0 && has_replies()) {
      console.note("in the place of ", kTokenPlaceholder, ", which only Postern has, it says -");
    }
    return left_out_ == 0 ? CtlExit::ok : CtlExit::no;
  }

 private:
  [[nodiscard]] bool has_replies() const {
    return format_ != ExportFormat::nft && format_ != ExportFormat::rbldnsd &&
           format_ != ExportFormat::plain;
  }

  void leave_out(lists::EntryId id, const std::string& why) {
    if (++left_out_ > kMaxTold) return;
    context_.console.error(use_.list->file_of(id), ":", use_.list->entries().line(id), ": ",
                           use_.list->entry_text(id), ": ", why);
  }

  ExportFormat format_;
  const ListUse& use_;
  const CommandContext& context_;
  std::vector<std::string> lines_;
  std::size_t left_out_ = 0;
  std::size_t expired_ = 0;
  std::size_t with_end_ = 0;
  std::size_t with_token_ = 0;
};

CtlExit run_export(const ExportOptions& options, const CommandContext& context) {
  if (context.console.is_json()) {
    context.console.error("a table is no JSON; want export without --json");
    return CtlExit::usage;
  }
  const auto rules = read_rules_on_disk(context);
  if (!rules) return CtlExit::failed;
  const Snapshot& snapshot = *rules->read.snapshot;
  const auto list = snapshot.find_list(options.list);
  if (!list) {
    context.console.error(rules->read.files.front().path, " has no list '", options.list, "'");
    return CtlExit::no;
  }
  if (!rules->hidden.empty()) return CtlExit::failed;  // told already
  const auto use = use_of(snapshot, *list);
  if (!use) {
    context.console.error("no rule does anything by list '", options.list,
                          "': what is to follow is not known");
    return CtlExit::no;
  }
  Exporter exporter(options.format, *use, context);
  for (lists::EntryId id = 0; id < list->entries().size(); ++id) exporter.add(id);
  context.console.note("what follows an entry is that of ", describe(*use));
  return exporter.finish();
}

std::vector<OptionRow> export_options(ExportOptions& to) {
  std::vector<std::pair<std::string, ExportFormat>> formats;
  for (const auto& row : kExportFormats) formats.emplace_back(row.word, row.value);
  return {{"LIST", "Of the rules", &to.list},
          {"--format", "Of what is written to standard output; default: plain",
           one_of(to.format, formats)}};
}

}  // namespace

extern const Command kExportCommand{
    "export", "Writes a list as a table of another program",
    "Examples:\n"
    "  posternctl export campaign --format postfix-access > /etc/postfix/campaign\n"
    "  posternctl export campaign-clients --format nft > /etc/nftables.d/postern-sets.nft\n"
    "What a format cannot say is named on standard error, and is not in the table. 1: there is\n"
    "such an entry.",
    prepare<export_options, run_export>};

}  // namespace postern::ctl
