#include "rules/load/action_node.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::load::action_node_test {
namespace {

using testing::HasSubstr;

struct Case {
  const char* yaml;
  const char* wanted;  // kinds, or what is said
};

yaml::YamlNode value_of(const std::string& yaml) {
  Diagnostics diagnostics;
  return yaml::parse_yaml("k: " + yaml, "f", diagnostics).value().members.at(0).value;
}

TEST(LoadActions, OneOrSeveralInEitherForm) {
  for (const Case& c :
       {Case{"pass", "pass "}, Case{"{ pass: }", "pass "}, Case{"{ reject: 550 x }", "reject "},
        Case{"reject 550 5.7.1 \"x\"", "reject "}, Case{"[log, reject]", "log reject "},
        Case{"[{ prepend: \"X: y\" }, delay 5s, hold]", "prepend delay hold "},
        Case{"{ discard: '' }", "discard "}}) {
    Diagnostics diagnostics;
    std::string kinds;
    for (const Action& action : load_actions(value_of(c.yaml), diagnostics)) {
      kinds += std::string(to_string(kind_of(action))) + " ";
    }
    EXPECT_EQ(kinds, c.wanted) << c.yaml;
    EXPECT_EQ(diagnostics.to_string(), "") << c.yaml;
  }
}

TEST(LoadActions, Refuses) {
  for (const Case& c :
       {Case{"", "error: found no action"}, Case{"[]", "found no action, want at least one"},
        Case{"{}", "found no action"}, Case{"{ a: b, c: d }", "found no action"},
        Case{"{ reject: [a] }", "found no action"}, Case{"[[reject]]", "found no action"},
        Case{"rejct", "'rejct' is not an action"}, Case{"[reject, log]", "reject decides"},
        Case{"[pass, pass]", "pass decides"}, Case{"{ 'reject 550': x y\"z }", "in the middle"}}) {
    Diagnostics diagnostics;
    load_actions(value_of(c.yaml), diagnostics);
    EXPECT_THAT(diagnostics.to_string(), HasSubstr(c.wanted)) << c.yaml;
  }
}

TEST(LoadActions, AnEntryMayDecideOrLogAlone) {
  for (const char* text : {"pass", "reject", "defer", "discard", "hold", "log"}) {
    Diagnostics diagnostics;
    EXPECT_TRUE(load_entry_action(value_of(text), diagnostics)) << text;
    EXPECT_TRUE(parse_entry_action(text)) << text;
  }
  for (const char* text : {"skip a", "delay 5s", "'prepend X: y'", "nonsense"}) {
    Diagnostics diagnostics;
    EXPECT_FALSE(load_entry_action(value_of(text), diagnostics)) << text;
    EXPECT_EQ(diagnostics.errors(), 1) << text;
  }
  EXPECT_FALSE(parse_entry_action("prepend X: y"));
}

}  // namespace
}  // namespace postern::load::action_node_test
