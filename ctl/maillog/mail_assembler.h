// Puts the lines of an MTA's log together into messages. Each recipient is told as soon as it is
// known that the MTA has taken the message for him, or not; each message once, with all that is
// known of it, when nothing more comes. Pure; one thread; bounded.
//
// A message is over a moment after the line that ends it, as lines may stand in another order than
// they were written in; when its queue id begins another one; when it is the one that is given up
// at kMaxOpen; and with the log. Of half a message, at the begin or the end of a log, is told what
// is there. One that passes twice, through a content filter, is two, and the first says under which
// id it goes on; the client of the second is the filter.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "ctl/maillog/logged_mail.h"

namespace postern::ctl {

class MailAssembler {
 public:
  // Messages and their recipients between the first line and the last. Of more the message whose
  // last line is the oldest is taken for over: first of those that wait for nothing (sendmail says
  // of none that it is gone), then of those that are in the queue.
  static constexpr std::size_t kMaxOpen = 100'000;
  static constexpr std::size_t kMaxRecipients = 10'000;  // of one message
  // Between lines of one session that stand in another order, or have no id in common.
  static constexpr std::chrono::seconds kOneSession{5};

  // Either may be empty.
  struct Listener {
    // Each recipient once, as the client has named him, and once what is said of all. The client is
    // known, and the sender unless nothing was said behind a greeting.
    std::function<void(const LoggedMail&, const LoggedPart&)> decided;
    std::function<void(LoggedMail)> ended;
  };

  explicit MailAssembler(Listener listener) : tell_(std::move(listener)) {}
  MailAssembler(const MailAssembler&) = delete;
  MailAssembler& operator=(const MailAssembler&) = delete;

  // In the order of the log, or nearly so.
  void add(const MailEvent& event);
  // The log has ended.
  void end();

  // Recipients that were not told as decided: the log does not have the client or the sender.
  [[nodiscard]] std::uint64_t without_beginning() const { return without_beginning_; }

 private:
  enum class State { over, settled, waiting };
  struct Open {
    LoggedMail mail;
    std::optional<UtcTime> last;  // line of it
    State state = State::waiting;
    bool begun = false;  // the line with which the MTA begins it was there
    bool whole_told = false;
    std::size_t told = 0;  // of its parts, from the first
  };
  using Mails = std::list<Open>;

  enum class More { comes, ends };

  Mails& in(State state) { return open_[static_cast<std::size_t>(state)]; }
  Mails::iterator message_of(const MailEvent& event);
  static bool is_of_another(const Open& open, const MailEvent& event);
  void add_to(Mails::iterator open, const MailEvent& event);
  void take(const MailEvent& event, Open& open);
  void add_attempt(const MailEvent& event);
  void add_held(Open& open);
  void tell_decided(Open& open, More more);
  void tell_ended(LoggedMail mail);
  void end_old(const std::optional<UtcTime>& time);
  void end_held();
  void end_first();
  void end(Mails::iterator open);

  Listener tell_;
  std::array<Mails, 3> open_;  // by state; the one whose last line is the oldest first
  std::unordered_map<std::string, Mails::iterator> by_id_;
  std::list<LoggedMail> held_;  // or discarded, before there was a queue id
  std::size_t size_ = 0;        // messages and recipients in open_
  std::size_t events_ = 0;
  std::uint64_t without_beginning_ = 0;
};

}  // namespace postern::ctl
