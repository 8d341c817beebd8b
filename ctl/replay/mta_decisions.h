// What an MTA's log tells of messages, as decisions of the past: one for each recipient that was
// accepted, which is known when the first delivery to it is logged, and one for each refusal. What
// the log does not have is untold. Pure; one thread; bounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/domain_name.h"
#include "ctl/maillog/mail_event.h"
#include "rules/replay/past.h"

namespace postern::ctl {

class MtaDecisions {
 public:
  // Messages between their first line and their last; of more the oldest is taken for ended.
  static constexpr std::size_t kMaxOpen = 20'000;
  // Recipients and refusals of one message.
  static constexpr std::size_t kMaxOfMessage = 1000;

  struct Listener {
    // The MTA says which door would have been asked.
    std::function<void(const replay::Past&, MailEvent::Mta)> decision;
    // Somebody of this site has written to that domain, which is not their own.
    std::function<void(const DomainName&)> written_to;
  };

  explicit MtaDecisions(Listener listener) : tell_(std::move(listener)) {}

  void add(const MailEvent& event);
  // The log has ended.
  void end();

  // Of this machine's own clients and of those that have authenticated: not told.
  [[nodiscard]] std::uint64_t own() const { return own_; }
  // Lines about messages of which the log does not have client and sender: not told.
  [[nodiscard]] std::uint64_t without_beginning() const { return without_beginning_; }

 private:
  struct Message {
    std::string queue_id;
    MailEvent known;  // time, client, HELO, sender, TLS
    std::set<std::string> told;
    std::vector<MailEvent> waiting;  // refusals that came before the sender
  };
  using Messages = std::list<Message>;

  Message* find(const std::string& queue_id);
  Message& begin(const std::string& queue_id);
  void close(Messages::iterator message);
  void add_client(const MailEvent& event);
  void add_sender(const MailEvent& event);
  void add_delivery(const MailEvent& event);
  void add_verdict(const MailEvent& event);
  void tell_verdict(const MailEvent& event);
  void tell_accepted(Message& message, const std::string& recipient);
  // False: it is of this site itself.
  bool is_from_outside(const MailEvent& mail, const std::string& recipient);

  Listener tell_;
  Messages open_;  // the oldest first
  std::map<std::string, Messages::iterator, std::less<>> by_id_;
  std::uint64_t own_ = 0;
  std::uint64_t without_beginning_ = 0;
};

}  // namespace postern::ctl
