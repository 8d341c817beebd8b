#include "policyd/request_buffer.h"

#include <algorithm>
#include <cstring>

namespace postern::policyd {
namespace {

constexpr std::size_t kFirstSize = 2048;  // Postfix 3.7 sends 600 to 1000 bytes

}  // namespace

void RequestBuffer::begin(const PolicyRequestLimits& limits) {
  max_bytes_ = limits.max_bytes;
  reader_.reset(limits);
}

std::span<char> RequestBuffer::room() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ == buffer_.size()) {
    if (begin_ > 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    } else {
      // The reader refuses a request before it fills the largest buffer, so there is always room.
      buffer_.resize(std::min(std::max(kFirstSize, buffer_.size() * 2), max_bytes_));
    }
  }
  return std::span(buffer_).subspan(end_);
}

}  // namespace postern::policyd
