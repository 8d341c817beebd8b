#include "common/os/file_watch.h"

#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <optional>

#include "tests/support/temporary_folder.h"

namespace postern::os::file_watch_test {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

class Watched : public testing::Test {
 protected:
  // Looks far apart: what is told quickly was told by the folder.
  FileWatch::Times times_{milliseconds(20), std::chrono::minutes(5), std::chrono::minutes(5)};

  void watch(const std::vector<std::string>& files) {
    watch_.emplace(context_.get_executor(), times_, [this] { ++changes_; });
    watch_->watch(as_they_are(files));
  }
  static FileIdentities as_they_are(const std::vector<std::string>& files) {
    FileIdentities now;
    for (const std::string& file : files) now.emplace(file, identify_file(file));
    return now;
  }

  // Changes told until they come no more, and at the least `wanted`; it gives up after a minute.
  int told(int wanted) {
    const auto end = steady_clock::now() + std::chrono::minutes(1);
    while (changes_ < wanted && steady_clock::now() < end) context_.run_for(milliseconds(10));
    context_.run_for(milliseconds(100));
    return std::exchange(changes_, 0);
  }

  // Does it once more when other processes held it up for so long that the files seemed to rest.
  template <class Steps>
  void do_quickly(Steps steps) {
    for (;;) {
      const auto began = steady_clock::now();
      steps();
      if (steady_clock::now() - began < times_.settle / 2) return;
      told(0);
    }
  }

  // As editors, rsync and deployments do it.
  void rename_over(const std::string& name, const std::string& text) {
    folder_.write("." + name + ".Xz81q", text);
    fs::rename(folder_.path("." + name + ".Xz81q"), folder_.path(name));
  }
  void set_link(const std::string& target, const std::string& name) {
    fs::create_symlink(target, folder_.path(".link"));
    fs::rename(folder_.path(".link"), folder_.path(name));
  }
  void make_folder(const std::string& name, const std::string& file, const std::string& text) {
    fs::create_directory(folder_.path(name));
    folder_.write(name + "/" + file, text);
  }

