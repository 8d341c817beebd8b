#include "policyd/session.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <exception>
#include <utility>

#include "common/base/escape.h"
#include "common/os/peer_name.h"
#include "server/service/random_tokens.h"

namespace postern::policyd {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t kShownBytes = 80;
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
      settings_(&services.service.settings()),
      buffer_(limits_of(settings_->policyd)),
      dialogue_([this] { return services_.service.state().snapshots.current(); },
                service::random_tokens()),
      deciding_(services.decision, socket_.get_executor(), dialogue_, *this) {}

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
  const auto self = shared_from_this();
  deciding_.attach(std::shared_ptr<LoopDecision>(self, &deciding_));
  enter(State::idle);
  guarded([this] {
    // Writing is tried at once, without a turn through the loop.
    error_code error;
    socket_.non_blocking(true, error);
    read();
  });
}

void Session::read() {
  const auto room = buffer_.room();
  socket_.async_read_some(asio::buffer(room.data(), room.size()),
                          [self = shared_from_this()](error_code error, std::size_t size) {
                            self->guarded([&] { self->on_read(error, size); });
                          });
}

void Session::on_read(const error_code& error, std::size_t size) {
  if (state_ == State::closed) return;
  if (error) {
    if (const std::size_t begun = buffer_.bytes().size(); begun > 0) {
      warn_of_request("connection closed by the client inside a request, after " +
                      std::to_string(begun) + " bytes");
    }
    close();
    return;
  }
  buffer_.filled(size);
  serve_buffered();
}

void Session::serve_buffered() {
  if (state_ == State::idle) {
    settings_ = &services_.service.settings();
    buffer_.begin(limits_of(settings_->policyd));
  }
  switch (buffer_.read()) {
    case PolicyRequestReader::State::bad:
      refuse(buffer_.error());
      return;
    case PolicyRequestReader::State::complete:
      serve(buffer_.request());
      return;
    case PolicyRequestReader::State::incomplete:
      if (!buffer_.bytes().empty() && state_ == State::idle) enter(State::receiving);
      read();
      return;
  }
}

void Session::serve(const PolicyRequest& request) {
  enter(State::deciding);
  if (dialogue_.ask(request) == Dialogue::Step::need_verdict) {
    const config::DecisionSettings& limits = settings_->decision;
    deciding_.begin(since_ + limits.deadline, limits.max_work);
    return;
  }
  if (services_.service.log().enabled(LogLevel::debug)) {
    std::string line = "nothing to decide at protocol_state=";
    append_log_value(line, request.protocol_state);
    services_.service.log().debug(line);
  }
  hand_over_reply();
}

void Session::decided() {
  took_ = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - since_);
  const auto delay = deciding_.decision().verdict().delay;
  if (delay.count() > 0 && begin_delay(delay)) return;
  reply();
}

bool Session::begin_delay(std::chrono::milliseconds delay) {
  if (finishing_) return false;
  const std::size_t open = services_.open_connections.load(std::memory_order_relaxed);
  delay_permit_ = services_.service.delays().take(
      service::load_of(open, settings_->policyd.max_connections), dialogue_.transaction().client);
  if (!delay_permit_) return false;
  enter(State::delaying);
  if (!delay_timer_) delay_timer_.emplace(socket_.get_executor());
  delay_timer_->expires_after(delay);
  // Cancelled by finish(): the reply goes out then, too.
  delay_timer_->async_wait([self = shared_from_this()](error_code) {
    self->guarded([&] {
      if (self->state_ != State::delaying) return;
      self->delay_permit_ = {};
      self->reply();
    });
  });
  return true;
}

void Session::reply() {
  Decision& decision = deciding_.decision();
  const std::string_view action = dialogue_.answer(decision.verdict());
  log_lost_additions();
  services_.service.decisions().trace("policy", decision, dialogue_.transaction());
  services_.service.decisions().record({.door = "policy",
                                        .transaction = dialogue_.transaction(),
                                        .verdict = decision.verdict(),
                                        .evidence = decision.evidence(),
                                        .reply = action,
                                        .took = took_,
                                        .began = decision.now(),
                                        .state = decision.state_evidence()});
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
  const std::string& reply = dialogue_.reply();
  while (sent_ < reply.size()) {
    error_code error;
    sent_ += socket_.write_some(asio::buffer(reply) + sent_, error);
    if (!error) continue;
    if (error == asio::error::would_block || error == asio::error::try_again) {
      await_room();
    } else {
      services_.service.log().debug("a reply could not be sent: " + error.message());
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
  buffer_.drop();
  deciding_.clear();
  dialogue_.replied();
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
  delay_permit_ = {};
  deciding_.abandon();
  peer_.share.reset();
  error_code ignored;
  socket_.close(ignored);
  closed_(*this);
  // Last, because it may want memory.
  dialogue_.end();
  log_lost_additions();
}

void Session::close_if_overdue(Clock::time_point now) {
  const config::PolicydSettings& settings = services_.service.settings().policyd;
  switch (state_) {
    case State::idle:
      if (now - since_ >= kMessagePause) dialogue_.pause();
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
      // Only if something is wrong with Postern itself; Postfix asks again.
      if (now - since_ < settings_->decision.deadline + settings.request_timeout) return;
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
  append_log_value(line, buffer_.bytes(), kShownBytes);
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
  services_.service.log().warning(with_peer(what));
}

// Of what a peer can bring about as fast as it likes.
void Session::warn_of_request(std::string_view what) {
  const std::string peer = peer_.address ? peer_.address->to_string() : "unix";
  services_.service.warnings().warn(peer, with_peer(what), Clock::now());
}

void Session::log_lost_additions() {
  const auto lost = dialogue_.take_lost_additions();
  if (lost.empty()) return;
  std::string line = "what a message should have had, but Postfix asked too seldom: ";
  for (const std::string& addition : lost) {
    if (&addition != &lost.front()) line += ", ";
    append_log_value(line, addition, kShownBytes);
  }
  services_.service.log().warning(line);
}

}  // namespace postern::policyd
