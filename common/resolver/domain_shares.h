// Shares a bounded number of places (DNS questions in flight, say) among strangers' domains: a
// domain that holds no place gets one, even while a hundred others want all that they can get.
// Bookkeeping without a clock; any thread.
//
// A domain is known by its labels, without a list of public suffixes (docs/design.md): two shares
// one in the other, that of the last two labels (`example.com`, but also `co.uk`) and within it
// that of the last three (`example.co.uk`, but also `a1.example.com`); of reverse names those of
// the client's /16 and /24, with IPv6 /32 and /48. The first may grow to half of the places that
// are free, the second to half of what the first then has left; the last quarter is for those that
// have no more than a few.
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
  // How the work for which a place was taken ended. Silence holds a place longest: after
  // kSilentInARow such ends in a row a domain has at most kSilentPlaces, until one of its servers
  // answers, or until it holds no place any more.
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

  // For places that are taken from now on; those that are held stay.
  void resize(std::size_t places);

  // A place in the share of `name`, the name that is asked for, and in that of `asker`, the sender
  // domain that caused the question; either may be empty, for none. Nothing when there is no free
  // place, or a share is used up.
  [[nodiscard]] std::optional<Place> take(std::string_view name, std::string_view asker);

  [[nodiscard]] std::size_t taken() const;
  // How often take() gave nothing, since the start.
  [[nodiscard]] std::uint64_t refused() const;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace postern::resolver
