// What a daemon does with the files of an installation, without mail: takes them, and keeps each
// generation.
#pragma once

#include <functional>
#include <string>

#include "server/config/generation_store.h"
#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::ctl {

class TakingDaemon {
 public:
  // `clock()` is the time of a generation: one in an hour is not pruned.
  TakingDaemon(const TemporaryFolder& folder, std::function<UtcTime()> clock)
      : folder_(folder),
        store_(config::GenerationStore::open(folder.path("state")).value()),
        clock_(std::move(clock)) {}

  http::HttpResponse answer(const http::HttpRequest& request) {
    const bool refused = request.target == "/v1/reload" && !take();
    return {200, R"({"outcome": ")" + std::string(refused ? "refused" : "done") +
                     R"(", "generation": )" + std::to_string(generation_) +
                     R"(, "fingerprint": ")" + fingerprint_ + R"(", "diagnostics": []})"};
  }

  // False: they are faulty, and what ran before stays.
  bool take() {
    const auto read =
        config::RuleSource::files(folder_.path("rules.yaml")).load({Door::policy, {}});
    if (!read.snapshot) return false;
    generation_ = store_.save(read.files, clock_()).value();
    fingerprint_ = config::fingerprint_of_files(read.files);
    return true;
  }

 private:
  const TemporaryFolder& folder_;
  config::GenerationStore store_;
  std::function<UtcTime()> clock_;
  std::uint64_t generation_ = 0;
  std::string fingerprint_;
};

}  // namespace postern::ctl
