// The replies of one turn of a loop: they go out together, after what was ready has been decided.
// A client that sleeps is woken by the first of them and finds the others without sleeping again;
// one by one each reply would wake it, which costs about as much as a decision.
//
// Lives on one loop (one thread); every function is called there.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <vector>

namespace postern::policyd {

class HasReply {
 public:
  virtual ~HasReply() = default;
  // The reply that is ready. Throws nothing.
  virtual void send_reply() = 0;
};

class Outbox {
 public:
  // `context` is the loop's and outlives the outbox.
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
