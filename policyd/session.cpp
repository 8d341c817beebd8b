#include "policyd/session.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <cstring>
#include <exception>
#include <utility>

#include "common/base/escape.h"
#include "common/os/peer_name.h"
#include "policyd/adapter.h"
#include "policyd/reply.h"

namespace postern::policyd {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t kFirstBuffer = 2048;  // Postfix 3.7 sends 600 to 1000 bytes
constexpr std::size_t kShownBytes = 80;
// What a decision may take of its loop, on which all others wait, without a break: many times what
// most need. What may cost more at one go, and cannot be interrupted, does not begin there.
constexpr std::chrono::microseconds kShareOfLoop{100};
constexpr std::uint64_t kStepsOnLoop = std::uint64_t{1} << 18;
// A message that pauses for longer goes on with the rules of the day: idle connections must not
// keep old generations of long lists in memory.
constexpr std::chrono::seconds kMessagePause{60};
// Postfix's next request about a message comes sooner.
constexpr std::chrono::seconds kLeastWait{1};

PolicyRequestLimits limits_of(const config::PolicydSettings& settings) {
  return {settings.max_request_bytes, settings.max_request_attributes};
}

}  // namespace

Session::Session(Socket socket, Peer peer, const SessionServices& services, Outbox& outbox,
                 WaitingSessions& waiting, std::function<void(Session&)> closed)
    : socket_(std::move(socket)),
      peer_(std::move(peer)),
      services_(services),
      outbox_(outbox),
      waiting_(waiting),
      closed_(std::move(closed)),
      since_(Clock::now()),
      settings_(&services.settings.current()),
      reader_(limits_of(settings_->policyd)) {}

// What is thrown in here (no memory, most likely) ends this connection and no other.
template <class Step>
void Session::guarded(Step step) {
  try {
    step();
  } catch (const std::exception& error) {
    fail(error.what());
  }
}

// Where there is no memory for the line, either, the connection is closed all the same.
void Session::fail(const char* what) noexcept {
  try {
    warn(std::string("connection closed after an internal error: ") + what);
  } catch (const std::exception&) {
  }
  try {
    close();
  } catch (const std::exception&) {
  }
}

void Session::enter(State state) {
  state_ = state;
  since_ = Clock::now();
  unlink();
  if (state == State::idle) waiting_.idle.push_back(*this);
  if (state == State::receiving || state == State::writing) waiting_.stalled.push_back(*this);
}

bool Session::may_make_room(Clock::time_point now) const {
  if (now - since_ < kLeastWait) return false;
  if (state_ != State::idle) return state_ == State::receiving || state_ == State::writing;
  error_code error;
  return socket_.available(error) == 0;
}

void Session::start() {
  enter(State::idle);
  guarded([this] {
    // Writing is tried at once, without a turn through the loop.
    error_code error;
    socket_.non_blocking(true, error);
    read();
  });
}

void Session::make_room() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ < buffer_.size()) return;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    return;
  }
  const std::size_t wanted = std::max(kFirstBuffer, buffer_.size() * 2);
  // The reader refuses a request before it fills the largest buffer, so there is always room.
  buffer_.resize(std::min(wanted, settings_->policyd.max_request_bytes));
}

void Session::read() {
  make_room();
  socket_.async_read_some(asio::buffer(buffer_.data() + end_, buffer_.size() - end_),
                          [self = shared_from_this()](error_code error, std::size_t size) {
                            self->guarded([&] { self->on_read(error, size); });
                          });
}

void Session::on_read(const error_code& error, std::size_t size) {
  if (state_ == State::closed) return;
  if (error) {
    if (begin_ < end_) {
      warn_of_request("connection closed by the client inside a request, after " +
                      std::to_string(end_ - begin_) + " bytes");
    }
    close();
    return;
  }
  end_ += size;
  serve_buffered();
}

// A request is read to its end by the limits it began with: what has come of it is in a buffer that
// was made for them.
void Session::begin_request() {
  settings_ = &services_.settings.current();
  reader_.reset(limits_of(settings_->policyd));
}

void Session::serve_buffered() {
  if (state_ == State::idle) begin_request();
  switch (reader_.read({buffer_.data() + begin_, end_ - begin_})) {
    case PolicyRequestReader::State::bad:
      refuse(reader_.error());
      return;
    case PolicyRequestReader::State::complete:
      serve(reader_.request());
      return;
    case PolicyRequestReader::State::incomplete:
      if (begin_ < end_ && state_ == State::idle) {
        enter(State::receiving);
      }
      read();
      return;
  }
}

