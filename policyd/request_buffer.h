// The bytes of a policy connection, and the request that is read from them. A session owns it.
// Pure.
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

  // Where the next bytes go; never empty. Afterwards the caller says with filled() how many came.
  std::span<char> room();
  void filled(std::size_t size) { end_ += size; }

  // Begins a request, which is read to its end within these limits: its bytes are in a buffer that
  // was made for them.
  void begin(const PolicyRequestLimits& limits);
  PolicyRequestReader::State read() { return reader_.read(bytes()); }
  // Both as PolicyRequestReader has them.
  [[nodiscard]] const PolicyRequest& request() const { return reader_.request(); }
  [[nodiscard]] const std::string& error() const { return reader_.error(); }
  // Forgets the request that was read.
  void drop() { begin_ += reader_.consumed(); }

  // The bytes that came and were not dropped.
  [[nodiscard]] std::string_view bytes() const { return {buffer_.data() + begin_, end_ - begin_}; }

 private:
  std::size_t max_bytes_;
  PolicyRequestReader reader_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace postern::policyd
