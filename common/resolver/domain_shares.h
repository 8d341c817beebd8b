// Places for what is done because of strangers' domains, shared out so that no domain takes what
// others need: whoever has nothing under way finds a place, also beside a hundred domains that want
// all they can get. Bookkeeping without a clock; any thread.
//
// A domain is known by its labels, without a list of public suffixes (docs/design.md): two shares
// one in the other, that of the last two labels (`example.com`, but also `co.uk`) and within it
// that of the last three (`example.co.uk`, but also `a1.example.com`). The first may grow to half
// of the places that are free, the second to half of what the first then has left; the last quarter
// is for those that have no more than a few.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace postern::resolver {

class DomainShares {
  struct State;

 public:
  // What came of what was done with a place. Silence keeps its place longest: a domain of which
  // kSilentInARow have come to that, and none to anything else, has at most kSilentPlaces until
  // something answers, or until nothing of it is under way any more.
  enum class Outcome { answered, silent };
  static constexpr int kSilentInARow = 16;
  static constexpr std::size_t kSilentPlaces = 16;
  // What each may have while no more than a quarter is free: more than one mail needs at a time.
  static constexpr std::size_t kModestPlaces = 8;

  // A place taken; given up when destroyed. May outlive the shares.
  class Place {
   public:
    Place(Place&& other) noexcept = default;
    Place& operator=(Place&&) = delete;
    ~Place();
    void note(Outcome outcome);

   private:
    friend class DomainShares;
    Place(std::shared_ptr<State> of, std::string_view name, std::string_view asker);
    std::shared_ptr<State> of_;
    std::string name_;
    std::string asker_;
  };

  explicit DomainShares(std::size_t places);

  // For those who come from now on: who has a place keeps it.
  void resize(std::size_t places);

  // A place in the shares of `name`, which is asked for, and of `asker`, the domain because of
  // which it is; either may be empty, for none. Nothing when there is no place, or a share is used
  // up.
  [[nodiscard]] std::optional<Place> take(std::string_view name, std::string_view asker);

  [[nodiscard]] std::size_t taken() const;
  // How often take() gave nothing, since the start.
  [[nodiscard]] std::uint64_t refused() const;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace postern::resolver
