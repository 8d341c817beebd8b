#include "server/redis/shared_store.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <exception>
#include <future>
#include <iterator>
#include <utility>

namespace postern::redis {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Outcome = SharedServer::Outcome;

constexpr auto kLongestFirstTry = 1s;
constexpr auto kLongestFinish = 2s;
// Beyond the patience, for a thread that does not get its turn.
constexpr auto kGrace = 1s;

}  // namespace

SharedStore::SharedStore(Parts parts)
    : parts_(std::move(parts)),
      keys_(parts_.site),
      work_(loop_.get_executor()),
      server_(loop_.get_executor(), {.place = parts_.place,
                                     .user = parts_.user,
                                     .password_file = parts_.password_file,
                                     .keys = keys_,
                                     .secret_mark = [this] { return take_secret(); },
                                     .patience = parts_.patience,
                                     .warn = parts_.warn,
                                     .in_use = [this] { send_all(); },
                                     .tried =
                                         [this] {
                                           const std::lock_guard lock(mutex_);
                                           was_tried_ = true;
                                           changed_.notify_all();
                                         }}) {
  // What is to be told later needs it also while the server is away; each try says what is wrong.
  static_cast<void>(take_secret());
  asio::post(loop_, [this] { server_.start(); });
  thread_ = std::thread([this] { run(); });
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kLongestFirstTry, [this] { return was_tried_; });
}

std::shared_ptr<const state::KeyHash> SharedStore::hash() const {
  const std::lock_guard lock(mutex_);
  return hash_;
}

Result<std::string> SharedStore::take_secret() {
  const auto secret = parts_.read_secret();
  if (!secret) return tl::unexpected(secret.error());
  const auto hash = std::make_shared<const state::KeyHash>(*secret);
  const std::lock_guard lock(mutex_);
  hash_ = hash;
  return hash->mark();
}

// What throws is out of memory, most likely: a connection may have lost its place in the replies.
void SharedStore::run() {
  for (const char* failed = nullptr;;) {
    try {
      if (failed != nullptr) begin_anew(std::exchange(failed, nullptr));
      loop_.run();
      return;
    } catch (const std::exception&) {
      failed = "there was no memory";
    }
  }
}

void SharedStore::begin_anew(const char* why) {
  server_.lose(why);
  const std::lock_guard lock(mutex_);
  status_.dropped += std::exchange(under_way_, 0);
}

// ---- questions

std::optional<StateFact> SharedStore::find_at_once(const StateKey& key) {
  const auto hash = NearRecords::may_have(key.kind) ? this->hash() : nullptr;
  if (hash) {
    const state::RecordKey hashed = (*hash)(key);
    const std::lock_guard lock(mutex_);
    if (const auto fact = near_.find(hashed, Clock::now())) {
      ++status_.near;
      return fact;
    }
  }
  return can_ask() ? std::nullopt : std::optional(find_here(key));
}

StateFact SharedStore::find_here(const StateKey& key) {
  {
    const std::lock_guard lock(mutex_);
    ++status_.own;
  }
  return parts_.own->find(key);
}

void SharedStore::ask(const StateKey& key, const std::function<void(const StateFact&)>& answer) {
  if (!can_ask()) return answer(find_here(key));
  ++questions_;
  const state::RecordKey hashed = (*hash())(key);
  Call call = read_call(keys_.record(key.kind, hashed));
  std::uint64_t forgotten = 0;
  {
    const std::lock_guard lock(mutex_);
    forgotten = near_.forgotten();
  }
  const auto take = [this, key, hashed, forgotten, answer](Outcome /*outcome*/,
                                                           const Reply* reply) {
    --questions_;
    StateFact fact = reply != nullptr ? fact_in(*reply) : StateFact{};
    const bool is_answered = fact.status != StateFact::Status::unavailable;
    if (!is_answered) fact = find_here(key);
    if (is_answered) {
      const std::lock_guard lock(mutex_);
      ++status_.answered;
      near_.note(key.kind, hashed, fact, Clock::now(), forgotten);
    }
    answer(fact);
  };
  asio::post(loop_, [this, call = std::move(call), take] { server_.ask(call, take); });
}

