// What rules add to one message through the policy door: headers (PREPEND) and copies (BCC). A
// message gets each once, although Postfix asks about every recipient. A policy reply carries one
// action, so what is added further goes with the next replies about the same message. A dialogue
// owns it. Pure.
#pragma once

#include <string>
#include <vector>

#include "rules/model/verdict.h"

namespace postern::policyd {

class AdditionQueue {
 public:
  // Adds the copies and headers of a verdict, copies first. It ignores those that the message has,
  // and those that wait already.
  void want(const Verdict& verdict);

  // The action that has waited longest, `PREPEND Name: value` or `BCC user@domain`, or null. It
  // then counts as sent. The pointer is valid until the next call.
  const std::string* next();

  // The message can get no more headers, or nothing more: those that wait are lost.
  void give_up_headers();
  void give_up();

  // Begins a message without any.
  void clear();

  // What could not be sent before its message was over; each is returned once.
  std::vector<std::string> take_lost();

 private:
  void want(std::string action);

  std::vector<std::string> settled_;  // sent, or given up
  std::vector<std::string> waiting_;  // first come, first sent
  std::vector<std::string> lost_;
};

}  // namespace postern::policyd
