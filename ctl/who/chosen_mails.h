// The messages of an MTA's log that are asked for, as far as its lines tell. Pure; one thread;
// bounded.
#pragma once

#include <cstddef>
#include <vector>

#include "ctl/maillog/mail_assembler.h"
#include "ctl/who/mail_choice.h"

namespace postern::ctl {

class ChosenMails {
 public:
  static constexpr std::size_t kMaxMails = 300'000;

  // `choice` outlives it.
  explicit ChosenMails(const MailChoice& choice) : choice_(choice) {}
  ChosenMails(const ChosenMails&) = delete;
  ChosenMails& operator=(const ChosenMails&) = delete;

  // In the order of the log, or nearly so.
  void add(const MailEvent& event) { mails_.add(event); }
  // All that may fit, in no order. Ends it.
  std::vector<LoggedMail> take();

  [[nodiscard]] std::size_t left_out() const { return left_out_; }

 private:
  void keep(LoggedMail mail);

  const MailChoice& choice_;
  MailAssembler mails_{{{}, [this](LoggedMail mail) { keep(std::move(mail)); }}};
  std::vector<LoggedMail> kept_;
  std::size_t left_out_ = 0;
};

}  // namespace postern::ctl
