// postern-load: asks a daemon as much as it takes, over its own protocol, and tallies the answers.
// For the soak (`./dev soak`) and for benchmarks.
//
//   postern-load policy|milter unix:PATH|inet:ADDRESS:PORT [--connections N] [--at-once N]
//                [--count N] [--seconds S] [--per-connection N] [--first N]
//
// Ends after `--count` questions or `--seconds`, whichever comes first; `--first` is the number of
// the first question (questions.h). Prints one line of key=value. The status is 1 when an answer
// was wrong or missing.
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <iostream>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "tests/load/connections.h"

namespace postern {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kUsage =
    "usage: postern-load policy|milter unix:PATH|inet:ADDRESS:PORT [--connections N] [--at-once N] "
    "[--count N] [--seconds S] [--per-connection N] [--first N]\n";
// Longer than any deadline of a decision.
constexpr std::chrono::seconds kPatience{40};

struct Options {
  std::string protocol;
  std::string address;
  std::uint64_t connections = 16;
  std::uint64_t at_once = 8;
  std::uint64_t count = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t seconds = 3600;
  std::uint64_t per_connection = 1000;
  std::uint64_t first = 0;
};

std::uint64_t* number_named(const std::string& name, Options& options) {
  if (name == "--connections") return &options.connections;
  if (name == "--at-once") return &options.at_once;
  if (name == "--count") return &options.count;
  if (name == "--seconds") return &options.seconds;
  if (name == "--per-connection") return &options.per_connection;
  if (name == "--first") return &options.first;
  return nullptr;
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc{} && read.ptr == text.data() + text.size();
}

std::optional<Options> parse_options(const std::vector<std::string>& arguments) {
  Options options;
  if (arguments.size() < 2 || arguments.size() % 2 != 0) return std::nullopt;
  options.protocol = arguments[0];
  options.address = arguments[1];
  if (options.protocol != "policy" && options.protocol != "milter") return std::nullopt;
  for (std::size_t at = 2; at < arguments.size(); at += 2) {
    std::uint64_t* const number = number_named(arguments[at], options);
    if (number == nullptr || !read_number(arguments[at + 1], *number)) return std::nullopt;
  }
  return options;
}

std::optional<ListenAddress> parse_address(const std::string& text) {
  ListenAddress where;
  if (text.starts_with("unix:/")) {
    where.kind = ListenAddress::Kind::unix_socket;
    where.path = text.substr(5);
    return where;
  }
  const auto colon = text.rfind(':');
  if (!text.starts_with("inet:") || colon < 5) return std::nullopt;
  const auto address = IpAddress::parse(text.substr(5, colon - 5));
  if (!address || !read_number(std::string_view(text).substr(colon + 1), where.port)) {
    return std::nullopt;
  }
  where.address = *address;
  return where;
}

void print(const Tally& tally, const Connections& connections, Clock::duration took) {
  const double seconds = std::chrono::duration<double>(took).count();
  const auto at = [&](double part) {
    return static_cast<long long>(tally.latencies.at(part).count());
  };
  std::printf(
      "asked=%llu right=%llu refused=%llu wrong=%llu unanswered=%llu broken=%llu seconds=%.1f "
      "per_second=%.0f p50_us=%lld p99_us=%lld p999_us=%lld worst_us=%lld\n",
      static_cast<unsigned long long>(tally.asked), static_cast<unsigned long long>(tally.right),
      static_cast<unsigned long long>(tally.refused), static_cast<unsigned long long>(tally.wrong),
      static_cast<unsigned long long>(connections.unanswered()),
      static_cast<unsigned long long>(connections.broken()), seconds,
      static_cast<double>(tally.right) / seconds, at(0.5), at(0.99), at(0.999),
      static_cast<long long>(tally.latencies.worst().count()));
  if (tally.wrong > 0) std::cerr << "first wrong answer: " << tally.first_wrong << '\n';
}

int run(const Options& options, const ListenAddress& where) {
  Tally tally;
  const auto began = Clock::now();
  const auto end = began + std::chrono::seconds(options.seconds);
  std::uint64_t given = 0;
  const auto more = [&] { return given < options.count && Clock::now() < end; };
  const Dialogue::Next next = [&](Question& question) {
    if (!more()) return false;
    question = question_of(options.first + given++);
    return true;
  };
  Connections connections(where, options.connections, [&]() -> std::unique_ptr<Dialogue> {
    if (!more()) return nullptr;
    if (options.protocol == "milter") return milter_dialogue(next, tally, options.per_connection);
    return policy_dialogue(next, tally, options.at_once, options.per_connection);
  });
  connections.run(kPatience);
  print(tally, connections, Clock::now() - began);
  const bool whole = tally.wrong == 0 && tally.right == tally.asked && connections.broken() == 0;
  return whole ? 0 : 1;
}

}  // namespace
}  // namespace postern

int main(int argc, char** argv) {
  try {
    const auto options = postern::parse_options({argv + 1, argv + argc});
    const auto where = options ? postern::parse_address(options->address) : std::nullopt;
    if (!where) {
      std::cerr << postern::kUsage;
      return 2;
    }
    return postern::run(*options, *where);
  } catch (const std::exception& error) {
    std::cerr << "postern-load: " << error.what() << '\n';
    return 1;
  }
}
