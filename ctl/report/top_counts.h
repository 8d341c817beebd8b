// How often each text came, of a bounded number of them: when they are too many, the rarest are
// forgotten. Pure; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace postern::report {

class TopCounts {
 public:
  static constexpr std::size_t kMaxTexts = 20000;
  static constexpr std::size_t kMaxTextBytes = 256;  // what is longer is cut

  explicit TopCounts(std::size_t max_texts = kMaxTexts) : max_texts_(max_texts) {}

  void add(std::string_view text, std::uint64_t times = 1);

  struct Count {
    std::string text;
    std::uint64_t times = 0;
    friend bool operator==(const Count&, const Count&) = default;
  };
  // Most first; what came equally often in the order of the texts.
  [[nodiscard]] std::vector<Count> top(std::size_t most) const;
  // Of those that are known.
  [[nodiscard]] std::size_t texts() const { return counts_.size(); }
  // Whether some were forgotten: then counts may be too low, and texts() is.
  [[nodiscard]] bool was_cut() const { return was_cut_; }

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };

  void forget_rare();

  std::size_t max_texts_;
  std::unordered_map<std::string, std::uint64_t, TextHash, std::equal_to<>> counts_;
  bool was_cut_ = false;
};

}  // namespace postern::report
