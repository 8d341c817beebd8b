#include "ctl/cli/installation.h"

#include <gtest/gtest.h>

namespace postern::ctl::state_folder_test {
namespace {

StateFolder folder(const std::string& written, const char* status) {
  config::Settings settings;
  settings.state_folder = written;
  DaemonAnswer answer;
  answer.daemon.name = "postern-milter";
  answer.status = 200;
  answer.body = boost::json::parse(status).as_object();
  return state_folder_in_use(settings, answer);
}

TEST(StateFolder, IsThatOfTheSettingsWhenNobodySaysOtherwise) {
  config::Settings settings;
  settings.state_folder = "/var/lib/postern";
  EXPECT_EQ(state_folder_in_use(settings, std::nullopt).path, "/var/lib/postern");
  for (const char* status : {R"({"generation": 1})", R"({"state": "/var/lib/postern"})"}) {
    const StateFolder found = folder("/var/lib/postern", status);
    EXPECT_EQ(found.path, "/var/lib/postern") << status;
    EXPECT_EQ(found.note, "") << status;
  }
  EXPECT_EQ(folder("", R"({"state": null})").note, "");
  EXPECT_EQ(folder("/a\tb", R"({"state": "/a\\x09b"})").path, "/a\tb") << "as it is told";
}

TEST(StateFolder, IsNotTheOneThatADaemonNames) {
  const StateFolder found = folder("/new", R"({"state": "/old"})");
  EXPECT_EQ(found.path, "/new");
  EXPECT_EQ(found.note,
            "postern-milter keeps its generations in /old; these are of /new, as the settings file "
            "says, which counts from its next start");
  EXPECT_EQ(folder("", R"({"state": "/old"})").path, "");
  EXPECT_EQ(folder("", R"({"state": "/old"})").note,
            "postern-milter keeps its generations in /old; the settings file names none");
}

TEST(StateFolder, ADaemonThatKeepsNone) {
  const StateFolder found = folder("/new", R"({"state": null})");
  EXPECT_EQ(found.path, "/new");
  EXPECT_EQ(
      found.note,
      "postern-milter keeps no generations now; these are of /new, as the settings file says");
}

}  // namespace
}  // namespace postern::ctl::state_folder_test