void Session::serve(const PolicyRequest& request) {
  enter(State::deciding);
  const auto stage = stage_of(request.protocol_state);
  if (!stage) {
    write_reply(Verdict{}, nullptr, reply_);
    if (services_.log.enabled(LogLevel::debug)) {
      std::string line = "nothing to decide at protocol_state=";
      append_log_value(line, request.protocol_state);
      services_.log.debug(line);
    }
    hand_over_reply();
    return;
  }
  fill_transaction(request, *stage, transaction_);
  const auto message = memory_.enter(transaction_);
  log_lost_headers();
  if (message == MessageMemory::Message::another || !snapshot_) {
    snapshot_ = services_.snapshots.current();
    judged_.forget();
  }
  judged_.forget_recipient();
  deadline_ = since_ + settings_->decision.deadline;
  time_.emplace(settings_->decision.max_work, deadline_);
  decision_.emplace(snapshot_, transaction_, &services_.facts, std::chrono::system_clock::now(),
                    Effort{&judged_, nullptr});
  share_loop();
  decide();
}

void Session::share_loop() {
  share_.emplace(kShareOfLoop, deadline_, kStepsOnLoop);
  decision_->go_on_with(*share_);
}

void Session::decide() {
  if (decision_->step() == Decision::Step::need_facts) {
    ask();
  } else if (share_->is_spent()) {
    lend();
  } else {
    conclude();
  }
}

void Session::lend() {
  state_ = State::lent;
  decision_->go_on_with(*time_);
  services_.costly.add(transaction_.client, [self = shared_from_this()]() mutable {
    auto step = Decision::Step::done;
    std::exception_ptr failed;
    try {
      step = self->decision_->step();
    } catch (const std::exception&) {
      failed = std::current_exception();
    }
    const Executor loop = self->socket_.get_executor();
    asio::post(loop, [self = std::move(self), step, failed] {
      self->guarded([&] {
        if (failed) std::rethrow_exception(failed);
        self->take_back(step);
      });
    });
  });
}

void Session::take_back(Decision::Step step) {
  if (state_ != State::lent) return;
  state_ = State::deciding;
  if (step == Decision::Step::done) {
    conclude();
    return;
  }
  share_loop();
  ask();
}

void Session::ask() {
  // Weak: the resolver may hold the call for longer than this connection or its loop lives.
  resolver::ask_all(
      services_.resolver, socket_.get_executor(), decision_->questions(), decision_->asker(),
      deadline_,
      [weak = weak_from_this()](std::vector<resolver::DnsAnswered> answers) {
        const auto self = weak.lock();
        if (!self) return;
        self->guarded([&] { self->on_answers(std::move(answers)); });
      },
      [weak = weak_from_this()](const resolver::DnsAnswered& answered) {
        const auto self = weak.lock();
        return self ? self->on_answer(answered) : resolver::Enough::yes;
      });
}

// One usable mail host is enough, however long the others take.
resolver::Enough Session::on_answer(const resolver::DnsAnswered& answered) {
  auto enough = resolver::Enough::yes;
  guarded([&] {
    if (state_ != State::deciding) return;
    decision_->add(answered.question, answered.fact);
    enough = decision_->can_go_on() ? resolver::Enough::yes : resolver::Enough::no;
  });
  return enough;
}

void Session::on_answers(std::vector<resolver::DnsAnswered> answers) {
  if (state_ != State::deciding) return;
  for (resolver::DnsAnswered& answered : answers) {
    decision_->add(std::move(answered.question), std::move(answered.fact));
  }
  if (Clock::now() >= deadline_) decision_->give_up(dns::DnsReason::deadline);
  decide();
}

void Session::conclude() {
  took_ = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - since_);
  if (decision_->verdict().delay.count() > 0 && begin_delay()) return;
  reply();
}

bool Session::begin_delay() {
  if (transaction_.stage != Stage::connect || finishing_) return false;
  const std::size_t open = services_.open_connections.load(std::memory_order_relaxed);
  auto slot = services_.delays.take(service::load_of(open, settings_->policyd.max_connections),
                                    transaction_.client);
  if (!slot) return false;
  delay_slot_.emplace(std::move(*slot));
  enter(State::delaying);
  if (!delay_timer_) delay_timer_.emplace(socket_.get_executor());
  delay_timer_->expires_after(decision_->verdict().delay);
  // Cancelled by finish(): the reply goes out then, too.
  delay_timer_->async_wait([self = shared_from_this()](error_code) {
    self->guarded([&] {
      if (self->state_ != State::delaying) return;
      self->delay_slot_.reset();
      self->reply();
    });
  });
  return true;
}

void Session::reply() {
  const Verdict& verdict = decision_->verdict();
  const std::string_view action = write_reply(verdict, memory_.header_for(verdict), reply_);
  log_lost_headers();
  record_decision(action);
  hand_over_reply();
}

