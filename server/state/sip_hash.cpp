#include "server/state/sip_hash.h"

#include <bit>
#include <cstddef>
#include <cstdint>

#include "server/state/number_bytes.h"

namespace postern::state {
namespace {

using SipWord = std::uint64_t;

constexpr std::size_t kSipWordBytes = sizeof(SipWord);

// Variables and no array, so that they stay in registers.
struct SipState {
  SipWord a;
  SipWord b;
  SipWord c;
  SipWord d;

  void rounds(int count) {
    for (; count > 0; --count) {
      a += b;
      c += d;
      b = std::rotl(b, 13) ^ a;
      d = std::rotl(d, 16) ^ c;
      a = std::rotl(a, 32) + d;
      c += b;
      b = std::rotl(b, 17) ^ c;
      d = std::rotl(d, 21) ^ a;
      c = std::rotl(c, 32);
    }
  }
  void take(SipWord word) {
    d ^= word;
    rounds(2);
    a ^= word;
  }
  [[nodiscard]] SipWord finish() {
    rounds(4);
    return lowest_first(a ^ b ^ c ^ d);
  }
};

}  // namespace

SipHash sip_hash(const SipSecret& secret, std::string_view text) noexcept {
  const SipWord first = number_at(secret.data(), kSipWordBytes);
  const SipWord second = number_at(secret.data() + kSipWordBytes, kSipWordBytes);
  // "somepseudorandomlygeneratedbytes"; 0xee and 0xdd tell 128 bits from 64.
  SipState state{first ^ 0x736f6d6570736575, second ^ 0x646f72616e646f6d ^ 0xee,
                 first ^ 0x6c7967656e657261, second ^ 0x7465646279746573};
  const SipWord size = text.size();
  for (; text.size() >= kSipWordBytes; text.remove_prefix(kSipWordBytes)) {
    state.take(number_at(text.data(), kSipWordBytes));
  }
  state.take(number_at(text.data(), text.size()) | size << 56);
  state.c ^= 0xee;
  std::array<SipWord, 2> halves{};
  halves[0] = state.finish();
  state.b ^= 0xdd;
  halves[1] = state.finish();
  return std::bit_cast<SipHash>(halves);
}

}  // namespace postern::state
