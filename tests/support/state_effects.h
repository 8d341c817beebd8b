// Effects on records of state for tests of stores.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "server/state/state_store.h"

namespace postern {

inline StateKey rate_key(const std::string& name) {
  return {StateKind::rate, "people", {name}};
}

inline Effect effect_on(const std::string& name, decltype(Effect::what) what,
                        std::chrono::seconds keep = std::chrono::hours(1)) {
  Effect effect;
  effect.key = rate_key(name);
  effect.what = std::move(what);
  effect.keep = keep;
  return effect;
}

inline void apply(state::StateStore& store, const Effect& effect) {
  store.apply(std::span(&effect, 1));
}

// `each` hours out of one bucket by each of eight threads: what is lost shows in the debt.
inline void take_hours_at_once(state::StateStore& store, const std::string& name, int each) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&store, &name, each] {
      for (int n = 0; n < each; ++n) apply(store, effect_on(name, Take{1, std::chrono::hours(1)}));
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace postern