StateFact SharedStore::find(const StateKey& key) {
  const auto promise = std::make_shared<std::promise<StateFact>>();
  auto future = promise->get_future();
  ask(key, [promise](const StateFact& fact) { promise->set_value(fact); });
  if (future.wait_for(parts_.patience + kGrace) == std::future_status::ready) return future.get();
  return parts_.own->find(key);
}

// ---- changes

bool SharedStore::can_be_repeated(const state::Change& change) {
  return !std::holds_alternative<Take>(change.what) &&
         !std::holds_alternative<state::Forget>(change.what);
}

void SharedStore::apply(std::span<const Effect> effects) noexcept {
  parts_.own->apply(effects);
  const auto hash = this->hash();
  for (const Effect& effect : effects) {
    tell([&] { return hash ? std::optional(hash->change_of(effect, {})) : std::nullopt; });
  }
}

void SharedStore::forget(const StateKey& key) noexcept {
  parts_.own->forget(key);
  const auto hash = this->hash();
  tell([&] {
    return hash ? std::optional(state::Change{(*hash)(key), key.kind, state::Forget{}, {}, {}})
                : std::nullopt;
  });
}

// What `make` makes, if there is a secret to make it by.
template <class Make>
void SharedStore::tell(const Make& make) noexcept {
  try {
    if (auto change = make()) return add({*std::move(change), Clock::now()});
  } catch (const std::exception&) {  // no memory
  }
  const std::lock_guard lock(mutex_);
  ++status_.dropped;
}

void SharedStore::note_near(const state::Change& change) {
  if (std::holds_alternative<state::Forget>(change.what)) return near_.forget(change.key);
  if (NearRecords::may_have(change.kind)) near_.touch(change.key, Clock::now());
}

// What is not in use gets later what may come late; the rest this host alone knows.
void SharedStore::add(const Waiting& change) {
  const std::lock_guard lock(mutex_);
  note_near(change.change);
  const bool can_wait = server_.is_in_use() || can_be_repeated(change.change);
  if (finished_ || !can_wait || waiting_.size() + under_way_ >= kMostChanges) {
    ++status_.dropped;
    return;
  }
  waiting_.push_back(change);
  if (is_posted_ || !server_.is_in_use()) return;
  asio::post(loop_, [this] { send_all(); });
  is_posted_ = true;
}

void SharedStore::send_all() {
  std::deque<Waiting> changes;
  {
    const std::lock_guard lock(mutex_);
    is_posted_ = false;
    if (!server_.is_in_use()) return;
    changes = std::exchange(waiting_, {});
    under_way_ += changes.size();
  }
  for (const Waiting& change : changes) send(change);
}

void SharedStore::send(const Waiting& change) {
  const std::string key = keys_.record(change.change.kind, change.change.key);
  const auto ago = std::chrono::floor<std::chrono::microseconds>(Clock::now() - change.at);
  Call call = std::holds_alternative<state::Forget>(change.change.what)
                  ? forget_call(key)
                  : change_call(key, change.change, ago);
  server_.change(std::move(call), [this, change](Outcome outcome, const Reply* /*reply*/) {
    settle(change, outcome);
  });
}

void SharedStore::settle(const Waiting& change, Outcome outcome) {
  const std::lock_guard lock(mutex_);
  if (under_way_ > 0) --under_way_;
  if (outcome == Outcome::answered) {
    ++status_.confirmed;
  } else if (outcome == Outcome::lost && can_be_repeated(change.change) && !finished_) {
    waiting_.push_back(change);  // sent when the server is in use again
  } else {
    ++status_.dropped;
  }
  changed_.notify_all();
}

void SharedStore::finish() {
  {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kLongestFinish, [this] {
      return finished_ || !server_.is_in_use() || waiting_.size() + under_way_ == 0;
    });
    if (std::exchange(finished_, true)) return;
    status_.dropped += std::exchange(waiting_, {}).size();
  }
  asio::post(loop_, [this] { server_.stop(); });
  work_.reset();
  thread_.join();
  parts_.own->finish();
}

state::StoreStatus SharedStore::status() const {
  state::StoreStatus status = parts_.own->status();
  const std::lock_guard lock(mutex_);
  status.shared = status_;
  status.shared.server = parts_.place.address.to_string();
  status.shared.failing = server_.failing();
  status.shared.losses = server_.losses();
  status.shared.waiting = waiting_.size() + under_way_;
  return status;
}

}  // namespace postern::redis
