// main.cf and master.cf, as people and postconf write them, and what they come to.
#include <gtest/gtest.h>

#include "ctl/doctor/postfix_master.h"
#include "ctl/doctor/postfix_parameters.h"
#include "ctl/doctor/postfix_words.h"
#include "ctl/doctor/restriction_list.h"

namespace postern {
namespace {

using std::chrono::milliseconds;

ConfigText text_of_file(const std::string& text) {
  return {text, "f", ConfigText::Lines::of_a_file};
}

TEST(ConfigLines, AreJoinedAcrossCommentsAndCounted) {
  const auto lines = config_lines("# c\na = 1,\n# inside\n\n\t2\n\nb = 3");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].text, "a = 1, 2");
  EXPECT_EQ(lines[0].number, 2);
  EXPECT_EQ(lines[1].number, 7);
}

TEST(PostfixWords, KeepBracesTogether) {
  const auto words = postfix_words("a,b  { c, d {e} }\tf {g");
  EXPECT_EQ(words, (std::vector<std::string_view>{"a", "b", "{ c, d {e} }", "f", "{g"}));
}

TEST(MtaTime, HasUnits) {
  EXPECT_EQ(mta_time("10s"), milliseconds(10000));
  EXPECT_EQ(mta_time("100"), milliseconds(100000));
  EXPECT_EQ(mta_time("5m"), milliseconds(300000));
  EXPECT_EQ(mta_time("1h"), milliseconds(3600000));
  EXPECT_FALSE(mta_time("soon"));
  EXPECT_FALSE(mta_time("5 m"));
  EXPECT_FALSE(mta_time("99999999999999999999s"));
}

struct Expansion {
  const char* text;
  const char* becomes;
};

class PostfixExpansions : public testing::TestWithParam<Expansion> {};

TEST_P(PostfixExpansions, AreThoseOfPostconf) {
  const auto parameters = read_postfix_parameters(
      text_of_file("a = 1\nb = $a$a\nempty =\nloop = x$loop\nlevel = 3.10\n"));
  EXPECT_EQ(parameters.expanded(GetParam().text), GetParam().becomes);
}

// Each as `postconf -x` of Postfix 3.7 has it, but for the loop, which it refuses.
INSTANTIATE_TEST_SUITE_P(
    All, PostfixExpansions,
    testing::Values(
        Expansion{"$a-$b-${a}-$(b)", "1-11-1-11"}, Expansion{"$$a", "$a"},
        Expansion{"${a?yes}${empty?no}", "yes"}, Expansion{"${a:no}${empty:yes}", "1yes"},
        Expansion{"${a?{x}:{y}}${empty?{x}:{y}}", "xy"}, Expansion{"${a?{$b}:{y}}", "11"},
        Expansion{"${{$a} == {1} ? {same} : {other}}", "same"},
        Expansion{"${{$level} <level {3.6} ? {old} : {new}}", "new"},
        Expansion{"${{$level} < {3.6} ? {as text} : {no}}", "as text"},
        Expansion{"${{9} < {10} ? {as numbers} : {no}}", "as numbers"},
        Expansion{"$nothing${nothing}.", "."}, Expansion{"${a", ""}, Expansion{"100$", "100"}));

TEST(PostfixParameters, ALoopEnds) {
  const auto parameters = read_postfix_parameters(text_of_file("l = x$l\nd = $e$e\ne = $d$d\n"));
  EXPECT_LT(parameters.value("l").size(), 100U);
  EXPECT_EQ(parameters.value("d"), "");
}

TEST(PostfixParameters, GrowthIsBounded) {
  std::string text = "a0 = 0123456789\n";
  for (int i = 1; i < 19; ++i) {
    const std::string below = "$a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + " = " + below + below + below + below + "\n";
  }
  EXPECT_LE(read_postfix_parameters(text_of_file(text)).value("a18").size(), std::size_t{1} << 16);
}

