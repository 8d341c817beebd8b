// `posternctl journal`: what the daemons have written of their decisions.
#include <boost/json.hpp>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/base/counted.h"
#include "common/base/duration.h"
#include "ctl/cli/installation.h"
#include "ctl/cli/json_read.h"
#include "ctl/cli/printing.h"
#include "ctl/journal/record_page.h"
#include "server/control/control_json.h"
#include "server/journal/journal_files.h"
#include "server/journal/segment_list.h"

namespace postern::ctl {
namespace {

struct JournalOptions {
  enum class What { status, export_records, show } what = What::status;
  std::string id;
  std::string since;
  std::vector<std::string> from;
};

std::optional<journal::JournalTime> since_of(const std::string& text,
                                             const CommandContext& context) {
  const auto time = parse_duration(text);
  if (time) return std::chrono::floor<std::chrono::microseconds>(context.now - *time);
  context.console.error("--since ", text, ": ", time.error().text);
  return std::nullopt;
}

// ---- status
// --------------------------------------------------------------------------------------

struct FolderSize {
  std::uint64_t segments = 0;
  std::uint64_t bytes = 0;
  std::optional<journal::JournalTime> first;  // when the oldest was begun
};

Result<FolderSize> size_of(const std::string& folder) {
  const auto segments = journal::segments_in(folder);
  if (!segments) return tl::unexpected(segments.error());
  FolderSize size;
  for (const journal::SegmentPlace& segment : *segments) {
    std::error_code gone;
    const auto bytes = std::filesystem::file_size(segment.path, gone);
    if (gone) continue;
    ++size.segments;
    size.bytes += bytes;
    if (!size.first) size.first = segment.name.begun;
  }
  return size;
}

std::string time_text(journal::JournalTime time) {
  return format_utc(std::chrono::floor<std::chrono::seconds>(time));
}

CtlExit show_status(const CommandContext& context) {
  const config::Settings settings = settings_in_use(context).settings;
  const std::string folder = config::journal_folder(settings);
  if (folder.empty()) {
    context.console.error("the settings want no journal: 'journal: off', or no 'state:'");
    return CtlExit::no;
  }
  const auto size = size_of(folder);
  if (!size) {
    context.console.error(size.error().text);
    return CtlExit::failed;
  }
  const auto answers = ask_daemons(daemons_of(settings), {"GET", "/v1/status", {}}, kQuickAnswer,
                                   print_waiting(context.console));
  const CtlExit exit = print_faults(answers, context.console);
  if (context.console.is_json()) {
    boost::json::array daemons;
    for (const DaemonAnswer& answer : answers) {
      daemons.push_back(boost::json::object{{"daemon", answer.daemon.name},
                                            {"journal", object_of(answer.body, "journal")}});
    }
    context.console.json(boost::json::object{
        {"folder", control::json_text(folder)},
        {"segments", size->segments},
        {"bytes", size->bytes},
        {"since", control::json_text_or_null(size->first ? time_text(*size->first) : "")},
        {"daemons", std::move(daemons)}});
    return exit;
  }
  context.console.line(folder, ": ", counted(size->segments, "segment"), ", ",
                       rough_size(size->bytes),
                       size->first ? ", since " + time_text(*size->first) : std::string());
  for (const DaemonAnswer& answer : answers) {
    if (!answer.ok()) continue;
    context.console.line(answer.daemon.short_name(), ": ",
                         journal_text(object_of(answer.body, "journal")));
  }
  return exit;
}

// ---- export and show
// --------------------------------------------------------------------------------------

// What could not be read; the worst of it is the result.
CtlExit tell_faults(const journal::JournalCounts& counts, const CommandContext& context) {
  for (const std::string& fault : counts.faults) context.console.warning(fault);
  if (counts.torn > 0) {
    context.console.note("last lines that were cut, a record each: ", counts.torn);
  }
  return counts.incomplete ? CtlExit::failed : CtlExit::ok;
}

bool is_of(const journal::JournalRecord& record, const std::string& id) {
  const Transaction& transaction = record.transaction;
  return transaction.queue_id == id || transaction.instance == id || record.verdict.token == id;
}

CtlExit read_records(const JournalOptions& options, const CommandContext& context) {
  std::optional<journal::JournalTime> since;
  if (!options.since.empty() && !(since = since_of(options.since, context))) return CtlExit::usage;
  auto from = options.from;
  if (from.empty()) from = {config::journal_folder(settings_in_use(context).settings)};
  if (from.front().empty()) {
    context.console.error("the settings want no journal; want --from with its folder or files");
    return CtlExit::no;
  }
  auto files = journal::JournalFiles::open(from, since);
  if (!files) {
    context.console.error(files.error().text);
    return CtlExit::failed;
  }
  const bool shows = options.what == JournalOptions::What::show && !context.console.is_json();
  std::uint64_t found = 0;
  std::string text;
  while (const journal::JournalRecord* record = files->next()) {
    if (!options.id.empty() && !is_of(*record, options.id)) continue;
    ++found;
    text.clear();
    if (shows) {
      text = record_page(*record);
    } else {
      journal::append_line(text, *record);
    }
    context.console.page(text);
    if (!context.console.is_read()) break;
  }
  const CtlExit exit = tell_faults(files->counts(), context);
  return exit == CtlExit::ok && found == 0 ? CtlExit::no : exit;
}

CtlExit run_journal(const JournalOptions& options, const CommandContext& context) {
  const bool shows = options.what == JournalOptions::What::show;
  if (shows == options.id.empty()) {
    context.console.error(
        shows ? "journal show: want the ID of a message: queue ID, instance or token"
              : "found an ID, which only 'journal show' takes");
    return CtlExit::usage;
  }
  return options.what == JournalOptions::What::status ? show_status(context)
                                                      : read_records(options, context);
}

std::vector<OptionRow> journal_options(JournalOptions& to) {
  using What = JournalOptions::What;
  return {{"ACTION", "status, export or show",
           one_of<What>(
               to.what,
               {{"status", What::status}, {"export", What::export_records}, {"show", What::show}})},
          {"[ID|TOKEN]", "Of one message, to show: its queue ID, instance or token", &to.id},
          {"--since TIME", "From so long ago: 1h, 7d", &to.since},
          {"--from PATH|FILE",
           "A folder or a segment in the place of this machine's; once for each", &to.from}};
}

}  // namespace

extern const Command kJournalCommand{
    "journal", "Says what the journal has, writes it out, or shows one message of it",
    "Examples:\n"
    "  posternctl journal show 4ZK1Yk0vXnz3T\n"
    "  posternctl journal export --since 1h | jq 'select(.action == \"reject\") | .sender'\n"
    "The daemons write every decision there with all that it was made of. export writes the\n"
    "records of both as JSON, one a line, by time. Writes no file. 1: there is none.",
    prepare<journal_options, run_journal>};

}  // namespace postern::ctl
