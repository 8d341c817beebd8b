// For tests of rollback: an installation with generations, and a hand in its state folder that is
// not root's.
#pragma once

#include <gtest/gtest.h>

#include "common/base/fingerprint.h"
#include "server/config/generation_manifest.h"
#include "server/config/generation_store.h"
#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::ctl {

inline constexpr const char* kKeptRules =
    "version: 1\nlists: { l: { kind: domain, file: lists/l.txt, may_shrink: yes } }\n"
    "rules: [{ name: l, when: { sender_domain: l }, then: reject }]\n";

class KeptGenerations : public testing::Test {
 protected:
  // As root puts it there and a daemon takes it.
  void keep(const std::string& list) {
    fixture_.folder.write("rules.yaml", kKeptRules);
    fixture_.folder.write("lists/l.txt", list);
    ASSERT_EQ(fixture_.run({"vouch"}).exit, 0);
    auto store = config::GenerationStore::open(fixture_.folder.path("state"));
    ASSERT_TRUE(store);
    time_ += std::chrono::hours(1);
    ASSERT_TRUE(
        store->save({source("rules.yaml", kKeptRules), source("lists/l.txt", list)}, time_));
  }

  // Another text for a copy, and a manifest that fits it.
  void forge(std::uint64_t number, const std::string& name, const std::string& text) const {
    std::filesystem::remove(copy(number, name));  // it is one file with that of others
    fixture_.folder.write("state/generations/" + std::to_string(number) + "/" + name, text);
    change(number, name, [&](config::StoredFile& file) {
      file.bytes = text.size();
      file.fingerprint = fingerprint_of(text).to_string();
    });
  }
  void set_bytes(std::uint64_t number, const std::string& name, std::size_t bytes) const {
    change(number, name, [&](config::StoredFile& file) { file.bytes = bytes; });
  }

  [[nodiscard]] std::string copy(std::uint64_t number, const std::string& name) const {
    return fixture_.folder.path("state/generations/" + std::to_string(number) + "/" + name);
  }
  [[nodiscard]] config::SourceFile source(const std::string& name, const std::string& text) const {
    return {fixture_.folder.path(name), text, {}};
  }

  InstallationFixture fixture_;

 private:
  template <class Change>
  void change(std::uint64_t number, const std::string& name, Change change) const {
    const std::string path =
        "state/generations/" + std::to_string(number) + "/" + config::kManifestName;
    auto generation = config::parse_manifest(fixture_.read(path));
    ASSERT_TRUE(generation);
    for (config::StoredFile& file : generation->files) {
      if (file.stored == name) change(file);
    }
    fixture_.folder.write(path, config::format_manifest(*generation));
  }

  UtcTime time_ = parse_expiry("2026-11-21T06:00:00Z").value();
};

}  // namespace postern::ctl
