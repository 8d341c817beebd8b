#include "server/state/key_hash.h"

#include <algorithm>
#include <cstring>
#include <variant>

#include "common/base/hex.h"
#include "common/base/overloaded.h"

namespace postern::state {
namespace {

static_assert(std::is_same_v<SipHash, RecordKey>);

constexpr std::size_t kUsualKeyBytes = 256;

SipSecret secret_in(const os::FileSecret& bytes) {
  SipSecret secret{};
  std::copy_n(bytes.begin(), secret.size(), secret.begin());
  return secret;
}

// Bytes that are hashed; the usual ones take no memory of their own.
class KeyText {
 public:
  void add(std::string_view bytes) {
    if (large_.empty() && used_ + bytes.size() <= usual_.size()) {
      std::memcpy(usual_.data() + used_, bytes.data(), bytes.size());
      used_ += bytes.size();
      return;
    }
    if (large_.empty()) large_.assign(usual_.data(), used_);
    large_ += bytes;
  }
  // With its length, so that no two keys have the same bytes.
  void add_part(std::string_view part) {
    const auto size = static_cast<std::uint32_t>(part.size());
    add({reinterpret_cast<const char*>(&size), sizeof size});
    add(part);
  }
  [[nodiscard]] std::string_view bytes() const {
    return large_.empty() ? std::string_view(usual_.data(), used_) : large_;
  }

 private:
  std::array<char, kUsualKeyBytes> usual_;
  std::size_t used_ = 0;
  std::string large_;
};

}  // namespace

KeyHash::KeyHash(const os::FileSecret& secret) : secret_(secret_in(secret)) {}

RecordKey KeyHash::operator()(const StateKey& key) const {
  KeyText text;
  const char kind = static_cast<char>(key.kind);
  text.add({&kind, 1});
  text.add_part(key.bucket);
  for (const std::string& part : key.parts) text.add_part(part);
  return sip_hash(secret_, text.bytes());
}

std::uint64_t KeyHash::of_member(const RecordKey& set, std::string_view member) const {
  KeyText text;
  text.add("\xff");  // no key begins so
  text.add({reinterpret_cast<const char*>(set.data()), set.size()});
  text.add(member);
  const RecordKey key = sip_hash(secret_, text.bytes());
  std::uint64_t first = 0;
  std::memcpy(&first, key.data(), sizeof first);
  return first;
}

std::string KeyHash::mark() const {
  return hex_of(sip_hash(secret_, "\xfe"));  // no key begins so, and no member of a set
}

Change KeyHash::change_of(const Effect& effect, StoreTime at) const {
  Change change{(*this)(effect.key), effect.key.kind, {}, effect.keep, at};
  std::visit(
      Overloaded{
          [&](const Add& add) {
            change.what = AddHash{of_member(change.key, add.member), add.period, add.at_most};
          },
          [&](const auto& other) { change.what = other; }},
      effect.what);
  return change;
}

}  // namespace postern::state
