// What is asked, and what has to be answered: an endless row of senders that never come again.
// Pure.
//
// The daemon's rules have to refuse `.banned.example` with `550 5.7.1 banned`, what does not exist
// below `.looked-up.example` with `550 5.1.8 no such domain`, and let all others in.
#pragma once

#include <cstdint>
#include <string>

namespace postern {

struct Question {
  std::string client;  // an address
  std::string sender;
  std::string recipient;
  std::string reply;  // of a rule, `550 5.7.1 banned`; empty: the mail is let in
};

// The number's question: one in four is refused by a list, one in 32 for what DNS says of it.
Question question_of(std::uint64_t number);

}  // namespace postern
