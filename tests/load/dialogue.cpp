#include "tests/load/dialogue.h"

namespace postern {

void Tally::count(const Question& question, std::string_view reply,
                  std::chrono::steady_clock::time_point since) {
  latencies.add(std::chrono::steady_clock::now() - since);
  if (reply != question.reply) {
    if (wrong++ == 0) first_wrong = question.sender + ": " + std::string(reply);
    return;
  }
  ++right;
  if (!reply.empty()) ++refused;
}

}  // namespace postern
