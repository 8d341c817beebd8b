#include "ctl/why/clues.h"

#include <algorithm>
#include <optional>
#include <string>

#include "ctl/log/log_entry.h"
#include "ctl/maillog/mail_assembler.h"
#include "ctl/maillog/mail_log.h"
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
  for (const LoggedPart& part : mail.parts) clue.recipients.push_back(part.recipient);
  if (!mail.verdict) return clue;
  clue.stage = mail.verdict->stage;
  clue.said = mail.verdict->reply;
  if (clue.id.empty()) clue.id = token_in(clue.said);  // NOQUEUE
  if (!mail.verdict->recipients.empty()) clue.recipients = mail.verdict->recipients;
  return clue;
}

// Puts lines together that are about one message. Clues stand in the order of their first lines.
class LineClues {
 public:
  explicit LineClues(const LogCalendar& calendar) : log_(calendar) {}

  void add(std::string_view line) { add(log_.add(line)); }

  std::vector<Clue> take() {
    add(log_.end());
    mails_.end();
    std::stable_sort(clues_.begin(), clues_.end(),
                     [](const Part& one, const Part& other) { return one.place < other.place; });
    if (clues_.size() > kMaxClues) clues_.resize(kMaxClues);
    std::vector<Clue> clues;
    for (Part& part : clues_) clues.push_back(std::move(part.clue));
    return clues;
  }

 private:
  struct Part {
    std::size_t place;  // events of the MTA before it
    Clue clue;
  };

  void add(const MailLogLine& said) {
    if (clues_.size() >= kMaxClues) return;
    if (const auto* entry = std::get_if<LogEntry>(&said)) {
      clues_.push_back({events_, clue_of_decision(entry->fields, entry->time)});
    } else if (const auto* event = std::get_if<MailEvent>(&said)) {
      ++events_;
      mails_.add(*event);
    }
  }

  MailLog log_;
  std::vector<Part> clues_;
  std::size_t events_ = 0;
  MailAssembler mails_{{{}, [this](const LoggedMail& mail) {
                          clues_.push_back({mail.first_event, clue_of_mail(mail)});
                        }}};
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
  Clue clue;
  clue.id = token_quoted_in(text);
  if (!clue.id.empty()) return std::vector<Clue>{std::move(clue)};
  if (auto message = read_message(text)) return std::vector<Clue>{std::move(*message)};
  const std::string_view word = trimmed(text);
  clue.id = is_word(word) ? std::string(word) : token_in(text);
  if (clue.id.empty()) {
    return failure(
        "no decision, no line of Postfix or sendmail about a mail, no bounce, no mail, no token");
  }
  return std::vector<Clue>{std::move(clue)};
}

}  // namespace postern::ctl
