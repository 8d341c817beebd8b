#include "server/redis/connection.h"

#include <utility>

namespace postern::redis {

void Connection::open(std::function<void()> opened) {
  stream_->connect([self = shared_from_this(), opened = std::move(opened)](const auto& error) {
    if (self->over_) return;
    if (error) return self->end("cannot connect: " + error.message());
    self->read();
    opened();
  });
}

void Connection::send(std::span<const std::string> words, Answer answer) {
  if (over_) return answer(nullptr);
  waiting_ += command_bytes(words);
  answers_.push_back(std::move(answer));
  write();
}

void Connection::write() {
  if (over_ || !written_.empty() || waiting_.empty()) return;
  written_ = std::exchange(waiting_, {});
  stream_->write(boost::asio::buffer(written_),
                 [self = shared_from_this()](const auto& error, std::size_t /*bytes*/) {
                   if (self->over_) return;
                   if (error) return self->end("cannot send: " + error.message());
                   self->written_.clear();
                   self->write();
                 });
}

void Connection::read() {
  stream_->read_some(boost::asio::buffer(incoming_),
                     [self = shared_from_this()](const auto& error, std::size_t bytes) {
                       if (self->over_) return;
                       if (error) return self->end("the connection is gone: " + error.message());
                       self->take(bytes);
                       if (!self->over_) self->read();
                     });
}

void Connection::take(std::size_t bytes) {
  reader_.feed({incoming_.data(), bytes});
  while (!over_) {
    const auto reply = reader_.next();
    if (!reply) return end(reply.error().text);
    if (!*reply) return;
    if (answers_.empty()) return end("the server says what nobody has asked");
    const Answer answer = std::move(answers_.front());
    answers_.pop_front();
    answer(&**reply);
  }
}

std::deque<Connection::Answer> Connection::stop() {
  over_ = true;
  stream_->close();
  return std::exchange(answers_, {});
}

void Connection::close() {
  if (over_) return;
  for (const Answer& answer : stop()) answer(nullptr);
}

void Connection::end(const std::string& why) {
  for (const Answer& answer : stop()) answer(nullptr);
  ended_(why);
}

}  // namespace postern::redis
