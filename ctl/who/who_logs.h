// The logs of `posternctl who`: lines of MTAs and of Postern, in any files, mixed or not; and this
// host's journal where they have no decision. Blocks on files.
#pragma once

#include <string>
#include <vector>

#include "ctl/cli/command.h"
#include "ctl/maillog/mail_log.h"
#include "ctl/who/chosen_mails.h"
#include "ctl/who/receipts.h"

namespace postern::ctl {

class WhoLogs {
 public:
  // Both outlive it.
  WhoLogs(const MailChoice& choice, const CommandContext& context);

  // A file, or standard input, which is `-`. False: it could not be read to its end; that is told.
  bool read(const std::string& name);
  // Those that fit, by time. Ends it.
  std::vector<Receipt> take();

 private:
  void add(const MailLogLine& said);
  void read_journal(const std::vector<LoggedMail>& mails);
  void warn_of_journal(const std::string& fault) const;

  const MailChoice& choice_;
  const CommandContext& context_;
  MailLog log_;
  ChosenMails mails_;
  KnownDecisions decisions_;
};

}  // namespace postern::ctl
