// Which records a store in a file gives up when there is no room for more.
#include <algorithm>
#include <functional>
#include <span>
#include <utility>

#include "common/os/random_bytes.h"
#include "server/state/lmdb_store.h"

namespace postern::state {
namespace {

constexpr std::size_t kSample = 512;
// A sample in which fewer are on probation is not worth a write. Where none is found, so many go
// all the same.
constexpr std::size_t kLeastOfSample = kSample / 16;
constexpr int kMostSamples = 8;

struct Sample {
  std::vector<LmdbEntry> entries;
  std::vector<double> ranks;
  std::size_t on_probation = 0;  // or over
};

// The keys are random, so that those behind one another are a sample.
std::optional<Sample> take_sample(const LmdbWrite& write, StoreTime now) {
  RecordKey from{};
  if (!os::fill_random(std::as_writable_bytes(std::span(from)))) return std::nullopt;
  auto entries = write.entries(from, kSample);
  if (entries && entries->size() < kSample) entries = write.entries({}, kSample);
  if (!entries || entries->empty()) return std::nullopt;
  Sample sample{std::move(*entries), {}, 0};
  for (const LmdbEntry& entry : sample.entries) {
    sample.ranks.push_back(entry.record ? eviction_rank(*entry.record, now) : kOver);
    if (sample.ranks.back() >= kOnProbation) ++sample.on_probation;
  }
  return sample;
}

std::optional<Sample> worthwhile_sample(const LmdbWrite& write, StoreTime now) {
  auto best = take_sample(write, now);
  for (int i = 1; best && best->on_probation < kLeastOfSample && i < kMostSamples; ++i) {
    auto other = take_sample(write, now);
    if (other && other->on_probation > best->on_probation) best = std::move(other);
  }
  return best;
}

// In their place those that are to go, `most` of them at most.
std::vector<bool> chosen(const Sample& sample, std::size_t most) {
  std::vector<std::size_t> order(sample.entries.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return sample.ranks[a] > sample.ranks[b]; });
  order.resize(std::min({std::max(sample.on_probation, kLeastOfSample), order.size(), most}));
  std::vector<bool> goes(sample.entries.size());
  for (const std::size_t one : order) goes[one] = true;
  return goes;
}

// LMDB gives no page back that has lost some of its records, and the file would fill with pages
// half empty: those that stay are written anew behind one another.
int rewrite(LmdbWrite& write, const Sample& sample, const std::vector<bool>& goes) {
  int code = 0;
  for (std::size_t i = 0; code == 0 && i < goes.size(); ++i) {
    code = write.erase(sample.entries[i].key);
  }
  for (std::size_t i = 0; code == 0 && i < goes.size(); ++i) {
    const LmdbEntry& entry = sample.entries[i];
    if (!goes[i] && entry.record) code = write.put(entry.key, *entry.record);
  }
  return code;
}

// Takes fewer new pages.
int erase_chosen(LmdbWrite& write, const Sample& sample, const std::vector<bool>& goes) {
  int code = 0;
  for (std::size_t i = 0; code == 0 && i < goes.size(); ++i) {
    if (goes[i]) code = write.erase(sample.entries[i].key);
  }
  return code;
}

// How many have gone; 0: it could not be done.
template <class Remove>
std::size_t remove_some(LmdbFile& file, StoreTime now, std::size_t most, Remove remove) {
  auto write = LmdbWrite::begin(file);
  if (!write) return 0;
  const auto sample = worthwhile_sample(*write, now);
  if (!sample) return 0;
  const std::vector<bool> goes = chosen(*sample, most);
  if (remove(*write, *sample, goes) != 0 || write->commit() != 0) return 0;
  return static_cast<std::size_t>(std::count(goes.begin(), goes.end(), true));
}

}  // namespace

void LmdbStore::make_room(Opened& opened, std::size_t records) {
  for (std::size_t gone = 0; gone < records;) {
    const StoreTime now = clock_.now();
    std::size_t went = remove_some(*opened.file, now, records - gone, rewrite);
    if (went == 0) went = remove_some(*opened.file, now, records - gone, erase_chosen);
    if (went == 0) return;
    gone += went;
    const std::lock_guard lock(mutex_);
    status_.evicted += went;
  }
}

}  // namespace postern::state