void Session::hand_over_reply() {
  state_ = State::replying;
  outbox_.add(shared_from_this());
}

void Session::send_reply() {
  guarded([this] {
    if (state_ == State::replying) send();
  });
}

void Session::send() {
  while (sent_ < reply_.size()) {
    error_code error;
    const auto rest = asio::buffer(reply_.data() + sent_, reply_.size() - sent_);
    sent_ += socket_.write_some(rest, error);
    if (!error) continue;
    if (error == asio::error::would_block || error == asio::error::try_again) {
      await_room();
    } else {
      services_.log.debug("a reply could not be sent: " + error.message());
      close();
    }
    return;
  }
  request_done();
}

void Session::await_room() {
  if (state_ != State::writing) enter(State::writing);
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](error_code failed) {
    self->guarded([&] { self->on_writable(failed); });
  });
}

void Session::on_writable(const error_code& error) {
  if (state_ != State::writing) return;
  if (error) {
    close();
    return;
  }
  send();
}

void Session::request_done() {
  begin_ += reader_.consumed();
  decision_.reset();
  if (transaction_.stage == Stage::eom) snapshot_.reset();
  sent_ = 0;
  enter(State::idle);
  if (finishing_) {
    close();
  } else {
    serve_buffered();
  }
}

void Session::finish() {
  finishing_ = true;
  switch (state_) {
    case State::idle:
      close();
      return;
    case State::delaying:
      delay_timer_->cancel();
      return;
    case State::receiving:
    case State::deciding:
    case State::lent:
    case State::replying:
    case State::writing:
    case State::closed:
      return;
  }
}

void Session::close() {
  if (state_ == State::closed) return;
  enter(State::closed);
  const auto self = shared_from_this();
  if (delay_timer_) delay_timer_->cancel();
  delay_slot_.reset();
  peer_.share.reset();
  error_code ignored;
  socket_.close(ignored);
  closed_(*this);
  // Last, because it may want memory.
  memory_.end();
  log_lost_headers();
}

void Session::close_if_overdue(Clock::time_point now) {
  const config::PolicydSettings& settings = services_.settings.current().policyd;
  switch (state_) {
    case State::idle:
      if (now - since_ >= kMessagePause) snapshot_.reset();
      if (now - since_ >= settings.idle_timeout) close();
      return;
    case State::receiving:
      if (now - since_ < settings.request_timeout) return;
      warn("connection closed: the rest of a request did not come in time");
      close();
      return;
    case State::writing:
      if (now - since_ < settings.request_timeout) return;
      warn("connection closed: the client does not read its reply");
      close();
      return;
    case State::deciding:
    case State::lent:
      // Only if something is wrong with Postern itself; Postfix asks again.
      if (now < deadline_ + settings.request_timeout) return;
      warn("connection closed: a decision was not made by its deadline");
      close();
      return;
    case State::delaying:
    case State::replying:
    case State::closed:
      return;
  }
}

// Without a reply: Postfix logs the loss and asks again on a new connection.
void Session::refuse(std::string_view what) {
  std::string line = "policy request refused and connection closed: ";
  line += what;
  line += " bytes=";
  append_log_value(line, {buffer_.data() + begin_, end_ - begin_}, kShownBytes);
  warn_of_request(line);
  close();
}

std::string Session::with_peer(std::string_view what) {
  std::string line(what);
  line += " peer=";
  line += os::peer_name(socket_.native_handle());
  return line;
}

void Session::warn(std::string_view what) {
  services_.log.warning(with_peer(what));
}

// Of what a peer can bring about as fast as it likes.
void Session::warn_of_request(std::string_view what) {
  const std::string peer = peer_.address ? peer_.address->to_string() : "unix";
  services_.warnings.warn(peer, with_peer(what), Clock::now());
}

void Session::record_decision(std::string_view action) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  services_.hits.record(decision_->verdict(), now);
  services_.hits.record(transaction_.stage, decision_->verdict(), took_);
  services_.decisions.trace("policy", *decision_, transaction_);
  services_.decisions.write({.door = "policy",
                             .transaction = transaction_,
                             .verdict = decision_->verdict(),
                             .evidence = decision_->evidence(),
                             .reply = action,
                             .took = took_});
}

void Session::log_lost_headers() {
  const auto lost = memory_.take_lost();
  if (lost.empty()) return;
  std::string line = "headers that a message should have had, but Postfix asked too seldom: ";
  for (const Header& header : lost) {
    if (&header != &lost.front()) line += ", ";
    append_log_value(line, header.name);
  }
  services_.log.warning(line);
}

}  // namespace postern::policyd
