#include "server/redis/reply.h"

#include <hiredis/hiredis.h>

#include <new>

#include "common/base/escape.h"

namespace postern::redis {
namespace {

Reply reply_of(const redisReply& from) {
  Reply reply;
  if (from.str != nullptr) reply.text.assign(from.str, from.len);
  switch (from.type) {
    case REDIS_REPLY_STATUS:
      reply.kind = Reply::Kind::status;
      break;
    case REDIS_REPLY_STRING:
      reply.kind = Reply::Kind::text;
      break;
    case REDIS_REPLY_INTEGER:
      reply.kind = Reply::Kind::number;
      reply.number = from.integer;
      break;
    case REDIS_REPLY_NIL:
      reply.kind = Reply::Kind::nothing;
      break;
    case REDIS_REPLY_ARRAY:
      reply.kind = Reply::Kind::list;
      for (std::size_t i = 0; i < from.elements; ++i) {
        reply.items.push_back(reply_of(*from.element[i]));
      }
      break;
    case REDIS_REPLY_ERROR:
      reply.kind = Reply::Kind::error;
      break;
    default:  // of RESP3, which nobody has asked for
      reply.kind = Reply::Kind::error;
      reply.text = "a reply of an unknown kind";
  }
  return reply;
}

}  // namespace

// hiredis makes room for as many items of a list as its head says; here only for as many as may be.
struct ReplyReader::Codec {
  Codec() {
    if (!reader) throw std::bad_alloc();
    functions = of_hiredis = *reader->fn;
    functions.createArray = &create_list;
    reader->fn = &functions;
    reader->privdata = this;
  }
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;
  ~Codec() = default;

  // The number is an int before hiredis 1.0, a size_t from then on.
  static void* create_list(const redisReadTask* task, auto items) {
    std::size_t depth = 1;
    for (const redisReadTask* above = task->parent; above != nullptr; above = above->parent) {
      ++depth;
    }
    if (depth > kMaxDepth || static_cast<std::size_t>(items) > kMaxItems) return nullptr;
    return static_cast<const Codec*>(task->privdata)->of_hiredis.createArray(task, items);
  }

  redisReplyObjectFunctions of_hiredis{};
  redisReplyObjectFunctions functions{};
  // It frees what it has of a reply by `functions`: they outlive it.
  std::unique_ptr<redisReader, void (*)(redisReader*)> reader{::redisReaderCreate(),
                                                              ::redisReaderFree};
};

ReplyReader::ReplyReader() : codec_(std::make_unique<Codec>()) {}
ReplyReader::~ReplyReader() = default;

void ReplyReader::feed(std::string_view bytes) {
  since_last_ += bytes.size();
  ::redisReaderFeed(codec_->reader.get(), bytes.data(), bytes.size());
}

Result<std::optional<Reply>> ReplyReader::next() {
  void* whole = nullptr;
  if (::redisReaderGetReply(codec_->reader.get(), &whole) != REDIS_OK) {
    return failure("what came is no reply of Redis, or too large: " +
                   printable(codec_->reader->errstr));
  }
  if (whole == nullptr) {
    if (since_last_ <= kMaxReplyBytes) return std::optional<Reply>();
    return failure("a reply is larger than " + std::to_string(kMaxReplyBytes) + " bytes");
  }
  const std::unique_ptr<void, void (*)(void*)> freed(whole, ::freeReplyObject);
  since_last_ = codec_->reader->len - codec_->reader->pos;
  return std::optional(reply_of(*static_cast<const redisReply*>(whole)));
}

std::string_view word_of(std::string_view error) {
  return error.substr(0, error.find(' '));
}

std::string shown_error(std::string_view error) {
  constexpr std::size_t kMost = 160;
  return printable(error.substr(0, kMost));
}

std::string command_bytes(std::span<const std::string> words) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const std::string& word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  char* bytes = nullptr;
  const auto size =
      ::redisFormatCommandArgv(&bytes, static_cast<int>(words.size()), texts.data(), sizes.data());
  if (size < 0) throw std::bad_alloc();
  const std::unique_ptr<char, void (*)(void*)> freed(
      bytes, [](void* text) { ::redisFreeCommand(static_cast<char*>(text)); });
  return {bytes, static_cast<std::size_t>(size)};
}

}  // namespace postern::redis
