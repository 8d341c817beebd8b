#include "ctl/who/who_logs.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "ctl/cli/installation.h"
#include "ctl/log/named_log.h"
#include "server/journal/journal_files.h"

namespace postern::ctl {
namespace {

// Between the first line of a message and the last decision about it.
constexpr std::chrono::hours kLongSession{1};

}  // namespace

WhoLogs::WhoLogs(const MailChoice& choice, const CommandContext& context)
    : choice_(choice),
      context_(context),
      log_(local_calendar(context.now)),
      mails_(choice),
      decisions_(choice) {}

bool WhoLogs::read(const std::string& name) {
  const auto line = [&](std::string_view text) { add(log_.add(text)); };
  const bool is_read = read_named_log(name, context_.in, line, [] {});
  add(log_.end());
  if (!is_read) context_.console.error(name, ": cannot be read");
  return is_read;
}

std::vector<Receipt> WhoLogs::take() {
  std::vector<LoggedMail> mails = mails_.take();
  if (decisions_.seen() == 0) read_journal(mails);
  if (const auto left_out = mails_.left_out() + decisions_.left_out(); left_out > 0) {
    context_.console.warning(left_out,
                             " messages and decisions are left out: too many; choose "
                             "less with --since");
  }
  return receipts_of(std::move(mails), decisions_.take(), choice_);
}

void WhoLogs::add(const MailLogLine& said) {
  if (const auto* event = std::get_if<MailEvent>(&said)) mails_.add(*event);
  if (const auto* entry = std::get_if<LogEntry>(&said)) decisions_.add(*entry);
}

// As far as it is about messages of these logs, of those whose time is known.
void WhoLogs::read_journal(const std::vector<LoggedMail>& mails) {
  Diagnostics ignored;
  const auto settings = read_settings_of_any_door(context_.settings_file, ignored);
  const std::string folder = settings ? config::journal_folder(*settings) : std::string();
  std::error_code failed;
  if (folder.empty() || (!std::filesystem::exists(folder, failed) && !failed)) return;
  std::vector<UtcTime> times;
  for (const LoggedMail& mail : mails) {
    if (mail.time) times.push_back(*mail.time);
  }
  if (times.empty()) return;
  const auto [first, last] = std::minmax_element(times.begin(), times.end());
  auto journal = journal::JournalFiles::open({folder}, *first - MailAssembler::kOneSession);
  if (!journal) return warn_of_journal(journal.error().text);
  const auto end = *last + kLongSession;
  const auto* record = journal->next();
  for (; record != nullptr && record->time < end; record = journal->next()) {
    decisions_.add(*record);
  }
  const journal::JournalCounts& counts = journal->counts();
  if (!counts.faults.empty()) warn_of_journal(counts.faults.front());
}

void WhoLogs::warn_of_journal(const std::string& fault) const {
  context_.console.warning("not all decisions of the journal are known: ", fault);
}

}  // namespace postern::ctl
