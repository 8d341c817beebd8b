// main.cf and master.cf, as people and postconf write them, and what they come to.
#include <gtest/gtest.h>

#include "ctl/doctor/config_lines.h"
#include "ctl/doctor/postfix_parameters.h"
#include "ctl/doctor/postfix_words.h"
#include "ctl/doctor/restriction_list.h"

namespace postern::doctor::postfix_text_test {
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

// As mystrtokq() of Postfix has it: the level counts from any brace in the word.
TEST(PostfixWords, KeepBracesTogetherWhereverTheyBegin) {
  using Words = std::vector<std::string_view>;
  EXPECT_EQ(postfix_words("x inline:{{a@b.test = reject }}, y"),
            (Words{"x", "inline:{{a@b.test = reject }}", "y"}));
  EXPECT_EQ(postfix_words("{ a, b }c, d{e f}g h"), (Words{"{ a, b }c", "d{e f}g", "h"}));
  EXPECT_EQ(postfix_words("a} b, c"), (Words{"a}", "b", "c"}));
  EXPECT_EQ(postfix_words("pcre:{{/^a{2}$/ reject}} b"), (Words{"pcre:{{/^a{2}$/ reject}}", "b"}));
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

RestrictionList list_of(
    const std::string& text, const ClassText& text_of = [](std::string_view) {
      const std::string* none = nullptr;
      return none;
    }) {
  RestrictionList list;
  list.text = text;
  read_restrictions(text_of, list);
  return list;
}

TEST(Restrictions, HaveTheirArguments) {
  const auto items =
      list_of(
          "permit_mynetworks check_client_access hash:/permit, reject_rbl_client permit, "
          "check_policy_service { inet:127.0.0.1:10040, timeout=2s, default_action=DUNNO }, "
          "check_policy_service,unix:private/x {default_action = 450 4.7.1 wait}")
          .items;
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

TEST(Restrictions, OldOnesHaveNone) {
  const auto items = list_of("reject_maps_rbl, check_relay_domains, Permit_MyNetworks").items;
  ASSERT_EQ(items.size(), 3U);
  EXPECT_EQ(items[2].name, "permit_mynetworks");
  EXPECT_EQ(items[2].text, "Permit_MyNetworks");
}

TEST(Restrictions, ADefaultActionMayHaveBlanks) {
  const auto items = list_of(
                         "check_policy_service { inet:[::1]:1, { default_action = 450 4.7.1 wait "
                         "}, try_limit=1 }")
                         .items;
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].policy->default_action, "450 4.7.1 wait");
  EXPECT_EQ(items[0].policy->try_limit, "1");
  EXPECT_EQ(items[0].policy->endpoint->host, "::1");
}

TEST(Restrictions, AreOneElementWithWhatStandsInFrontOfThem) {
  const std::string inside = "reject_rbl_client x, warn_if_reject permit_mynetworks, deeper";
  const std::string deeper = "sleep 1";
  const auto list =
      list_of("warn_if_reject check_client_access inline:{{a = OK}}, own, warn_if_reject own",
              [&](std::string_view name) {
                return name == "own" ? &inside : name == "deeper" ? &deeper : nullptr;
              });
  ASSERT_EQ(list.elements.size(), 3U);
  EXPECT_EQ(list.elements[0].text, "warn_if_reject check_client_access inline:{{a = OK}}");
  EXPECT_EQ(list.elements[1].text, "own");
  EXPECT_TRUE(list.elements[1].is_class);
  EXPECT_EQ(list.elements[1].count, 3U);
  EXPECT_EQ(list.elements[2].text, "warn_if_reject own");
  ASSERT_EQ(list.items.size(), 7U);
  EXPECT_TRUE(list.items[0].only_warns);
  EXPECT_FALSE(list.items[1].only_warns);
  EXPECT_TRUE(list.items[2].only_warns);
  EXPECT_EQ(list.items[3].by_class, "deeper");
  EXPECT_EQ(list.items[4].text, "warn_if_reject reject_rbl_client x");
  EXPECT_TRUE(list.is_whole);
}

TEST(Restrictions, AClassOfItselfEnds) {
  const std::string own = "permit, self";
  const std::string twice = "two two two two two two two two two two";
  const ClassText text_of = [&](std::string_view name) {
    return name == "self" ? &own : name == "two" ? &twice : nullptr;
  };
  EXPECT_LT(list_of("self", text_of).items.size(), 20U);
  EXPECT_FALSE(list_of("two", text_of).is_whole);
}

TEST(Restrictions, MisspeltOnesAreNearWhatIsMeant) {
  EXPECT_EQ(nearest_restriction("reject_unath_destination"), "reject_unauth_destination");
  EXPECT_EQ(nearest_restriction("permit_mynetwork"), "permit_mynetworks");
  EXPECT_EQ(nearest_restriction("Reject_Unknown_Sender_Domian"), "reject_unknown_sender_domain");
  EXPECT_EQ(nearest_restriction("something_else"), "");
  EXPECT_EQ(nearest_restriction("..."), "");
}

TEST(PostfixService, KeepsWhatIsSaid) {
  auto service = read_postfix_service(
      "{ inet:[::1]:1, policy_context=x, { default_action = 450 4.7.1 wait }, timeout=1s }");
  service.set("default_action", "DUNNO");
  service.set("timeout", "10s");
  service.set("try_limit", "2");
  EXPECT_EQ(service.to_string(),
            "{ inet:[::1]:1, policy_context=x, default_action=DUNNO, timeout=10s, try_limit=2 "
            "}");
  EXPECT_EQ(read_postfix_service("unix:private/x").to_string(), "unix:private/x");
}

TEST(MtaTexts, AreKnownByTheirLines) {
  EXPECT_EQ(kind_of_mta_text("# c\nmyhostname = x\n"), MtaTextKind::main_cf);
  EXPECT_EQ(kind_of_mta_text("smtp inet n - y - - smtpd\n  -o a=b\n"), MtaTextKind::master_cf);
  EXPECT_EQ(kind_of_mta_text("V10/Berkeley\nDj$w\nO HelpFile=/etc/mail/helpfile\n"),
            MtaTextKind::sendmail_cf);
  EXPECT_EQ(kind_of_mta_text("dnl x\ndivert(-1)dnl\ndefine(`confX', `a=b')dnl\n"),
            MtaTextKind::sendmail_mc);
  EXPECT_EQ(kind_of_mta_text(""), MtaTextKind::unknown);
}

}  // namespace
}  // namespace postern::doctor::postfix_text_test
