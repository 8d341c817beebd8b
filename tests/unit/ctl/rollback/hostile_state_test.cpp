// A state folder of another's hand, as a whole: manifests, copies, sizes, links, in any
// combination, under rollbacks of every kind. Whatever it is: what a yes has put into the folder of
// the rules has stood there before by its owner's will; what the word "vouch" has put there was
// shown line by line; nothing else has changed, inside or outside; and no command ends by a signal
// or without an exit of its own.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <random>
#include <set>

#include "common/base/escape.h"
#include "ctl/rollback/line_diff.h"
#include "tests/unit/ctl/rollback/kept_generations.h"

namespace postern::ctl::hostile_state_test {
namespace {

namespace fs = std::filesystem;

using Texts = std::map<std::string, std::string>;

constexpr const char* kEvil = "version: 1\nrules: [{ name: all, then: discard }]\n";

class HostileState : public KeptGenerations {
 protected:
  HostileState() {
    outside_.write("victim", "a victim\n");
    for (const char* list : {"a.example\n", "a.example\nb.example\n", "c.example\n"}) {
      keep(list);
      owned_.insert({"lists/l.txt", list});
    }
    owned_.insert({"rules.yaml", kKeptRules});
    good_ = everything_in(fixture_.folder.path("state"));
  }

  static Texts everything_in(const std::string& folder, const std::string& but = "none") {
    Texts texts;
    fs::recursive_directory_iterator entry(folder);
    for (; entry != fs::recursive_directory_iterator(); ++entry) {
      const std::string name = entry->path().lexically_relative(folder).string();
      if (name == but) entry.disable_recursion_pending();
      if (entry->is_symlink() || !entry->is_regular_file()) continue;
      std::ifstream file(entry->path(), std::ios::binary);
      texts[name] = std::string(std::istreambuf_iterator<char>(file), {});
    }
    return texts;
  }
  [[nodiscard]] Texts rules_folder() const {
    return everything_in(fixture_.folder.path(""), "state");
  }

  void restore() const {
    fs::remove_all(fixture_.folder.path("state"));
    for (const auto& [name, text] : good_) {
      const std::string path = fixture_.folder.path("state/" + name);
      fs::create_directories(fs::path(path).parent_path());
      std::ofstream(path, std::ios::binary) << text;
    }
    fixture_.folder.write("rules.yaml", kKeptRules);
    fixture_.folder.write("lists/l.txt", "c.example\n");
  }

  std::uint64_t number() { return 1 + random_() % 3; }
  std::string name() { return random_() % 2 == 0 ? "rules.yaml" : "lists/l.txt"; }
  std::string text() {
    switch (random_() % 5) {
      case 0:
        return kEvil;
      case 1:
        return kKeptRules;
      case 2:
        return ".com\n";
      case 3:
        return std::string(random_() % 50, '\n') + "x.example\n" + std::string(30, '#') + "\n.net";
      default:
        return good_.at("generations/" + std::to_string(number()) + "/" + name());
    }
  }
  std::string strange_path() {
    const std::vector<std::string> paths{fixture_.folder.path("postern.yaml"),
                                         fixture_.folder.path(".rules.yaml.vouched"),
                                         fixture_.folder.path("lists/new.txt"),
                                         fixture_.folder.path("rules.yaml"),
                                         fixture_.folder.path("lists/../postern.yaml"),
                                         outside_.path("victim"),
                                         "/dev/null",
                                         fixture_.folder.path(std::string("rules.yaml\0x", 12)),
                                         "rules.yaml",
                                         ""};
    return paths[random_() % paths.size()];
  }

  void edit_manifest(std::uint64_t of) {
    const std::string path =
        "state/generations/" + std::to_string(of) + "/" + config::kManifestName;
    std::string text = fixture_.read(path);
    if (random_() % 4 == 0 && !text.empty()) {
      text[random_() % text.size()] = static_cast<char>(random_());
      fixture_.folder.write(path, text);
      return;
    }
    auto generation = config::parse_manifest(text);
    if (!generation) return;
    config::StoredFile& file = generation->files[random_() % generation->files.size()];
    switch (random_() % 7) {
      case 0:
        file.path = strange_path();
        break;
      case 1:
        file.stored = random_() % 2 == 0 ? "../1/rules.yaml" : "rules.yaml";
        break;
      case 2:
        file.bytes = std::size_t{1} << random_() % 63;
        break;
      case 3:
        generation->number = number();
        break;
      case 4:
        generation->rollback_of = random_() % 3;
        break;
      case 5:
        std::reverse(generation->files.begin(), generation->files.end());
        break;
      default:
        generation->files.push_back({strange_path(), "lists/l.txt", file.bytes, file.fingerprint});
    }
    fixture_.folder.write(path, config::format_manifest(*generation));
  }

