// What the journal has of a day is what `posternctl replay --journal` comes to, by the rules of
// each hour. POSTERN_DAY_DECISIONS says how many decisions the day has.
#include "tests/scenarios/recorded_day.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "common/base/whole_number.h"
#include "common/json/parse_json.h"
#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::recorded_day_test {
namespace {

constexpr std::uint64_t kDecisions = 1000;

std::uint64_t decisions_of_the_day() {
  const char* wanted = std::getenv("POSTERN_DAY_DECISIONS");
  return wanted == nullptr ? kDecisions : parse_whole<std::uint64_t>(wanted).value();
}

TEST(RecordedDay, UnderItsOwnRulesAllOfItIsAsRecorded) {
  ctl::InstallationFixture installation;
  installation.settings(
      "policyd: { listen: \"inet:127.0.0.1:10040\" }\n"
      "milter: { listen: \"inet:127.0.0.1:10050\" }\njournal: { headers: [Subject] }\n");
  RecordedDay day(installation.folder.path(""), installation.now - std::chrono::hours(24));
  day.run(decisions_of_the_day());
  day.finish();
  ASSERT_EQ(day.dropped(), 0U);
  EXPECT_GT(day.messages_of_several(), day.decisions() / 500);

  const auto result = installation.run({"--json", "replay", "--journal"});
  ASSERT_LE(result.exit, 1) << result.err;
  const auto answer = json::parse_json(result.out).value().as_object();
  const auto& recorded = answer.at("read").as_object().at("as_recorded").as_object();
  const std::string text = json::serialize(recorded);
  EXPECT_EQ(recorded.at("other").to_number<std::uint64_t>(), 0U) << text;
  EXPECT_TRUE(recorded.at("incomplete").as_object().empty()) << text;
  EXPECT_TRUE(recorded.at("not_kept").as_object().empty()) << text;
  // What a client heard once more is no decision of its own.
  const auto records = answer.at("read").as_object().at("records").to_number<std::uint64_t>();
  EXPECT_EQ(records, day.decisions());
  const auto same = recorded.at("same").to_number<std::uint64_t>();
  EXPECT_GT(same, day.decisions() * 9 / 10);
  std::cout << same << " of " << same << " decisions, " << records
            << " records, as recorded: " << text << '\n';
}

}  // namespace
}  // namespace postern::recorded_day_test
