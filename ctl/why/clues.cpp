#include "ctl/why/clues.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "ctl/log/journal_export.h"
#include "ctl/log/log_entry.h"
#include "ctl/maillog/logged_mail.h"
#include "ctl/maillog/mail_line.h"
#include "ctl/why/pasted_mail.h"

namespace postern::ctl {
namespace {

Clue clue_of_decision(LogFields fields, std::optional<UtcTime> time) {
  Clue clue;
  clue.kind = Clue::Kind::decision;
  clue.id = field_of(fields, "queue_id");
  clue.time = time;
  clue.decision = std::move(fields);
  return clue;
}

// The verdict that counts: a line about a message may have had several.
void set_verdict(const LoggedMail& mail, Clue& clue) {
  if (mail.verdicts.empty()) return;
  const LoggedMail::Verdict& verdict = mail.verdicts.back();
  clue.stage = verdict.stage;
  clue.said = verdict.reply;
  if (!verdict.recipients.empty()) clue.recipients = verdict.recipients;
}

Clue clue_of_mail(const LoggedMail& mail) {
  Clue clue;
  clue.kind = Clue::Kind::mta_line;
  clue.id = mail.queue_id;
  clue.time = mail.time;
  if (mail.client) {
    clue.client = mail.client->address;
    clue.client_name = mail.client->name;
  }
  clue.helo = mail.helo.value_or("");
  if (mail.sender) clue.senders.push_back(*mail.sender);
  clue.recipients = mail.recipients;
  set_verdict(mail, clue);
  return clue;
}

// Puts lines together that are about one message.
class LineClues {
 public:
  explicit LineClues(const LogCalendar& calendar) : calendar_(calendar) {}

  void add(std::string_view line) {
    if (is_full()) return;
    if (journal_.add(line)) {
      if (const auto record = journal_.take()) add_record(*record);
      return;
    }
    LogEntry entry = read_log_entry(line, calendar_);
    const bool decided =
        entry.kind == LogEntry::Kind::decision || entry.kind == LogEntry::Kind::untrusted;
    if (decided) {
      clues_.push_back({clue_of_decision(std::move(entry.fields), entry.time), std::nullopt});
    } else if (const auto event = read_mail_line(line, calendar_)) {
      add_event(*event);
    }
  }

  std::vector<Clue> take() {
    if (const auto record = last_record()) add_record(*record);
    std::vector<Clue> clues;
    for (auto& [clue, mail] : clues_) clues.push_back(mail ? clue_of_mail(*mail) : std::move(clue));
    return clues;
  }

 private:
  struct Part {
    Clue clue;
    std::optional<LoggedMail> mail;
  };

  [[nodiscard]] bool is_full() const { return clues_.size() >= kMaxClues; }

  // A person may have left out the empty line at the end.
  std::optional<ProgramLine> last_record() {
    return journal_.add("") ? journal_.take() : std::nullopt;
  }

  void add_record(const ProgramLine& record) {
    if (record.program.starts_with("postern")) {
      if (auto fields = read_log_line(record.text)) {
        clues_.push_back({clue_of_decision(std::move(*fields), record.time), std::nullopt});
      }
    } else if (const auto event = read_mail_line(record)) {
      add_event(*event);
    }
  }

  void add_event(const MailEvent& event) {
    const auto known = open_.find(event.queue_id);
    if (!event.queue_id.empty() && known != open_.end()) {
      LoggedMail& mail = *clues_[known->second].mail;
      mail.add(event);
      if (mail.is_over()) open_.erase(known);
      return;
    }
    LoggedMail mail;
    mail.add(event);
    if (!event.queue_id.empty() && !mail.is_over()) open_[event.queue_id] = clues_.size();
    clues_.push_back({{}, std::move(mail)});
  }

  const LogCalendar& calendar_;
  JournalExport journal_;
  std::vector<Part> clues_;
  std::map<std::string, std::size_t, std::less<>> open_;  // messages, by queue id: index of a clue
};

bool is_word(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  return !text.empty() && text.size() <= kLongest &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

}  // namespace

std::vector<Clue> clues_of_lines(std::string_view text, const LogCalendar& calendar) {
  LineClues lines(calendar);
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.size() <= kMaxLogLine) lines.add(line);
  }
  return lines.take();
}

Result<std::vector<Clue>> clues_of(std::string_view text, const LogCalendar& calendar) {
  auto clues = clues_of_lines(text, calendar);
  if (!clues.empty()) return clues;
  if (auto bounce = read_bounce(text)) return std::vector<Clue>{std::move(*bounce)};
  if (auto message = read_message(text)) return std::vector<Clue>{std::move(*message)};
  const std::string_view word = trimmed(text);
  if (!is_word(word)) {
    return failure("no decision, no line of Postfix or sendmail about a mail, no bounce, no mail");
  }
  Clue clue;
  clue.id = word;
  return std::vector<Clue>{std::move(clue)};
}

}  // namespace postern::ctl
