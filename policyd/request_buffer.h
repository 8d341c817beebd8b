// The bytes of a policy connection as they come, and the request that is being read from them.
// Pure; owned by a session.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "policyd/request.h"

namespace postern::policyd {

class RequestBuffer {
 public:
  explicit RequestBuffer(const PolicyRequestLimits& limits)
      : max_bytes_(limits.max_bytes), reader_(limits) {}

  // Where the next bytes are to go; never empty. Then filled() tells how many came.
  std::span<char> room();
  void filled(std::size_t size) { end_ += size; }

  // The bytes of a request begin here. It is read to its end by these limits: what has come of it
  // is in a buffer that was made for them.
  void begin(const PolicyRequestLimits& limits);
  PolicyRequestReader::State read() { return reader_.read(bytes()); }
  // As PolicyRequestReader has them.
  [[nodiscard]] const PolicyRequest& request() const { return reader_.request(); }
  [[nodiscard]] const std::string& error() const { return reader_.error(); }
  // The request is done with.
  void drop() { begin_ += reader_.consumed(); }

  // What has come and is not dropped.
  [[nodiscard]] std::string_view bytes() const { return {buffer_.data() + begin_, end_ - begin_}; }

 private:
  std::size_t max_bytes_;
  PolicyRequestReader reader_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace postern::policyd
