#include "common/os/file_place.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "common/os/text_file.h"
#include "tests/support/temporary_folder.h"

namespace postern::os::file_place_test {
namespace {

namespace fs = std::filesystem;

class FilePlaceTest : public testing::Test {
 protected:
  FilePlaceTest() {
    for (const char* name : {"etc", "etc/lists", "srv"}) fs::create_directory(at(name));
    folder_.write("etc/lists/a.txt", "a");
    folder_.write("srv/a.txt", "of srv");
  }

  [[nodiscard]] std::string at(const std::string& name) const { return folder_.path(name); }
  [[nodiscard]] std::string found(const std::string& name) const {
    const auto place = FilePlace::find(at(name));
    return place ? place->path() : place.error().text;
  }
  [[nodiscard]] static std::string text_at(const FilePlace& place) {
    const auto read = read_identified_file(place, 100);
    return read ? read->text : read.error().text;
  }

  TemporaryFolder folder_;
};

TEST_F(FilePlaceTest, LeadsWhereTheSystemLeads) {
  fs::create_symlink("../srv", at("etc/near"));
  fs::create_symlink(at("srv"), at("etc/far"));
  fs::create_symlink("far/../etc/./lists//a.txt", at("etc/file"));
  EXPECT_EQ(found("etc/lists/a.txt"), at("etc/lists/a.txt"));
  EXPECT_EQ(found("etc/near/a.txt"), at("srv/a.txt"));
  EXPECT_EQ(found("etc/far/a.txt"), at("srv/a.txt"));
  EXPECT_EQ(found("etc/file"), at("etc/lists/a.txt"));
  EXPECT_EQ(found("etc//lists/.././lists/a.txt"), at("etc/lists/a.txt"));
}

TEST_F(FilePlaceTest, WhatIsNotThereHasAPlaceInAFolderThatIs) {
  const auto place = FilePlace::find(at("etc/new.txt"));
  ASSERT_TRUE(place);
  EXPECT_FALSE(place->found());
  EXPECT_FALSE(place->identify().there);
  EXPECT_EQ(found("no/new.txt"), "cannot open " + at("no/new.txt") + ": No such file or directory");
  EXPECT_EQ(found("srv/a.txt/b"), "cannot open " + at("srv/a.txt/b") + ": Not a directory");
}

TEST_F(FilePlaceTest, LinksWithoutEndAreAnError) {
  fs::create_symlink("nowhere", at("etc/lost"));
  fs::create_symlink("circle", at("etc/circle"));
  fs::create_symlink("circle", at("etc/folder"));
  EXPECT_EQ(found("etc/lost"),
            "cannot follow " + at("etc/lost") + ": " + at("etc/lost") + " leads nowhere");
  EXPECT_EQ(found("etc/circle"),
            "cannot open " + at("etc/circle") + ": Too many levels of symbolic links");
  EXPECT_FALSE(FilePlace::find(at("etc/folder/a.txt")));
}

TEST_F(FilePlaceTest, NamesEachFolderAndLinkOnTheWay) {
  fs::create_symlink("../srv", at("etc/near"));
  const auto place = FilePlace::find(at("etc/near/a.txt"));
  ASSERT_TRUE(place);
  std::vector<std::string> links;
  for (const WayStep& step : place->way()) {
    if (step.kind == WayStep::Kind::link) links.push_back(step.path);
    EXPECT_EQ(S_ISLNK(step.status.st_mode), step.kind == WayStep::Kind::link) << step.path;
  }
  EXPECT_EQ(links, std::vector<std::string>{at("etc/near")});
  EXPECT_EQ(place->way().front().path, "/");
  EXPECT_EQ(place->way().back().path, at("srv"));
}

TEST_F(FilePlaceTest, StaysWhereItWasWhateverThePathLeadsToByThen) {
  const auto place = FilePlace::find(at("etc/lists/a.txt"));
  ASSERT_TRUE(place);
  fs::rename(at("etc/lists"), at("etc/moved"));
  fs::create_directory_symlink("../srv", at("etc/lists"));
  EXPECT_EQ(text_at(*place), "a");
  EXPECT_EQ(place->beside("a.txt").identify(), place->identify());
}

TEST_F(FilePlaceTest, ALinkThatCameMeanwhileIsNotFollowed) {
  const auto place = FilePlace::find(at("etc/lists/a.txt"));
  ASSERT_TRUE(place);
  fs::remove(at("etc/lists/a.txt"));
  fs::create_symlink("../../srv/a.txt", at("etc/lists/a.txt"));
  EXPECT_EQ(text_at(*place), "cannot read " + at("etc/lists/a.txt") + ": want a regular file");
}

TEST_F(FilePlaceTest, WhatIsNoFileIsNotOpened) {
  ASSERT_EQ(::mkfifo(at("etc/fifo").c_str(), 0600), 0);
  const auto fifo = FilePlace::find(at("etc/fifo"));
  ASSERT_TRUE(fifo);
  EXPECT_FALSE(fifo->open());
  const auto folder = FilePlace::find(at("etc/lists"));
  ASSERT_TRUE(folder);
  EXPECT_FALSE(folder->open());
  EXPECT_FALSE(FilePlace::find("/"));
  EXPECT_FALSE(FilePlace::find(at("etc/..")));
}

TEST_F(FilePlaceTest, OfARelativePathTheWorkingFolderIsTheBeginning) {
  const auto before = fs::current_path();
  fs::current_path(at("etc"));
  const auto place = FilePlace::find("lists/a.txt");
  fs::current_path(before);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->path(), at("etc/lists/a.txt"));
  EXPECT_EQ(text_at(*place), "a");
}

TEST_F(FilePlaceTest, ANameInAFolderIsNotFollowed) {
  fs::create_symlink("../../srv/a.txt", at("etc/lists/link"));
  const auto link = FilePlace::in_folder(at("etc/lists"), "link");
  ASSERT_TRUE(link);
  EXPECT_EQ(link->path(), at("etc/lists/link"));
  link->remove();
  EXPECT_EQ(found("etc/lists/link"), at("etc/lists/link"));
  EXPECT_TRUE(fs::exists(at("srv/a.txt")));
  EXPECT_FALSE(FilePlace::in_folder(at("srv/a.txt"), "b"));
}

TEST_F(FilePlaceTest, AFileThatIsMadeBesideIsHiddenAndNobodyElses) {
  const auto place = FilePlace::find(at("etc/lists/a.txt"));
  const auto made = place->make_beside();
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->place.name().starts_with(".a.txt.")) << made->place.name();
  struct stat status {};
  ASSERT_EQ(::fstat(made->fd.get(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
  EXPECT_NE(place->make_beside().value().place.name(), made->place.name());
}

}  // namespace
}  // namespace postern::os::file_place_test
