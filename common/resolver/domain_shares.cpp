#include "common/resolver/domain_shares.h"

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

#include "common/base/name_suffix.h"

namespace postern::resolver {
namespace {

// By how many of its last labels a domain is known, and what is around it. All clients have their
// reverse names below the same two labels: there it is their network, /24 in a /16, /48 in a /32.
struct Labels {
  std::size_t suffix;
  std::size_t domain;
};
constexpr Labels kOfDomains{2, 3};
constexpr Labels kOfV4Networks{4, 5};
constexpr Labels kOfV6Networks{10, 14};

Labels labels_of(std::string_view name) {
  if (name.ends_with(".in-addr.arpa")) return kOfV4Networks;
  return name.ends_with(".ip6.arpa") ? kOfV6Networks : kOfDomains;
}

std::string_view suffix_of(std::string_view name) {
  return last_labels(name, labels_of(name).suffix);
}

std::string_view domain_of(std::string_view name) {
  return last_labels(name, labels_of(name).domain);
}

struct Share {
  std::size_t taken = 0;
  int silent_in_a_row = 0;
};

// So many that are free, of so many.
struct Room {
  std::size_t places = 0;
  std::size_t free = 0;
};

// Half of what is free, and of one place the one; a few of the last quarter.
std::size_t bound_in(Room room) {
  const std::size_t half = (room.free + 1) / 2;
  return room.free > room.places / 4 ? half : std::min(half, DomainShares::kModestPlaces);
}

// The shares of those that have something under way, so never more than places. An ordered map:
// whoever chooses the names cannot make it slow.
class Shares {
 public:
  [[nodiscard]] bool has_room(std::string_view name, Room room) const {
    if (name.empty()) return true;
    const Share suffix = of(suffix_of(name));
    const std::size_t bound = bound_of(suffix, room);
    if (suffix.taken >= bound) return false;
    const Share domain = of(domain_of(name));
    return !has_own_domain(name) || domain.taken < bound_of(domain, {bound, bound - suffix.taken});
  }

  void take(std::string_view name) {
    for_each_of(name, [](Share& share) { ++share.taken; });
  }

  void note(std::string_view name, DomainShares::Outcome outcome) {
    const bool silent = outcome == DomainShares::Outcome::silent;
    for_each_of(name, [silent](Share& share) {
      share.silent_in_a_row =
          silent ? std::min(share.silent_in_a_row + 1, DomainShares::kSilentInARow) : 0;
    });
  }

  void give_back(std::string_view name) {
    for_each_of(name, [](Share& share) { --share.taken; });
    for (const std::string_view key : {suffix_of(name), domain_of(name)}) {
      const auto found = shares_.find(key);
      if (found != shares_.end() && found->second.taken == 0) shares_.erase(found);
    }
  }

 private:
  static bool has_own_domain(std::string_view name) { return suffix_of(name) != domain_of(name); }

  static std::size_t bound_of(const Share& share, Room room) {
    const std::size_t bound = bound_in(room);
    if (share.silent_in_a_row < DomainShares::kSilentInARow) return bound;
    return std::min(bound, DomainShares::kSilentPlaces);
  }

  [[nodiscard]] Share of(std::string_view key) const {
    const auto found = shares_.find(key);
    return found == shares_.end() ? Share{} : found->second;
  }

  template <class Change>
  void for_each_of(std::string_view name, Change change) {
    if (name.empty()) return;
    change(shares_[std::string(suffix_of(name))]);
    if (has_own_domain(name)) change(shares_[std::string(domain_of(name))]);
  }

  std::map<std::string, Share, std::less<>> shares_;
};

}  // namespace

struct DomainShares::State {
  std::mutex mutex;
  std::size_t places = 0;
  std::size_t taken = 0;
  std::uint64_t refused = 0;
  Shares names;
  Shares askers;

  [[nodiscard]] bool has_room(std::string_view name, std::string_view asker) const {
    if (taken >= places) return false;
    const Room room{places, places - taken};
    return names.has_room(name, room) && askers.has_room(asker, room);
  }
};

DomainShares::Place::Place(std::shared_ptr<State> of, std::string_view name, std::string_view asker)
    : of_(std::move(of)), name_(name), asker_(asker) {}

DomainShares::Place::~Place() {
  if (!of_) return;
  const std::lock_guard lock(of_->mutex);
  --of_->taken;
  of_->names.give_back(name_);
  of_->askers.give_back(asker_);
}

void DomainShares::Place::note(Outcome outcome) {
  const std::lock_guard lock(of_->mutex);
  of_->names.note(name_, outcome);
  of_->askers.note(asker_, outcome);
}

DomainShares::DomainShares(std::size_t places) : state_(std::make_shared<State>()) {
  state_->places = places;
}

void DomainShares::resize(std::size_t places) {
  const std::lock_guard lock(state_->mutex);
  state_->places = places;
}

std::optional<DomainShares::Place> DomainShares::take(std::string_view name,
                                                      std::string_view asker) {
  Place place(nullptr, name, asker);
  const std::lock_guard lock(state_->mutex);
  if (!state_->has_room(name, asker)) {
    ++state_->refused;
    return std::nullopt;
  }
  state_->names.take(name);
  state_->askers.take(asker);
  ++state_->taken;
  place.of_ = state_;
  return place;
}

std::uint64_t DomainShares::refused() const {
  const std::lock_guard lock(state_->mutex);
  return state_->refused;
}

std::size_t DomainShares::taken() const {
  const std::lock_guard lock(state_->mutex);
  return state_->taken;
}

}  // namespace postern::resolver
