#include "common/dns/dns_letters.h"

#include <algorithm>

namespace postern::dns {
namespace {

constexpr std::size_t kHeader = 12;  // RFC 1035 4.1.1
constexpr std::size_t kTypeAndClass = 4;
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

bool repeats_question(std::span<const std::uint8_t> reply, std::span<const std::uint8_t> query) {
  const std::size_t size = end_of_name(query) + kTypeAndClass - kHeader;
  if (query.size() < kHeader + size || reply.size() < kHeader + size) return false;
  const auto asked = query.subspan(kHeader, size);
  return std::equal(asked.begin(), asked.end(), reply.begin() + kHeader);
}

}  // namespace postern::dns