TEST(PostfixParameters, TheLastOneCounts) {
  const auto parameters = read_postfix_parameters(text_of_file("a = 1\na = 2\n"));
  EXPECT_EQ(parameters.value("a"), "2");
  EXPECT_EQ(parameters.place("a").to_string(), "f:2: a");
  EXPECT_EQ(parameters.value("milter_command_timeout"), "30s");
  EXPECT_FALSE(parameters.is_set("milter_command_timeout"));
}

// As postconf -M of Postfix 3.7 writes it.
TEST(PostfixMaster, IsReadWithItsOverrides) {
  const auto services = read_postfix_master(text_of_file(
      "smtp       inet  n       -       y       -       -       smtpd -o {a=b c { d } } -o e=$f "
      "-og=h\n[::]:2525  inet  n  -  n  -  -  smtpd\nshort line\n"
      "policyd    unix  -       n       -       -       0       spawn argv=/x {a b}\n"));
  ASSERT_EQ(services.size(), 3U);
  const std::vector<std::pair<std::string, std::string>> overrides{
      {"a", "b c { d }"}, {"e", "$f"}, {"g", "h"}};
  EXPECT_EQ(services[0].overrides, overrides);
  EXPECT_EQ(services[0].chroot, true);
  EXPECT_EQ(services[0].where.to_string(), "f:1: smtp/inet");
  EXPECT_EQ(services[1].name, "[::]:2525");
  EXPECT_EQ(services[1].chroot, false);
  EXPECT_EQ(services[2].chroot, std::nullopt);
  EXPECT_EQ(services[2].command, "spawn");
}

TEST(PostfixMaster, OverridesMayStandOnLinesOfTheirOwn) {
  const auto services = read_postfix_master(
      text_of_file("smtp inet n - n - - smtpd\n  -o a=b\n# no\n  -o { c = d, e }\n"));
  ASSERT_EQ(services.size(), 1U);
  EXPECT_EQ(services[0].overrides.size(), 2U);
  EXPECT_EQ(services[0].overrides[1].second, "d, e");
}

const ClassText kNoClasses = [](std::string_view) -> const std::string* { return nullptr; };

TEST(Restrictions, HaveTheirArguments) {
  const auto items = read_restrictions(
      "permit_mynetworks check_client_access hash:/permit, reject_rbl_client permit, "
      "check_policy_service { inet:127.0.0.1:10040, timeout=2s, default_action=DUNNO }, "
      "check_policy_service,unix:private/x {default_action = 450 4.7.1 wait}",
      kNoClasses);
  ASSERT_EQ(items.size(), 6U);
  EXPECT_EQ(items[1].argument, "hash:/permit");
  EXPECT_EQ(items[2].argument, "permit");
  ASSERT_TRUE(items[3].policy);
  EXPECT_EQ(items[3].policy->timeout, milliseconds(2000));
  EXPECT_EQ(items[3].policy->default_action, "DUNNO");
  ASSERT_TRUE(items[4].policy && items[4].policy->endpoint);
  EXPECT_EQ(items[4].policy->endpoint->path, "private/x");
  EXPECT_FALSE(items[4].policy->timeout);
}

TEST(Restrictions, ADefaultActionMayHaveBlanks) {
  const auto items = read_restrictions(
      "check_policy_service { inet:[::1]:1, { default_action = 450 4.7.1 wait }, try_limit=1 }",
      kNoClasses);
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].policy->default_action, "450 4.7.1 wait");
  EXPECT_EQ(items[0].policy->try_limit, "1");
  EXPECT_EQ(items[0].policy->endpoint->host, "::1");
}

TEST(Restrictions, AClassOfItselfEnds) {
  const std::string own = "permit, self";
  const ClassText text_of = [&](std::string_view name) { return name == "self" ? &own : nullptr; };
  EXPECT_LT(read_restrictions("self", text_of).size(), 20U);
}

}  // namespace
}  // namespace postern
