#include "server/redis/site.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <new>
#include <tuple>
#include <utility>
#include <variant>

#include "common/base/hex.h"
#include "common/base/overloaded.h"
#include "server/redis/scripts.h"

namespace postern::redis {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// By which a server knows a script: its SHA-1.
std::string hash_of(std::string_view script) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned size = 0;
  if (::EVP_Digest(script.data(), script.size(), hash.data(), &size, ::EVP_sha1(), nullptr) != 1) {
    throw std::bad_alloc();
  }
  return hex_of({hash.data(), size});
}

std::string milliseconds_of(seconds time) {
  const auto most = std::clamp(time, seconds{0}, state::kMaxKeep);
  return std::to_string(milliseconds(most).count());
}

char letter_of(StateKind kind) {
  switch (kind) {
    case StateKind::greylist:
      return 'g';
    case StateKind::rate:
      return 'c';
    case StateKind::distinct:
      return 'd';
    case StateKind::seen:
      return 's';
  }
  return '?';
}

using Words = std::vector<std::string>;

Words words_of_take(const Take& take) {
  const auto interval = std::clamp<microseconds>(take.interval, microseconds{0}, state::kMaxDebt);
  return {"take", std::to_string(interval.count()), std::to_string(take.units),
          std::to_string(microseconds(state::kMaxDebt).count())};
}

Words words_of_add(const state::AddHash& add) {
  std::string member(sizeof add.member, '\0');
  for (std::size_t i = 0; i < member.size(); ++i) {
    member[i] = static_cast<char>(add.member >> (8 * i) & 0xffU);
  }
  const std::size_t most = std::clamp<std::size_t>(add.at_most, 1, kMaxMembers);
  return {"add", std::move(member), milliseconds_of(add.period), std::to_string(most)};
}

}  // namespace

Scripts::Scripts() : read_hash_(hash_of(kReadScript)), change_hash_(hash_of(kChangeScript)) {}

std::vector<std::string> Scripts::words_of(const Call& call, By by) const {
  if (call.what == Call::What::forget) return {"DEL", call.given.front()};
  const bool reads = call.what == Call::What::read;
  Words words = by == By::hash ? Words{"EVALSHA", reads ? read_hash_ : change_hash_}
                               : Words{"EVAL", reads ? kReadScript : kChangeScript};
  words.insert(words.end(), call.given.begin(), call.given.end());
  return words;
}

std::string SiteKeys::record(StateKind kind, const state::RecordKey& key) const {
  return prefix_ + letter_of(kind) + ':' + hex_of(key);
}

Call read_call(std::string key) {
  return {Call::What::read, {"1", std::move(key)}};
}

Call forget_call(std::string key) {
  return {Call::What::forget, {std::move(key)}};
}

Call change_call(std::string key, const state::Change& change, microseconds ago) {
  Call call{Call::What::change,
            {"1", std::move(key), std::to_string(std::max<std::int64_t>(ago.count(), 0)),
             std::to_string(static_cast<unsigned>(change.kind)), milliseconds_of(change.keep)}};
  const Words what =
      std::visit(Overloaded{[](const Touch&) { return Words{"touch"}; },
                            [](const Mark&) { return Words{"mark"}; },
                            [](const Take& take) { return words_of_take(take); },
                            [](const state::AddHash& add) { return words_of_add(add); },
                            [](const state::Forget&) { return Words{}; }},
                 change.what);
  call.given.insert(call.given.end(), what.begin(), what.end());
  return call;
}

StateFact fact_in(const Reply& reply) {
  using Kind = Reply::Kind;
  constexpr std::int64_t kLatest = std::int64_t{1} << 53U;  // of a number in Lua
  if (reply.kind != Kind::list || reply.items.size() != 2) return {};
  const auto& [time, record] = std::tie(reply.items[0], reply.items[1]);
  if (time.kind != Kind::number || time.number < 0 || time.number > kLatest) return {};
  if (record.kind == Kind::nothing) return {StateFact::Status::absent, {}};
  if (record.kind != Kind::text) return {};
  const auto found = state::record_in(record.text);
  // As a file does: of another release, or damaged, it is none.
  return state::fact_of(found, state::StoreTime(microseconds(time.number)));
}

}  // namespace postern::redis
