#include "common/dns/dns_letters.h"

#include <algorithm>
#include <functional>

namespace postern::dns {
namespace {

constexpr std::size_t kHeader = 12;  // RFC 1035 4.1.1
constexpr std::size_t kTypeAndClass = 4;
constexpr std::size_t kFlags = 2;
constexpr std::size_t kQuestions = 4;
constexpr std::uint8_t kReplyBit = 0x80;
constexpr std::uint8_t kCaseBit = 0x20;

// Behind the name that stands after the header; never beyond the end.
std::size_t end_of_name(std::span<const std::uint8_t> query) {
  std::size_t at = kHeader;
  while (at < query.size() && query[at] != 0) at += 1 + query[at];
  return std::min(at + 1, query.size());
}

bool is_letter(std::uint8_t octet) {
  const std::uint8_t lower = octet | kCaseBit;
  return lower >= 'a' && lower <= 'z';
}

// Length octets of labels are no letters.
bool equal_but_for_case(std::uint8_t one, std::uint8_t other) {
  return one == other || ((one ^ other) == kCaseBit && is_letter(one));
}

}  // namespace

void randomize_case(std::vector<std::uint8_t>& query, const LetterBits& bits) {
  const std::size_t end = end_of_name(query);
  std::size_t label_end = kHeader;  // where the next length octet stands
  for (std::size_t at = kHeader; at < end; ++at) {
    if (at == label_end) {
      label_end += 1 + query[at];
      continue;
    }
    const std::size_t bit = at - kHeader;
    const bool upper = (bits[bit / 8 % bits.size()] >> (bit % 8) & 1) != 0;
    if (upper && is_letter(query[at])) query[at] = query[at] & static_cast<std::uint8_t>(~kCaseBit);
  }
}

Echo echo_of(std::span<const std::uint8_t> message, std::span<const std::uint8_t> query) {
  const std::size_t name_end = end_of_name(query);
  const std::size_t end = name_end + kTypeAndClass;
  if (query.size() < end || message.size() < end) return Echo::none;
  const auto same = [&](std::size_t from, std::size_t to, auto equal) {
    const auto asked = query.subspan(from, to - from);
    return std::equal(asked.begin(), asked.end(), message.subspan(from).begin(), equal);
  };
  const bool is_reply = (message[kFlags] & kReplyBit) != 0;
  if (!is_reply || !same(0, kFlags, std::equal_to<>()) ||
      !same(kQuestions, kQuestions + 2, std::equal_to<>()) ||
      !same(kHeader, name_end, equal_but_for_case) || !same(name_end, end, std::equal_to<>())) {
    return Echo::none;
  }
  return same(kHeader, name_end, std::equal_to<>()) ? Echo::exact : Echo::other_letters;
}

}  // namespace postern::dns
