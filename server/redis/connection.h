// One connection to a server: commands go out one after the other, without waiting for answers, and
// replies come back in their order. On its executor, one thread's. It is over with the first fault,
// and whoever wants another makes a new one.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "server/redis/reply.h"
#include "server/redis/stream.h"

namespace postern::redis {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // Null: there will be no reply; the command may have been carried out or not.
  using Answer = std::function<void(const Reply* reply)>;

  // `ended` is called once, after the answers, when the connection is over by a fault.
  Connection(std::shared_ptr<Stream> stream, std::function<void(const std::string& why)> ended)
      : stream_(std::move(stream)), ended_(std::move(ended)) {}

  void open(std::function<void()> opened);
  // `answer` is called once, before this returns only when the connection is over. REQUIRES:
  // `opened` was called.
  void send(std::span<const std::string> words, Answer answer);
  // Gives it up: there is no answer to what is under way, and `ended` is not called.
  void close();
  [[nodiscard]] bool is_over() const { return over_; }

 private:
  void write();
  void read();
  void take(std::size_t bytes);
  void end(const std::string& why);
  std::deque<Answer> stop();

  std::shared_ptr<Stream> stream_;
  std::function<void(const std::string& why)> ended_;
  bool over_ = false;
  std::string waiting_;  // to be written after
  std::string written_;  // what is being written; empty: nothing
  std::array<char, 16384> incoming_{};
  ReplyReader reader_;
  std::deque<Answer> answers_;  // to what was sent, in its order
};

}  // namespace postern::redis
