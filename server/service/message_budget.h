// Bounds the memory that all messages under way keep together. Header and recipients of one message
// are bounded, but there are as many messages as sessions. All threads share it, and any thread may
// call any function; those of a share one thread at a time.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace postern::service {

class MessageBudget {
 public:
  // Some thousand messages as mail has them, and eighty of the largest.
  static constexpr std::size_t kBytes = std::size_t{256} << 20;

  explicit MessageBudget(std::size_t bytes = kBytes) : bytes_(bytes) {}

  // Of one message. The budget outlives it.
  class Share {
   public:
    explicit Share(MessageBudget& of) : of_(of) {}
    ~Share() { give_up(); }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    // Makes it so large. False: there is not as much, which is counted; it stays as it was.
    [[nodiscard]] bool grow(std::size_t bytes) {
      if (bytes <= size_) return true;
      const std::size_t more = bytes - size_;
      if (of_.taken_.fetch_add(more, std::memory_order_relaxed) + more > of_.bytes_) {
        of_.taken_.fetch_sub(more, std::memory_order_relaxed);
        of_.refused_.fetch_add(1, std::memory_order_relaxed);
        return false;
      }
      size_ = bytes;
      return true;
    }
    void give_up() {
      of_.taken_.fetch_sub(size_, std::memory_order_relaxed);
      size_ = 0;
    }

   private:
    MessageBudget& of_;
    std::size_t size_ = 0;
  };

  [[nodiscard]] std::size_t taken() const { return taken_.load(std::memory_order_relaxed); }
  // Since the start.
  [[nodiscard]] std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  const std::size_t bytes_;
  std::atomic<std::size_t> taken_{0};
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace postern::service
