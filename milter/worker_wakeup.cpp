#include "milter/worker_wakeup.h"

#include <sys/socket.h>

#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>

namespace postern::milter {
namespace {

// SMFIC_ABORT where no session has been negotiated: libmilter calls nobody for it and answers
// nothing (trans_ok() in its engine.c).
constexpr std::array<char, 5> kPacket{0, 0, 0, 1, 'A'};

enum class Sent { yes, broken };

// What does not fit waits for a worker already; another packet would tell it nothing new.
Sent send_packet(int fd) {
  const ssize_t sent = ::send(fd, kPacket.data(), kPacket.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0) return errno == EAGAIN || errno == EINTR ? Sent::yes : Sent::broken;
  return static_cast<std::size_t>(sent) == kPacket.size() ? Sent::yes : Sent::broken;
}

}  // namespace

WorkerWakeup::WorkerWakeup(const boost::asio::any_io_executor& executor,
                           std::vector<os::UniqueFd> connections, Reopen reopen, Pace pace)
    : has_any_(!connections.empty()),
      pace_(pace),
      reopen_(std::move(reopen)),
      executor_(executor),
      timer_(executor),
      keep_alive_timer_(executor),
      connections_(std::move(connections)) {
  if (has_any_) keep_alive();
}

WorkerWakeup::Wait WorkerWakeup::waiting() {
  waiting_.fetch_add(1, std::memory_order_relaxed);
  Wait wait(this);
  if (has_any_) boost::asio::post(executor_, [this] { begin(); });
  return wait;
}

// At once, and not only at the next tick: the session that the worker finds may wait, too, and then
// another worker has to find the one that comes after it.
void WorkerWakeup::begin() {
  wake();
  if (!going_on_) go_on();
}

void WorkerWakeup::go_on() {
  going_on_ = true;
  timer_.expires_after(pace_.while_waiting);
  timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    if (waiting_.load(std::memory_order_relaxed) == 0) {
      going_on_ = false;
      return;
    }
    wake();
    go_on();
  });
}

void WorkerWakeup::keep_alive() {
  keep_alive_timer_.expires_after(pace_.keep_alive);
  keep_alive_timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    for (std::size_t index = connections_.size(); index > 0; --index) wake_over(index - 1);
    keep_alive();
  });
}

// In turns: what is sent over a connection that itself waits for a worker wakes nobody.
void WorkerWakeup::wake() {
  for (std::size_t tries = 0; tries < connections_.size(); ++tries) {
    next_ = (next_ + 1) % connections_.size();
    if (wake_over(next_)) return;
  }
}

// False: there is no such connection just now.
bool WorkerWakeup::wake_over(std::size_t index) {
  os::UniqueFd& connection = connections_[index];
  if (connection.is_open() && send_packet(connection.get()) == Sent::yes) return true;
  // Closed first: the other end may have no more room for it.
  connection.reset();
  auto reopened = reopen_();
  if (!reopened) return false;
  connection = std::move(*reopened);
  return send_packet(connection.get()) == Sent::yes;
}

}  // namespace postern::milter
