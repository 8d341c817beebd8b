#include "policyd/outbox.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace postern::policyd {

void Outbox::add(std::shared_ptr<HasReply> sender) {
  if (!posted_) {
    // Behind all that is ready now.
    boost::asio::post(context_, [this] { send_all(); });
    posted_ = true;
  }
  waiting_.push_back(std::move(sender));
}

void Outbox::send_all() {
  posted_ = false;
  // One that goes on with a further request comes into the next turn.
  sending_.swap(waiting_);
  for (const auto& sender : sending_) sender->send_reply();
  sending_.clear();
}

}  // namespace postern::policyd
