// What a Redis server says: refused, or the same replies however the bytes come in pieces, none of
// them larger than it may be, and each of them a record, none, or no answer.
#include <algorithm>
#include <vector>

#include "server/redis/site.h"
#include "tests/fuzz/require.h"

namespace postern::redis_reply_fuzz {
namespace {

void check_reply(const redis::Reply& reply, std::size_t depth) {
  require(reply.text.size() <= redis::kMaxReplyBytes);
  require(reply.items.size() <= redis::kMaxItems && depth <= redis::kMaxDepth + 1);
  for (const redis::Reply& item : reply.items) check_reply(item, depth + 1);
}

std::vector<std::string> texts_in(std::string_view bytes, std::size_t piece) {
  redis::ReplyReader reader;
  std::vector<std::string> texts;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    reader.feed(bytes.substr(at, piece));
    for (;;) {
      const auto reply = reader.next();
      if (!reply) return texts;
      if (!*reply) break;
      check_reply(**reply, 1);
      const StateFact fact = redis::fact_in(**reply);
      require(fact.record.debt <= state::kMaxDebt && fact.record.members <= kMaxMembers);
      texts.push_back((*reply)->text);
    }
  }
  return texts;
}

}  // namespace
}  // namespace postern::redis_reply_fuzz

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = postern::as_text(data, size);
  const auto whole = postern::redis_reply_fuzz::texts_in(bytes, std::max<std::size_t>(size, 1));
  const auto pieces = postern::redis_reply_fuzz::texts_in(bytes, 7);
  // What is too large for one piece may be cut off by the bound of another.
  if (size <= postern::redis::kMaxReplyBytes) postern::require(whole == pieces);
  return 0;
}
