#include "rules/radar/crowding.h"

#include <algorithm>
#include <cmath>

namespace postern::radar {
namespace {

constexpr double kPerDomain = 0.002;
constexpr double kRare = 0.001;
constexpr std::size_t kMostTimes = 3;
constexpr std::chrono::hours kLeastObserved{1};

// The smallest k with P(Poisson(lambda) > k) <= kRare, or `most`.
std::size_t quantile(double lambda, std::size_t most) {
  double term = std::exp(-lambda);
  double at_most_k = term;
  std::size_t k = 0;
  while (k < most && 1 - at_most_k > kRare) {
    ++k;
    term *= lambda / static_cast<double>(k);
    at_most_k += term;
  }
  return k;
}

}  // namespace

void Crowding::add(const Pool& pool, UtcTime now) {
  const auto& all = pool.sightings.all();
  if (all.size() < 2) return;
  const auto oldest = std::min_element(
      all.begin(), all.end(), [](const Sighting& a, const Sighting& b) { return a.time < b.time; });
  for (std::size_t step = 0; step < kSteps.size(); ++step) {
    const UtcTime from = now - kSteps[step].span;
    const std::size_t in_span = pool.sightings.count_since(from);
    further_[step] += static_cast<double>(in_span - (oldest->time >= from ? 1 : 0));
  }
}

void Crowding::finish(std::chrono::seconds observed) {
  observed = std::max<std::chrono::seconds>(observed, kLeastObserved);
  for (std::size_t step = 0; step < kSteps.size(); ++step) {
    const std::chrono::seconds span = kSteps[step].span;
    const double scale =
        observed < span ? static_cast<double>(span.count()) / static_cast<double>(observed.count())
                        : 1.0;
    const std::size_t most = kMostTimes * kSteps[step].domains;
    wanted_[step] = std::clamp(quantile(kPerDomain * further_[step] * scale, most) + 1,
                               kSteps[step].domains, most);
  }
}

}  // namespace postern::radar
