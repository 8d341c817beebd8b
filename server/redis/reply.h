// What a Redis or Valkey server says, and how it is asked: RESP2 (redis.io/docs/reference/
// protocol-spec), by the codec of hiredis. The only place that knows hiredis. Bytes of a server are
// hostile: of a reply are taken kMaxReplyBytes at most, and lists of kMaxItems in kMaxDepth lists.
// Pure; not for several threads at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace postern::redis {

inline constexpr std::size_t kMaxReplyBytes = 65536;
inline constexpr std::size_t kMaxItems = 16;
inline constexpr std::size_t kMaxDepth = 3;

struct Reply {
  enum class Kind : std::uint8_t { status, error, number, text, nothing, list };
  Kind kind = Kind::nothing;
  std::string text;  // of status, error and text: any bytes
  std::int64_t number = 0;
  std::vector<Reply> items;  // of a list
};

// Of the text of an error: its word, `NOPERM`; and, since whoever runs the server may have written
// it, what a log and a person are shown.
std::string_view word_of(std::string_view error);
std::string shown_error(std::string_view error);

class ReplyReader {
 public:
  ReplyReader();
  ~ReplyReader();
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;

  // What has come. next() fails when there was no memory for it.
  void feed(std::string_view bytes);
  // The next whole reply; nothing: more has to come. Error: these are no replies, or too large.
  // After an error the reader is of no more use.
  Result<std::optional<Reply>> next();

 private:
  struct Codec;
  std::unique_ptr<Codec> codec_;
  std::size_t since_last_ = 0;  // bytes that came since the last whole reply
};

// The bytes of a command with these words, to be sent. Throws std::bad_alloc.
std::string command_bytes(std::span<const std::string> words);

}  // namespace postern::redis
