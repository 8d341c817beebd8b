#include "policyd/outbox.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace postern {

void Outbox::add(std::shared_ptr<HasReply> sender) {
  // Behind all that is ready now.
  if (waiting_.empty()) boost::asio::post(context_, [this] { send_all(); });
  waiting_.push_back(std::move(sender));
}

void Outbox::send_all() {
  // One that goes on with a further request comes into the next turn.
  sending_.swap(waiting_);
  for (const auto& sender : sending_) sender->send_reply();
  sending_.clear();
}

}  // namespace postern
