#include "common/base/log_share.h"

#include "common/base/whole_number.h"

namespace postern {
namespace {

// Spreads numbers in a row over all 64 bits (the finaliser of MurmurHash3).
constexpr std::uint64_t spread(std::uint64_t x) {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccd;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53;
  return x ^ (x >> 33);
}

}  // namespace

Result<LogShare> parse_log_share(std::string_view text) {
  if (text == "all") return kEveryLine;
  if (text == "none") return kNoLine;
  constexpr std::string_view kOneOf = "1/";
  if (text.starts_with(kOneOf)) {
    const auto one_of = parse_whole<decltype(LogShare::one_of)>(text.substr(kOneOf.size()));
    if (one_of && *one_of > 0 && *one_of <= kMaxLinesInOne) return LogShare{*one_of};
  }
  return failure("all, none, or one of so many, as 1/100; at most 1/1000000");
}

LogShare louder(LogShare one, LogShare other) {
  if (one == kNoLine) return other;
  return other == kNoLine || one.one_of < other.one_of ? one : other;
}

bool is_written(LogShare share, std::uint64_t number) {
  if (share.one_of <= 1) return share.one_of == 1;
  return number % share.one_of == spread(number / share.one_of) % share.one_of;
}

}  // namespace postern
