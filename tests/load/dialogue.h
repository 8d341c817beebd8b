// One connection's talk with a daemon, in the words of a protocol. No I/O: bytes come in, bytes to
// send go out.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "tests/load/latencies.h"
#include "tests/load/questions.h"

namespace postern {

// Of all connections of a run.
struct Tally {
  std::uint64_t asked = 0;
  std::uint64_t right = 0;
  std::uint64_t refused = 0;  // of the right ones
  std::uint64_t wrong = 0;
  std::string first_wrong;  // question and answer
  Latencies latencies;

  void count(const Question& question, std::string_view reply,
             std::chrono::steady_clock::time_point since);
};

class Dialogue {
 public:
  using Clock = std::chrono::steady_clock;
  // Gives the next question; false when there are to be no more.
  using Next = std::function<bool(Question&)>;

  Dialogue() = default;
  Dialogue(const Dialogue&) = delete;
  Dialogue& operator=(const Dialogue&) = delete;
  virtual ~Dialogue() = default;

  // Appends to `out` what is said first.
  virtual void begin(std::string& out) = 0;
  // Takes as much of `in` as it understands, returns how much that is, and appends what it says to
  // it.
  virtual std::size_t hear(std::string_view in, std::string& out) = 0;
  // Nothing more is said or expected.
  [[nodiscard]] virtual bool is_over() const = 0;
  // Questions that have no answer yet.
  [[nodiscard]] virtual std::uint64_t open() const = 0;
};

// `at_once`: so many questions without waiting for their answers (the milter protocol has no such
// thing). `per_connection`: after so many the connection ends in good order.
std::unique_ptr<Dialogue> policy_dialogue(Dialogue::Next next, Tally& tally, std::uint64_t at_once,
                                          std::uint64_t per_connection);
std::unique_ptr<Dialogue> milter_dialogue(Dialogue::Next next, Tally& tally,
                                          std::uint64_t per_connection);

}  // namespace postern
