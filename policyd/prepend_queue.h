// The headers that rules give one message through the policy door. A header goes to a message once,
// though every recipient is asked about. A policy reply carries one action, so further headers go
// with the next replies about the same message. Pure; owned by a dialogue.
#pragma once

#include <vector>

#include "rules/model/verdict.h"

namespace postern::policyd {

class PrependQueue {
 public:
  // Those that the message has, or that wait already, are no news.
  void want(const std::vector<Header>& headers);

  // The one that has waited longest, or null. It counts as sent; the pointer lasts until the next
  // call.
  const Header* next();

  // No header can be sent to the message any more: those that wait are lost.
  void give_up();

  // Another message begins, which has none yet.
  void clear();

  // Headers that could not be sent before their message was over; each is returned once.
  std::vector<Header> take_lost();

 private:
  std::vector<Header> settled_;  // sent, or given up
  std::vector<Header> waiting_;  // first come, first sent
  std::vector<Header> lost_;
};

}  // namespace postern::policyd