  void edit_copy(std::uint64_t of) {
    const std::string path = copy(of, name());
    std::error_code none;
    if (!fs::is_regular_file(fs::symlink_status(path, none))) return;  // where it leads stays
    const int way = static_cast<int>(random_() % 6);
    if (way == 0) {
      static_cast<void>(::truncate(path.c_str(), off_t{1} << (20 + random_() % 24)));
      return;
    }
    std::error_code ignored;
    if (way > 1) fs::remove_all(path, ignored);
    if (way == 1) fixture_.folder.write(path.substr(fixture_.folder.path("").size()), text());
    if (way == 2) ::mkfifo(path.c_str(), 0644);
    if (way == 3) fs::create_symlink(outside_.path("victim"), path, ignored);
    if (way == 4) fs::create_directory(path, ignored);
  }

  void tamper() {
    const std::uint64_t of = number();
    std::error_code ignored;
    switch (random_() % 8) {
      case 0:
        return edit_manifest(of);
      case 1:
        return edit_copy(of);
      case 2:
        return fs::rename(fixture_.folder.path("state/generations/" + std::to_string(of)),
                          fixture_.folder.path("state/generations/9"), ignored);
      case 3:
        return fs::create_directory_symlink(outside_.path(""),
                                            fixture_.folder.path("state/generations/8"), ignored);
      default:
        if (config::parse_manifest(fixture_.read("state/generations/" + std::to_string(of) + "/" +
                                                 config::kManifestName))) {
          std::error_code there;
          if (fs::is_regular_file(fs::symlink_status(copy(of, "rules.yaml"), there)) &&
              fs::is_regular_file(fs::symlink_status(copy(of, "lists/l.txt"), there))) {
            forge(of, name(), text());
          }
        }
    }
  }

  // `told` has each line that `after` has and `before` had not, and the other way round.
  static void expect_shown(const std::string& before, const std::string& after,
                           const std::string& told) {
    for (const ChangedLine& line : changed_lines(before, after)) {
      const char* sign = line.kind == ChangedLine::Kind::added ? " + " : " - ";
      EXPECT_TRUE(has(told, std::to_string(line.number) + sign + printable(line.text) + "\n"));
    }
  }

  void expect_owned(const Texts& before, const CtlResult& result) {
    for (const auto& [name, text] : rules_folder()) {
      const auto old = before.find(name);
      if (old != before.end() && old->second == text) continue;
      if (name.find(".before-rollback") != std::string::npos || name.starts_with(".rules.yaml.")) {
        continue;
      }
      EXPECT_TRUE(owned_.contains({name, text})) << name << ":\n" << text << result.out;
    }
  }

  void expect_all_shown(const Texts& before, const CtlResult& result) {
    for (const auto& [name, text] : rules_folder()) {
      const auto old = before.find(name);
      if (old != before.end() && old->second == text) continue;
      if (name.find(".before-rollback") != std::string::npos || name.starts_with(".rules.yaml.")) {
        continue;
      }
      EXPECT_TRUE(name == "rules.yaml" || name.starts_with("lists/")) << name;
      expect_shown(old == before.end() ? "" : old->second, text, result.out);
    }
  }

  TemporaryFolder outside_;
  std::set<std::pair<std::string, std::string>> owned_;  // name and text, as root has had them
  Texts good_;
  std::mt19937 random_{20261129};
};

TEST_F(HostileState, ARollbackWritesWhatWasOwnedOrShown) {
  int written = 0;
  for (int round = 0; round < 150 && !HasFailure(); ++round) {
    restore();
    for (unsigned edits = 1 + random_() % 4; edits > 0; --edits) tamper();
    const Texts before = rules_folder();
    const std::string which = std::to_string(random_() % 4 == 0 ? 9 : number());
    const auto listed = fixture_.run({"rollback", "--list"});
    EXPECT_EQ(listed.exit, 0) << listed.err;
    EXPECT_EQ(rules_folder(), before);
    const bool vouches = random_() % 2 == 0;
    const std::string vouched_before = fixture_.read(".rules.yaml.vouched");
    const auto result = vouches ? fixture_.run_at_terminal({"rollback", which}, "vouch\n")
                                : fixture_.run({"rollback", which, "--yes"});
    EXPECT_TRUE(result.exit == 1 || result.exit == 3) << result.exit << result.err;
    vouches ? expect_all_shown(before, result) : expect_owned(before, result);
    if (rules_folder() != before) ++written;
    EXPECT_EQ(fixture_.read("postern.yaml"), before.at("postern.yaml"));
    EXPECT_EQ(everything_in(outside_.path("")), (Texts{{"victim", "a victim\n"}}));
    // What was vouched for in this round is the next one's to refuse again.
    fixture_.folder.write(".rules.yaml.vouched", vouched_before);
    for (const auto& [name, text] : rules_folder()) {
      if (name.find(".before-rollback") != std::string::npos || name == "lists/new.txt") {
        fs::remove(fixture_.folder.path(name));
      }
    }
  }
  EXPECT_GT(written, 10) << "else nothing was tried";
}

}  // namespace
}  // namespace postern::ctl::hostile_state_test
