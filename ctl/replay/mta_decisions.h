// What an MTA's log tells of messages, as decisions of the past: one for each recipient, and one of
// a message that was refused as a whole. What the log does not have is untold. Pure; one thread;
// bounded as MailAssembler is.
#pragma once

#include <cstdint>
#include <functional>

#include "common/base/domain_name.h"
#include "ctl/maillog/mail_assembler.h"
#include "rules/replay/past.h"

namespace postern::ctl {

class MtaDecisions {
 public:
  struct Listener {
    // The MTA says which door would have been asked.
    std::function<void(const replay::Past&, MailEvent::Mta)> decision;
    // Somebody of this site has written to that domain, which is not their own.
    std::function<void(const DomainName&)> written_to;
  };

  explicit MtaDecisions(Listener listener) : tell_(std::move(listener)) {}
  MtaDecisions(const MtaDecisions&) = delete;
  MtaDecisions& operator=(const MtaDecisions&) = delete;

  // Events without a time are passed over.
  void add(const MailEvent& event);
  // The log has ended.
  void end() { mails_.end(); }

  // Of this machine's own clients and of those that have authenticated: not told.
  [[nodiscard]] std::uint64_t own() const { return own_; }
  // Recipients of messages of which the log does not have client or sender: not told.
  [[nodiscard]] std::uint64_t without_beginning() const { return mails_.without_beginning(); }

 private:
  void tell(const LoggedMail& mail, const LoggedPart& part);
  void tell_own(const LoggedMail& mail, const LoggedPart& part);

  Listener tell_;
  MailAssembler mails_{{[this](const auto& mail, const auto& part) { tell(mail, part); }, {}}};
  std::uint64_t own_ = 0;
};

}  // namespace postern::ctl
