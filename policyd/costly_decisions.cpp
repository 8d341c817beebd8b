#include "policyd/costly_decisions.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "server/service/client_shares.h"

namespace postern::policyd {

void CostlyDecisions::start() {
  thread_ = std::thread([this] { run(); });
}

void CostlyDecisions::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
  waiting_.clear();
  clients_.clear();
}

void CostlyDecisions::add(const std::optional<IpAddress>& client, std::function<void()> make) {
  const Client key = client ? Client(service::as_client(*client)) : std::nullopt;
  const std::lock_guard lock(mutex_);
  Turns& turns = clients_[key];
  turns.last = std::max(turns.last, turn_) + 1;
  ++turns.waiting;
  waiting_.emplace(turns.last, Waiting{key, std::move(make)});
  changed_.notify_one();
}

std::optional<CostlyDecisions::Waiting> CostlyDecisions::next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
  if (stopping_) return std::nullopt;
  auto first = waiting_.extract(waiting_.begin());
  turn_ = first.key();
  const auto turns = clients_.find(first.mapped().client);
  if (--turns->second.waiting == 0) clients_.erase(turns);
  return std::move(first.mapped());
}

void CostlyDecisions::run() {
  while (const auto one = next()) {
    try {
      one->make();
    } catch (const std::exception&) {
      // No memory to hand it back: its session is closed when its deadline is over.
    }
  }
}

}  // namespace postern::policyd
