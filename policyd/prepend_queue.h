// The headers that rules add to one message through the policy door. A message gets each header
// once, although Postfix asks about every recipient. A policy reply carries one action, so further
// headers go with the next replies about the same message. A dialogue owns it. Pure.
#pragma once

#include <vector>

#include "rules/model/verdict.h"

namespace postern::policyd {

class PrependQueue {
 public:
  // Adds headers. It ignores those that the message has, and those that wait already.
  void want(const std::vector<Header>& headers);

  // The header that has waited longest, or null. It then counts as sent. The pointer is valid until
  // the next call.
  const Header* next();

  // The message can get no more headers: those that wait are lost.
  void give_up();

  // Begins a message without headers.
  void clear();

  // Headers that could not be sent before their message was over; each is returned once.
  std::vector<Header> take_lost();

 private:
  std::vector<Header> settled_;  // sent, or given up
  std::vector<Header> waiting_;  // first come, first sent
  std::vector<Header> lost_;
};

}  // namespace postern::policyd
