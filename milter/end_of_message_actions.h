// What is to be done to a message when it is complete: a milter can put it aside and add headers to
// it only then, whatever was decided before. Owned by a session; pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rules/model/verdict.h"

namespace postern::milter {

class EndOfMessageActions {
 public:
  // Notes the headers of a verdict that lets the message in or puts it aside, each header once, and
  // whether to put it aside. A recipient that is refused brings none to the message of the others.
  void note(const Verdict& verdict);
  // The headers alone: for one recipient of a message about which another verdict holds.
  void note_headers(const Verdict& verdict);
  // For the next message.
  void clear();

  [[nodiscard]] bool empty() const { return !hold_reason_ && headers_.empty(); }
  // The reason for the MTA's log, never empty; of several the first.
  [[nodiscard]] const std::optional<std::string>& hold_reason() const { return hold_reason_; }
  // In the order in which they were asked for.
  [[nodiscard]] const std::vector<Header>& headers() const { return headers_; }

 private:
  std::optional<std::string> hold_reason_;
  std::vector<Header> headers_;
};

}  // namespace postern::milter
