#include "tests/bench/bench_options.h"

#include <charconv>
#include <stdexcept>

namespace postern {
namespace {

std::uint64_t parse_number(const std::string& text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc{} || read.ptr != end) {
    throw std::runtime_error("'" + text + "' is not a number");
  }
  return number;
}

}  // namespace

BenchOptions BenchOptions::parse(const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments.size() % 2 != 1) {
    throw std::runtime_error("want WHERE [--NAME NUMBER]...");
  }
  BenchOptions options;
  options.where = arguments[0];
  for (std::size_t at = 1; at < arguments.size(); at += 2) {
    const std::string& name = arguments[at];
    const std::uint64_t number = parse_number(arguments[at + 1]);
    if (name == "--connections") {
      options.connections = number;
    } else if (name == "--at-once") {
      options.at_once = number;
    } else if (name == "--count") {
      options.count = number;
    } else if (name == "--seconds") {
      options.seconds = std::chrono::seconds(number);
    } else if (name == "--first") {
      options.first = number;
    } else if (name == "--senders") {
      options.senders = number;
    } else if (name == "--rate") {
      options.rate = number;
    } else {
      throw std::runtime_error("'" + name + "' is not known");
    }
  }
  return options;
}

void write_digits(std::uint64_t number, char* digits) {
  for (std::size_t at = kBenchDigits; at-- > 0; number /= 10) {
    digits[at] = static_cast<char>('0' + number % 10);
  }
}

std::string bench_domain(std::uint64_t number) {
  std::string name = "n0000000000.bench.example";
  write_digits(number, name.data() + 1);
  return name;
}

}  // namespace postern
