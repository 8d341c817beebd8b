// Sends the replies of one turn of a loop together, after the loop has decided all that was ready.
// The first reply wakes a client that sleeps, and it finds the others without sleeping again. Sent
// one by one, each reply would wake it, which costs about as much as a decision.
//
// The loop owns it. One thread calls every function.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <vector>

namespace postern::policyd {

class HasReply {
 public:
  virtual ~HasReply() = default;
  // Sends the reply that is ready. Throws nothing.
  virtual void send_reply() = 0;
};

class Outbox {
 public:
  // `context` belongs to the loop and outlives the outbox.
  explicit Outbox(boost::asio::io_context& context) : context_(context) {}

  // Calls send_reply() at the end of this turn of the loop.
  void add(std::shared_ptr<HasReply> sender);

 private:
  void send_all();

  boost::asio::io_context& context_;
  bool posted_ = false;  // that send_all() is to be called
  std::vector<std::shared_ptr<HasReply>> waiting_;
  std::vector<std::shared_ptr<HasReply>> sending_;
};

}  // namespace postern::policyd
