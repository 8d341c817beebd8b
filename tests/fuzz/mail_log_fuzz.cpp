// Whatever stands in a log of an MTA, in a bounce or in a mail: it is read or passed over, bounded,
// no text of it has a line end that was none, and what is said of it fits a terminal and is JSON.
#include <algorithm>
#include <set>
#include <string>

#include "common/json/parse_json.h"
#include "ctl/maillog/mail_assembler.h"
#include "ctl/maillog/mail_line.h"
#include "ctl/maillog/mail_log.h"
#include "ctl/why/clues.h"
#include "ctl/why/why_answer.h"
#include "tests/fuzz/require.h"

namespace postern::mail_log_fuzz {
namespace {

constexpr UtcTime kNow{std::chrono::seconds{1795284000}};  // 2026-11-21T18:00:00Z

bool fits_a_terminal(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\n' || (byte >= 0x20 && byte != 0x7f);
  });
}

bool is_one_line(std::string_view text) {
  return text.find('\n') == std::string_view::npos;
}

void check_event(const ctl::MailEvent& event) {
  require(event.recipients.size() <= ctl::kMaxLineRecipients);
  require(event.times >= 1 && event.times <= ctl::kMaxRepeats);
  require(event.verdict.has_value() == (event.kind == ctl::MailEvent::Kind::verdict));
  require(event.delivery.has_value() == (event.kind == ctl::MailEvent::Kind::delivery));
  for (const std::string& recipient : event.recipients) require(is_one_line(recipient));
  require(is_one_line(event.sender.value_or("")) && is_one_line(event.helo.value_or("")));
  if (event.verdict) require(is_one_line(event.verdict->reply));
}

// Each queue id that is told of was in an event, each message has begun once, and its recipients
// are told as decided once.
class CheckedMails {
 public:
  void add(const ctl::MailEvent& event) {
    check_event(event);
    events_ += event.queue_id.empty() ? event.times : 1;
    mails_.add(event);
  }
  void end() {
    mails_.end();
    require(decided_ <= parts_);
  }

 private:
  void decided(const ctl::LoggedMail& mail, const ctl::LoggedPart& part) {
    require(mail.client && (mail.sender || part.recipient.empty()));
    ++decided_;
  }
  void ended(const ctl::LoggedMail& mail) {
    require(mail.first_event < events_ && begun_.insert(mail.first_event).second);
    parts_ += mail.parts.size() + (mail.whole ? 1 : 0);
  }

  std::size_t events_ = 0;
  std::size_t decided_ = 0;
  std::size_t parts_ = 0;
  std::set<std::size_t> begun_;
  ctl::MailAssembler mails_{{[this](const auto& mail, const auto& part) { decided(mail, part); },
                             [this](const ctl::LoggedMail& mail) { ended(mail); }}};
};

void check_lines(std::string_view text, const ctl::LogCalendar& calendar) {
  ctl::MailLog log(calendar);
  CheckedMails mails;
  const auto add = [&](const ctl::MailLogLine& said) {
    if (const auto* event = std::get_if<ctl::MailEvent>(&said)) mails.add(*event);
  };
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    add(log.add(line));
  }
  add(log.end());
  mails.end();
}

void check(std::string_view text) {
  const ctl::LogCalendar calendar{
      kNow, [](ctl::LocalTime local) { return UtcTime(local.time_since_epoch()); }};
  check_lines(text, calendar);
  const auto clues = ctl::clues_of(text, calendar);
  if (!clues) return;
  require(!clues->empty() && clues->size() <= ctl::kMaxClues);
  std::vector<ctl::WhyAnswer> answers;
  for (const ctl::Clue& clue : *clues) {
    for (const std::string& needle : ctl::needles_of(clue)) {
      require(!needle.empty() && is_one_line(needle));
    }
    ctl::DecisionSearch search(clue, calendar);
    search.add(text.substr(0, text.find('\n')), "log");
    ctl::WhyAnswer answer;
    answer.clue = clue;
    answer.decision = search.best();
    answer.alike = search.alike();
    answers.push_back(std::move(answer));
  }
  require(fits_a_terminal(ctl::why_text(answers)));
  const std::string json = boost::json::serialize(ctl::why_json(answers));
  require(fits_a_terminal(json) && json::parse_json(json).has_value());
}

}  // namespace
}  // namespace postern::mail_log_fuzz

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  postern::mail_log_fuzz::check(postern::as_text(data, size));
  return 0;
}