  TemporaryFolder folder_;
  boost::asio::io_context context_{1};
  std::optional<FileWatch> watch_;
  int changes_ = 0;
};

TEST_F(Watched, AFileWrittenInPlace) {
  watch({folder_.write("rules.yaml", "one")});
  EXPECT_EQ(told(0), 0) << "nothing has happened yet";
  folder_.write("rules.yaml", "three");
  EXPECT_EQ(told(1), 1);
}

TEST_F(Watched, AFileRenamedOverAgainAndAgain) {
  watch({folder_.write("rules.yaml", "one")});
  for (int round = 0; round < 3; ++round) {
    rename_over("rules.yaml", "round " + std::to_string(round));
    EXPECT_EQ(told(1), 1) << round;
  }
}

// vi with `backup`: the old file goes away under another name, and a new one is written.
TEST_F(Watched, AFileRenamedAwayAndMadeAnew) {
  watch({folder_.write("rules.yaml", "one")});
  fs::rename(folder_.path("rules.yaml"), folder_.path("rules.yaml~"));
  folder_.write("rules.yaml", "one");
  EXPECT_EQ(told(1), 1);
}

TEST_F(Watched, OtherFilesBesideItDoNotMatter) {
  watch({folder_.write("rules.yaml", "one")});
  folder_.write("other", "x");
  folder_.write("rules.yaml~", "one");
  EXPECT_EQ(told(0), 0);
}

TEST_F(Watched, AFileThatGoesAndComes) {
  watch({folder_.write("rules.yaml", "one")});
  fs::remove(folder_.path("rules.yaml"));
  EXPECT_EQ(told(1), 1);
  folder_.write("rules.yaml", "one");
  EXPECT_EQ(told(1), 1);
}

TEST_F(Watched, AFileThatIsNotThereYet) {
  watch({folder_.path("later.txt")});
  folder_.write("later.txt", "here");
  EXPECT_EQ(told(1), 1);
}

TEST_F(Watched, AFileInAFolderThatIsNotThereYet) {
  watch({folder_.path("lists/new/later.txt")});
  fs::create_directories(folder_.path("lists/new"));
  context_.run_for(milliseconds(50));
  folder_.write("lists/new/later.txt", "here");
  EXPECT_EQ(told(1), 1);
}

TEST_F(Watched, AFolderRemovedAndMadeAnew) {
  make_folder("lists", "a.txt", "one");
  watch({folder_.path("lists/a.txt")});
  for (int round = 0; round < 3; ++round) {
    fs::remove_all(folder_.path("lists"));
    EXPECT_EQ(told(1), 1) << round;
    make_folder("lists", "a.txt", "one");
    EXPECT_EQ(told(1), 1) << round;
  }
  folder_.write("lists/a.txt", "two");
  EXPECT_EQ(told(1), 1) << "the folder that is there now is watched";
}

TEST_F(Watched, AFolderRenamedOver) {
  make_folder("lists", "a.txt", "one");
  make_folder("lists.new", "a.txt", "one");
  watch({folder_.path("lists/a.txt")});
  fs::rename(folder_.path("lists"), folder_.path("lists.old"));
  fs::rename(folder_.path("lists.new"), folder_.path("lists"));
  EXPECT_EQ(told(1), 1);
  folder_.write("lists.old/a.txt", "of no interest any more");
  EXPECT_EQ(told(0), 0);
  folder_.write("lists/a.txt", "two");
  EXPECT_EQ(told(1), 1);
}

TEST_F(Watched, ASymbolicLinkSetAnew) {
  folder_.write("one", "the same");
  folder_.write("two", "the same");
  set_link("one", "rules.yaml");
  watch({folder_.path("rules.yaml")});
  set_link("two", "rules.yaml");
  EXPECT_EQ(told(1), 1);
  folder_.write("two", "in place, behind the link");
  EXPECT_EQ(told(1), 1);
}

TEST_F(Watched, AFolderBehindALinkSetAnew) {
  make_folder("release-1", "rules.yaml", "one");
  make_folder("release-2", "rules.yaml", "two");
  set_link("release-1", "current");
  watch({folder_.path("current/rules.yaml")});
  set_link("release-2", "current");
  EXPECT_EQ(told(1), 1);
  folder_.write("release-2/rules.yaml", "written in place");
  EXPECT_EQ(told(1), 1) << "the folder it leads to now is watched";
}

// Kubernetes: rules.yaml -> ..data/rules.yaml, ..data -> ..2026_01, and the old folder goes.
TEST_F(Watched, AMountedConfigMapThatIsUpdated) {
  make_folder("..2026_01", "rules.yaml", "one");
  set_link("..2026_01", "..data");
  set_link("..data/rules.yaml", "rules.yaml");
  watch({folder_.path("rules.yaml")});
  for (const char* next : {"..2026_02", "..2026_03"}) {
    const auto old = fs::read_symlink(folder_.path("..data")).string();
    make_folder(next, "rules.yaml", "two");
    set_link(next, "..data");
    fs::remove_all(folder_.path(old));
    EXPECT_EQ(told(1), 1) << next;
  }
}

TEST_F(Watched, LinksInACircleAreNoFile) {
  set_link("b", "a");
  set_link("a", "b");
  watch({folder_.path("a")});
  rename_over("a", "a file at last");
  EXPECT_EQ(told(1), 1);
}

TEST_F(Watched, AFileThatGrowsIsLeftAlone) {
  times_.settle = milliseconds(1000);
  watch({folder_.write("list.txt", "")});
  for (int part = 0; part < 10; ++part) {
    do_quickly([this] {
      std::ofstream(folder_.path("list.txt"), std::ios::app) << "a line of it\n";
      context_.run_for(milliseconds(150));
    });
    EXPECT_EQ(changes_, 0) << part;
  }
  EXPECT_EQ(told(1), 1);
}

// A download that stalls for longer than a file has to be quiet.
TEST_F(Watched, AFileThatIsStillOpenForWritingIsLeftAlone) {
  watch({folder_.write("list.txt", "")});
  std::ofstream list(folder_.path("list.txt"));
  list << "half of it\n" << std::flush;
  EXPECT_EQ(told(0), 0);
  EXPECT_EQ(told(0), 0);
  list << "and the other half\n";
  list.close();
  EXPECT_EQ(told(1), 1);
}

TEST_F(Watched, AFileThatIsWrittenAllTheTimeIsTakenAfterAWhile) {
  times_.settle = milliseconds(1000);
  times_.patience = milliseconds(2000);
  watch({folder_.write("list.txt", "")});
  std::ofstream list(folder_.path("list.txt"));
  const auto begin = steady_clock::now();
  while (changes_ == 0 && steady_clock::now() - begin < std::chrono::minutes(1)) {
    list << "more of it\n" << std::flush;
    context_.run_for(milliseconds(10));
  }
  EXPECT_EQ(changes_, 1);
  EXPECT_GE(steady_clock::now() - begin, times_.patience);
}

TEST_F(Watched, SeveralFilesAtOnceAreOneChange) {
  times_.settle = milliseconds(1000);
  watch({folder_.write("a", "1"), folder_.write("b", "1")});
  do_quickly([this] {
    folder_.write("a", "22");
    context_.run_for(milliseconds(50));
    folder_.write("b", "22");
  });
  EXPECT_EQ(told(1), 1);
}

TEST_F(Watched, WhatChangedBeforeItWasWatchedIsTold) {
  const std::string file = folder_.write("rules.yaml", "one");
  const FileIdentity read = identify_quiet_file(file);
  folder_.write("rules.yaml", "two");
  watch({});
  watch_->watch(FileIdentities{{file, read}});
  EXPECT_EQ(told(1), 1);
  EXPECT_EQ(told(0), 0) << "once";
}

TEST_F(Watched, OtherFilesFromNowOn) {
  const std::string old = folder_.write("old", "1");
  watch({old});
  watch_->watch(as_they_are({folder_.write("new", "1")}));
  folder_.write("old", "22");
  EXPECT_EQ(told(0), 0);
  folder_.write("new", "22");
  EXPECT_EQ(told(1), 1);
}

TEST_F(Watched, ItMayBeTurnedToOtherFilesWhenItTells) {
  const std::string file = folder_.write("a", "1");
  watch_.emplace(context_.get_executor(), times_, [&] {
    ++changes_;
    watch_->watch(as_they_are({file}));
  });
  watch_->watch(as_they_are({file}));
  for (int round = 0; round < 3; ++round) {
    rename_over("a", "22");
    EXPECT_EQ(told(1), 1);
  }
}

TEST_F(Watched, MoreNewsThanTheSystemKeepsAreNews) {
  const std::string file = folder_.write("rules.yaml", "one");
  watch({file});
  int most = 16384;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> most;
  if (most > 200000) GTEST_SKIP() << "a queue of " << most;
  // Two that take turns: equal neighbours would be one.
  for (int count = 0; count <= most / 2; ++count) {
    fs::rename(file, folder_.path("away"));
    fs::rename(folder_.path("away"), file);
  }
  rename_over("rules.yaml", "two");
  EXPECT_EQ(told(1), 1);
}

// No more descriptors than are open now.
class DescriptorsExhausted {
 public:
  DescriptorsExhausted() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int next = ::dup(STDERR_FILENO);
    ::close(next);
    const rlimit none{static_cast<rlim_t>(next), before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  DescriptorsExhausted(const DescriptorsExhausted&) = delete;
  DescriptorsExhausted& operator=(const DescriptorsExhausted&) = delete;
  ~DescriptorsExhausted() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(Watched, WhatIsNotAnnouncedIsSeenInTime) {
  times_.look = milliseconds(50);
  const std::string file = folder_.write("rules.yaml", "one");
  watch({});  // the executor has what it needs
  watch_.reset();
  {
    const DescriptorsExhausted exhausted;
    ASSERT_LT(::inotify_init1(0), 0);
    watch({file});
  }
  folder_.write("rules.yaml", "three");
  EXPECT_EQ(told(1), 1);
}

TEST_F(Watched, StoppedItLetsTheExecutorEnd) {
  watch({folder_.write("a", "1")});
  context_.run_for(milliseconds(10));
  folder_.write("a", "22");
  watch_->stop();
  context_.restart();
  EXPECT_NO_THROW(context_.run());
  watch_->watch(as_they_are({folder_.path("a")}));
  context_.restart();
  context_.run();
  EXPECT_EQ(changes_, 0);
}

TEST_F(Watched, GoneItsHandlersDoNothing) {
  times_.look = milliseconds(1);
  watch({folder_.write("a", "1")});
  folder_.write("a", "22");
  ::usleep(5000);  // so that there is something for both of them to handle
  watch_.reset();
  context_.restart();
  context_.run();
  EXPECT_EQ(changes_, 0);
}

}  // namespace
}  // namespace postern::os::file_watch_test
