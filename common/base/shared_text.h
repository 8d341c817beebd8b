// A text that many have in common, in the room of a pointer: a copy shares it, and the last one
// frees it. What has been shared does not change; copies may belong to different threads. A value;
// empty after a move.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace postern {

class SharedText {
 public:
  SharedText() = default;  // empty
  explicit SharedText(std::string_view text) : shared_(text.empty() ? nullptr : new Shared(text)) {}
  SharedText(const SharedText& other) noexcept : shared_(other.shared_) {
    // No more than to be there: who copies has seen the text.
    if (shared_ != nullptr) shared_->owners.fetch_add(1, std::memory_order_relaxed);
  }
  SharedText(SharedText&& other) noexcept : shared_(std::exchange(other.shared_, nullptr)) {}
  SharedText& operator=(SharedText other) noexcept {
    std::swap(shared_, other.shared_);
    return *this;
  }
  // A text of its own.
  SharedText& operator=(std::string_view text) { return *this = SharedText(text); }
  ~SharedText() {
    if (shared_ != nullptr && shared_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      delete shared_;
    }
  }

  void clear() { *this = SharedText(); }
  [[nodiscard]] bool empty() const { return shared_ == nullptr; }
  // Valid as long as this or a copy of it has the text.
  [[nodiscard]] std::string_view view() const {
    return shared_ == nullptr ? std::string_view() : std::string_view(shared_->text);
  }
  // NOLINTNEXTLINE(google-explicit-constructor): as of a std::string
  operator std::string_view() const { return view(); }

  friend bool operator==(const SharedText& left, const SharedText& right) {
    return left.view() == right.view();
  }
  friend bool operator==(const SharedText& left, std::string_view right) {
    return left.view() == right;
  }

 private:
  struct Shared {
    explicit Shared(std::string_view value) : text(value) {}
    std::atomic<std::uint32_t> owners{1};
    const std::string text;
  };

  Shared* shared_ = nullptr;
};

}  // namespace postern
