// A reloader over files that a test writes, with or without a store of generations.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>

#include "server/config/reloader.h"
#include "tests/support/temporary_folder.h"

namespace postern::config {

inline constexpr const char* kOne = "version: 1\nrules:\n  - name: a\n    then: log\n";
inline constexpr const char* kTwo =
    "version: 1\nrules:\n  - name: a\n    then: log\n  - name: b\n    then: log\n";

inline std::string settings_with(const std::string& more) {
  return "version: 1\nrules: rules.yaml\n" + more +
         (more.find("dns:") == std::string::npos ? "dns: { upstreams: [[127.0.0.1]] }\n" : "") +
         (more.find("policyd:") == std::string::npos ? "policyd: { listen: inet:127.0.0.1:1 }\n"
                                                     : "");
}

inline std::string with_list(const std::string& file, const std::string& more = "") {
  return "version: 1\nlists:\n  bad: { kind: domain, file: " + file + more +
         " }\nrules:\n  - name: a\n    when: { sender_domain: bad }\n    then: reject\n";
}

inline std::string domains(int number) {
  std::string text;
  for (int i = 0; i < number; ++i) text += "d" + std::to_string(i) + ".example\n";
  return text;
}

class Reloading : public testing::Test {
 protected:
  // What the daemon does at its start.
  void start(const std::string& rules = kOne, const std::string& settings = settings_with("")) {
    folder_.write("rules.yaml", rules);
    folder_.write("postern.yaml", settings);
    Diagnostics diagnostics;
    auto first = read_settings(settings_file_, Door::policy, diagnostics);
    ASSERT_TRUE(first) << diagnostics.to_string();
    auto read = RuleSource::files(rules_file_).load({Door::policy, doors_of(*first)}, 1);
    ASSERT_TRUE(read.snapshot) << read.diagnostics.to_string();
    settings_.emplace(std::move(*first));
    std::optional<GenerationStore> generations;
    if (keeps_generations_) {
      generations = GenerationStore::open(folder_.path("state")).value();
      read.snapshot->set_generation(generations->save(read.files, utc_now()).value());
    }
    snapshots_.emplace(std::move(read.snapshot));
    reloader_.emplace(Reloader::Parts{settings_file_,
                                      Door::policy,
                                      *settings_,
                                      *snapshots_,
                                      *log_,
                                      std::move(generations),
                                      [this] { ++changes_; },
                                      {},
                                      try_rules_},
                      ReloadReport{}, read.files, identities_of(read.files));
  }

  ReloadOutcome reload(ShrunkLists shrunk = ShrunkLists::refuse) {
    return reloader_->reload(ReloadTrigger::signal, shrunk).outcome;
  }
  ReloadOutcome reload_rules(const std::string& text) {
    folder_.write("rules.yaml", text);
    return reload();
  }
  ReloadOutcome reload_settings(const std::string& more) {
    folder_.write("postern.yaml", settings_with(more));
    return reload();
  }
  [[nodiscard]] std::uint64_t generation() const { return snapshots_->current()->generation(); }
  [[nodiscard]] const Settings& in_force() const { return settings_->current(); }

  std::string logged() {
    log_->flush();
    std::ostringstream text;
    text << std::ifstream(folder_.path("log")).rdbuf();
    std::filesystem::resize_file(folder_.path("log"), 0);
    return text.str();
  }

  TemporaryFolder folder_;
  const std::string settings_file_ = folder_.path("postern.yaml");
  const std::string rules_file_ = folder_.path("rules.yaml");
  std::unique_ptr<os::DaemonLog> log_ =
      std::move(*os::DaemonLog::open({LogLevel::debug, folder_.path("log")}));
  bool keeps_generations_ = false;
  std::optional<LiveSettings> settings_;
  std::optional<SnapshotStore> snapshots_;
  std::optional<Reloader> reloader_;
  int changes_ = 0;
  TryRules try_rules_;  // for start()
};

}  // namespace postern::config
