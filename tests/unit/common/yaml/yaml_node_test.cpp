#include "common/yaml/yaml_node.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::yaml::yaml_node_test {
namespace {

using testing::HasSubstr;

struct Parsed {
  std::optional<YamlNode> root;
  Diagnostics diagnostics;
  [[nodiscard]] std::string said() const { return diagnostics.to_string(); }
};

Parsed parse(std::string_view text, const YamlLimits& limits = {}) {
  Parsed result;
  result.root = parse_yaml(text, "f.yaml", result.diagnostics, limits);
  return result;
}

std::string place(const YamlNode& node) {
  return node.where.to_string();
}

TEST(YamlNode, KnowsKindTextAndPlace) {
  const Parsed parsed = parse("a: one\nb:\n  - two\n  - { c: 'three' }\n");
  ASSERT_TRUE(parsed.root) << parsed.said();
  EXPECT_EQ(parsed.root->kind, YamlNode::Kind::map);
  EXPECT_EQ(place(*parsed.root), "f.yaml:1:1");
  ASSERT_EQ(parsed.root->members.size(), 2U);
  const auto& [a, one] = parsed.root->members[0];
  EXPECT_EQ(a.text, "a");
  EXPECT_EQ(place(a), "f.yaml:1:1");
  EXPECT_EQ(one.text, "one");
  EXPECT_EQ(place(one), "f.yaml:1:4");
  const YamlNode& list = parsed.root->members[1].value;
  ASSERT_EQ(list.kind, YamlNode::Kind::sequence);
  EXPECT_EQ(place(list), "f.yaml:3:3");
  ASSERT_EQ(list.items.size(), 2U);
  EXPECT_EQ(place(list.items[0]), "f.yaml:3:5");
  ASSERT_EQ(list.items[1].members.size(), 1U);
  EXPECT_EQ(place(list.items[1].members[0].value), "f.yaml:4:10");
  EXPECT_EQ(list.items[1].members[0].value.style, YamlNode::Style::quoted);
  EXPECT_EQ(one.style, YamlNode::Style::plain);
}

// YAML 1.1 makes booleans and numbers of these; a rule file has a key `on`.
TEST(YamlNode, EveryScalarStaysText) {
  for (const char* word : {"on", "off", "yes", "no", "y", "n", "true", "false", "0660", "1e3",
                           "0x10", "2026-12-31", "12:30:45", ".inf", "1_000", "+1"}) {
    const Parsed parsed = parse(std::string(word) + ": " + word + "\n");
    ASSERT_TRUE(parsed.root) << word << parsed.said();
    EXPECT_EQ(parsed.root->members[0].key.text, word);
    EXPECT_EQ(parsed.root->members[0].value.text, word);
  }
}

struct Null {
  const char* text;
  bool is_null;
};

TEST(YamlNode, WhatIsNull) {
  for (const Null& c : {Null{"a:", true}, Null{"a: ~", true}, Null{"a: null", true},
                        Null{"a: ''", false}, Null{"a: \"~\"", false}, Null{"a: 'null'", false},
                        Null{"a: nil", false}, Null{"a: []", false}, Null{"a: {}", false}}) {
    const Parsed parsed = parse(c.text);
    ASSERT_TRUE(parsed.root) << c.text << parsed.said();
    EXPECT_EQ(parsed.root->members[0].value.is_null(), c.is_null) << c.text;
  }
}

struct Wrong {
  const char* name;
  std::string text;
  const char* said;
};

TEST(YamlNode, RefusesWithThePlace) {
  const Wrong cases[] = {
      {"duplicate key", "a: 1\nb: 2\na: 3\n",
       "f.yaml:3:1: error: key 'a' stands twice in this map, first at f.yaml:1:1"},
      {"duplicate in flow", "x: { a: 1, 'a': 2 }",
       "f.yaml:1:12: error: key 'a' stands twice in this map, first at f.yaml:1:6"},
      {"three times", "a: 1\na: 2\na: 3\n", "f.yaml:3:1: error: key 'a' stands twice"},
      {"duplicate null key", "~: 1\n: 2\n", "key '' stands twice"},
      {"second document", "a: 1\n---\nb: 2\n", "f.yaml:2:1: error: found a second document"},
      {"second document, empty", "a: 1\n---\n", "found a second document"},
      {"second document after its end", "a: 1\n...\n---\nb: 1\n", "found a second document"},
      {"tag", "a: !thing b", "f.yaml:1:4: error: found the tag '!thing', want no tags"},
      {"standard tag", "a: !!binary aGk=", "found the tag 'tag:yaml.org,2002:binary'"},
      {"verbatim tag", "a: !<x> b", "found the tag 'x'"},
      {"tag on a map", "!!map { a: b }", "found the tag"},
      {"tag on a sequence", "a: !!seq [b]", "found the tag"},
      {"tag on nothing", "a: !!null", "found the tag"},
      {"anchor", "a: &x b", "f.yaml:1:4: error: found an anchor ('&name'), want none"},
      {"anchor on a map", "a: &x { b: c }", "found an anchor"},
      {"anchor on a sequence", "a: &x [b]", "found an anchor"},
      {"anchor on nothing", "a: &x", "found an anchor"},
      {"anchor on a key", "&x a: b", "found an anchor"},
      {"alias", "a: &x b\nc: *x\n", "f.yaml:2:4: error: found an alias ('*name')"},
      {"alias as a key", "a: &x b\n*x : c\n", "found an alias"},
      {"self-reference", "a: &x [*x]\n", "found an alias"},
      {"self-reference of a map", "&x a: { b: *x }\n", "found an alias"},
      {"unknown alias", "a: *x\n", "f.yaml:1:4: error: not YAML: "},
      {"merge key", "a: { <<: { b: c } }", "f.yaml:1:6: error: found a merge key ('<<')"},
      {"quoted merge key", "'<<': b", "found a merge key"},
      {"sequence as a key", "? [a]\n: b\n", "found a list or map as a key, want a word"},
      {"map as a key", "{ { a: b }: c }", "found a list or map as a key"},
      {"empty", "", "f.yaml: error: the file is empty, want a map of keys"},
      {"comments alone", "# nothing\n\n# more\n", "the file is empty"},
      {"byte order mark alone", "\xef\xbb\xbf", "the file is empty"},
      {"tab as indentation", "a:\n\tb: c\n", "f.yaml:2:3: error: not YAML: "},
      {"open bracket", "a: [b, c\n", "error: not YAML: "},
      {"open quote", "a: 'b\n", "error: not YAML: a quote further up is not closed"},
      {"open quote at the end", "a: 'b", "error: not YAML: a quote further up is not closed"},
      {"open double quote", "a: \"b\nc: d\n", "error: not YAML: a quote further up is not closed"},
      {"open quote that swallows", "a: 'b\nc: d\ne: [f]\n", "a quote further up is not closed"},
      {"open quote as a key", "'a\nb: c\n", "error: not YAML: "},
      {"document without a value", "---\n", "the file is empty"},
      {"null alone", "~", "the file is empty"},
      {"bad indentation", "a: b\n  c: d\n", "f.yaml:2:4: error: not YAML: "},
      {"colon in a plain value", "a: b: c\n", "goes into single quotes"},
      {"unknown escape", "a: \"\\q\"\n", "goes into single quotes"},
      {"unknown version", "%YAML 9.9\n---\na: b\n", "error: not YAML: "},
      {"NUL", std::string("a: b\0", 5), "f.yaml:1:5: error: found a control character"},
      {"escape", "a: 1\nb: \x1b[31m", "f.yaml:2:4: error: found a control character"},
      {"DEL", "a: \x7f", "f.yaml:1:4: error: found a control character"},
      {"C1 control", "a: \xc2\x9b", "f.yaml:1:4: error: found a control character"},
      {"control in a comment", "a: b # \x01", "f.yaml:1:8: error: found a control character"},
      {"escaped NUL", "a: \"\\0\"", "f.yaml:1:4: error: found an escaped control character"},
      {"escaped ESC", "a: \"x\\e[31m\"", "found an escaped control character"},
      {"escaped C1", "a: \"\\x9b\"", "found an escaped control character"},
      {"escaped control in a key", "\"\\x07\": b", "found an escaped control character"},
      {"not UTF-8", "a: \xff", "f.yaml:1:4: error: found a byte that is not UTF-8"},
      {"cut sequence", "a: b\nc: \xe2\x82", "f.yaml:2:4: error: found a byte that is not UTF-8"},
      {"overlong", "a: \xc0\xaf", "found a byte that is not UTF-8"},
      {"surrogate", "a: \xed\xa0\x80", "found a byte that is not UTF-8"},
      {"UTF-16",
       std::string("\xff\xfe"
                   "a\0:\0",
                   6),
       "f.yaml:1:1: error: found a byte that is not UTF-8"},
  };
  for (const Wrong& c : cases) {
    const Parsed parsed = parse(c.text);
    EXPECT_FALSE(parsed.root) << c.name;
    EXPECT_THAT(parsed.said(), HasSubstr(c.said)) << c.name;
    EXPECT_GE(parsed.diagnostics.errors(), 1) << c.name;
  }
}

TEST(YamlNode, NamesTheColumnsOfBlanksThatAreWrong) {
  const Wrong cases[] = {
      {"tab", "a:\n\tb: c\n",
       "not YAML: found a tab in column 1 of line 2, which is indented; want"},
      {"tab behind blanks", "a:\n  b: c\n  \td: e\n", "found a tab in column 3 of line 3"},
      {"too far right", "rules:\n  - name: a\n     when: {}\n",
       "the line begins in column 6, and what it may belong to in column 5 (line 2), 3 (line 2) or "
       "1 (line 1); want one of these"},
      {"between", "dns:\n    passes: 2\n  mix: never\n",
       "the line begins in column 3, and what it may belong to in column 5 (line 2) or 1 (line 1)"},
      {"entry between", "a:\n    - b\n  - c\n", "the line begins in column 3, and what it may"},
  };
  for (const Wrong& c : cases) EXPECT_THAT(parse(c.text).said(), HasSubstr(c.said)) << c.name;
}

TEST(YamlNode, ColumnsAreNoMatterWhereTheBlanksAreRight) {
  for (const char* text :
       {"a: b: c\n", "a:\n  b: c: d\n", "a: [b, c\n", "a: 'b\n", "a:\n  - b: c\n    d: e: f\n"}) {
    const std::string said = parse(text).said();
    EXPECT_THAT(said, HasSubstr("goes into single quotes")) << text;
    EXPECT_EQ(said.find("column"), std::string::npos) << said;
  }
  EXPECT_TRUE(parse("a: |\n  x\n  \ty\nb:\tc\n").root);
}

TEST(YamlNode, PastDuplicatesTheFirstCounts) {
  Diagnostics diagnostics;
  const auto root =
      parse_yaml_past_duplicates("a: 1\nb: { c: 2, c: [3] }\na: { d: 4 }\n", "f.yaml", diagnostics);
  EXPECT_EQ(diagnostics.errors(), 2);
  ASSERT_TRUE(root);
  ASSERT_EQ(root->members.size(), 2U);
  EXPECT_EQ(root->members[0].value.text, "1");
  ASSERT_EQ(root->members[1].value.members.size(), 1U);
  EXPECT_FALSE(parse_yaml_past_duplicates("a: 1\na: &x 2\n", "f.yaml", diagnostics));
}

TEST(YamlNode, SaysEverythingThatIsWrongInOneGo) {
  const Parsed parsed = parse("a: !x 1\na: *y\n");  // the unknown alias ends it
  EXPECT_THAT(parsed.said(), HasSubstr("f.yaml:1:4: error: found the tag"));
  const Parsed more = parse("a: !x 1\na: &y 2\nb: *y\nc: { <<: d }\n");
  EXPECT_EQ(more.diagnostics.errors(), 5) << more.said();
}

TEST(YamlNode, Accepts) {
  for (const std::string& text :
       {std::string("a: b\n"), std::string("---\na: b\n"), std::string("---\na: b\n...\n"),
        std::string("%YAML 1.2\n---\na: b\n"),
        std::string("\xef\xbb\xbf"
                    "a: b\n"),
        std::string("a: b\r\nc: d\r\n"), std::string("a: b"), std::string("a:\t\tb"),
        std::string("a: '!b'"), std::string("a: '*b'"), std::string("a: '&b'"),
        std::string("\xc3\xa4: \xf0\x9f\x98\x80"), std::string("a: |\n  one\n  two\n"),
        std::string("a: \"\\t\\n\""), std::string("a: b\n# end"), std::string("a: 'b\n  c'\n"),
        std::string("a: b\n...\n...\n")}) {
    const Parsed parsed = parse(text);
    ASSERT_TRUE(parsed.root) << text << parsed.said();
    EXPECT_EQ(parsed.said(), "") << text;
    EXPECT_FALSE(parsed.root->members.empty()) << text;
  }
}

TEST(YamlNode, ABlockAtTheEndKeepsItsLineEnd) {
  EXPECT_EQ(parse("a: |\n  b\n").root->members[0].value.text, "b\n");
  EXPECT_EQ(parse("a: |-\n  b\n").root->members[0].value.text, "b");
  EXPECT_EQ(parse("a: >\n  b\n  c\n\n").root->members[0].value.text, "b c\n");
}

TEST(YamlNode, LinesCountFromOneWithEitherLineEnd) {
  const Parsed parsed = parse("a: 1\r\nb: 2\r\nb: 3\r\n");
  EXPECT_THAT(parsed.said(), HasSubstr("f.yaml:3:1: error: key 'b' stands twice in this map, first "
                                       "at f.yaml:2:1"));
}

TEST(YamlNode, BytesAreBounded) {
  const std::string text = "a: bcd";
  YamlLimits limits;
  limits.max_bytes = text.size();
  EXPECT_TRUE(parse(text, limits).root);
  limits.max_bytes = text.size() - 1;
  const Parsed parsed = parse(text, limits);
  EXPECT_FALSE(parsed.root);
  EXPECT_EQ(parsed.said(), "f.yaml: error: the file has 6 bytes, want at most 5\n");
}

TEST(YamlNode, NodesAreBounded) {
  YamlLimits limits;
  limits.max_nodes = 4;  // the map, its key, the sequence, one value
  EXPECT_TRUE(parse("a: [b]", limits).root);
  const Parsed parsed = parse("a: [b, c, d, e]", limits);
  EXPECT_FALSE(parsed.root);
  EXPECT_EQ(parsed.diagnostics.errors(), 1);
  EXPECT_THAT(parsed.said(), HasSubstr("f.yaml:1:8: error: found more than 4 values"));
}

std::string nested(int levels) {
  std::string text;
  for (int i = 0; i < levels; ++i) text += '[';
  text += 'x';
  for (int i = 0; i < levels; ++i) text += ']';
  return text;
}

TEST(YamlNode, DepthIsBounded) {
  const YamlLimits limits;
  EXPECT_TRUE(parse(nested(limits.max_depth)).root);
  const Parsed parsed = parse(nested(limits.max_depth + 1));
  EXPECT_FALSE(parsed.root);
  EXPECT_EQ(parsed.said(), "f.yaml:1:33: error: found more than 32 levels of nesting\n");
}

TEST(YamlNode, ManyLevelsOfAnyKindEndInAnError) {
  std::string dashes;
  std::string questions;
  std::string keys;
  std::string steps;
  for (int i = 0; i < 20000; ++i) {
    dashes += "- ";
    questions += "? ";
    keys += "{a: ";
  }
  for (int i = 0; i < 1000; ++i) steps.append(static_cast<std::size_t>(i), ' ').append("a:\n");
  for (const std::string& text : {nested(100000), dashes, questions, keys, steps,
                                  std::string(100000, '['), std::string(100000, '{')}) {
    const Parsed parsed = parse(text);
    EXPECT_FALSE(parsed.root) << text.substr(0, 20);
    EXPECT_TRUE(parsed.diagnostics.has_errors()) << text.substr(0, 20);
  }
}

TEST(YamlNode, BillionLaughsIsNotExpanded) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string name = "a" + std::to_string(i);
    const std::string below = "*a" + std::to_string(i - 1);
    text += name + ": &" + name + " [";
    for (int j = 0; j < 10; ++j) text.append(j > 0 ? ", " : "").append(below);
    text += "]\n";
  }
  const Parsed parsed = parse(text);
  EXPECT_FALSE(parsed.root);
  EXPECT_EQ(parsed.diagnostics.errors(), 12 + 11 * 10) << "each anchor and alias is refused once";
}

// Every key is compared with those before it: not with each of them.
TEST(YamlNode, AMapOfManyKeys) {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += "k" + std::to_string(i) + ": v\n";
  const Parsed parsed = parse(text + "k77: v\n");
  EXPECT_EQ(parsed.said(),
            "f.yaml:20001:1: error: key 'k77' stands twice in this map, first at f.yaml:78:1\n");
}

}  // namespace
}  // namespace postern::yaml::yaml_node_test
