// The command line of what asks in a benchmark, and the names that it asks for.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace postern {

struct BenchOptions {
  std::string where;  // an address or a port
  std::uint64_t connections = 50;
  std::uint64_t at_once = 50;
  std::uint64_t count = std::numeric_limits<std::uint64_t>::max();
  std::chrono::seconds seconds{3600};
  std::uint64_t first = 0;    // the number of the first sender
  std::uint64_t senders = 0;  // after so many the first comes again; 0: never
  std::uint64_t rate = 0;     // questions a second; 0: as many as are answered

  // `WHERE [--NAME NUMBER]...`. Throws std::runtime_error.
  static BenchOptions parse(const std::vector<std::string>& arguments);

  [[nodiscard]] std::uint64_t sender_of(std::uint64_t question) const {
    return first + (senders == 0 ? question : question % senders);
  }
};

// `n0000000042.bench.example`, always as long.
std::string bench_domain(std::uint64_t number);
constexpr std::size_t kBenchDigits = 10;
void write_digits(std::uint64_t number, char* digits);

// For %llu.
constexpr unsigned long long print_as(std::uint64_t number) {
  return number;
}

}  // namespace postern
