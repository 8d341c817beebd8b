#include "common/yaml/yaml_amount.h"

#include <gtest/gtest.h>

#include <string>

#include "common/yaml/yaml_node.h"

namespace postern::yaml::yaml_amount_test {
namespace {

std::string repeated(std::string_view text, std::size_t bytes) {
  std::string all;
  while (all.size() + text.size() <= bytes) all += text;
  return all;
}

std::string complaint(const std::string& text) {
  Diagnostics diagnostics;
  parse_yaml(text, "f.yaml", diagnostics);
  return diagnostics.all().empty() ? "" : diagnostics.all().front().to_string();
}

constexpr std::size_t kMost = std::size_t{4} << 20;

TEST(YamlAmount, IsLookedAtBeforeAllOfItIsKept) {
  for (const char* piece : {"[", "{", "a,", ",", "[],", "a: b,", ": ", "? ", "&a b,", "\"\"", "''",
                            "*a,", "!a b,", "[a]: "}) {
    const std::string text = "x: [\n" + repeated(piece, kMost - 100);
    EXPECT_TRUE(find_excess(text, YamlLimits{}.max_nodes)) << piece;
    const std::string said = complaint(text);
    EXPECT_TRUE(said.starts_with("f.yaml:2:")) << piece;
    EXPECT_NE(said.find("found more brackets, commas and quotes than 200000 values have"),
              std::string::npos)
        << piece << said;
  }
}

TEST(YamlAmount, IsThatOfTheValues) {
  std::string plain = "[";
  std::string quoted = "[";
  std::string lines;
  std::string below = "[";
  for (int i = 0; i < 190'000; ++i) {
    plain += "a.example,";
    quoted += "'a.example',";
    lines += "- a.example\n";
    below += "*.a.example,";
  }
  for (const std::string& text : {plain + "]", quoted + "]", lines, below + "]"}) {
    EXPECT_FALSE(find_excess(text, YamlLimits{}.max_nodes)) << text.substr(0, 20);
  }
  EXPECT_EQ(complaint(plain + "]"), "");
}

TEST(YamlAmount, OfTextDoesNotMatter) {
  EXPECT_FALSE(
      find_excess("# " + repeated("comment: it is long - and says nothing. ", kMost), 200'000));
  EXPECT_FALSE(find_excess("a: |\n" + repeated("  2001:db8::1 some-text\n", kMost), 200'000));
}

TEST(YamlAmount, NamesThePlace) {
  EXPECT_EQ(find_excess("a: [1, 2]\n[[[[", 2), 13U);
  EXPECT_EQ(find_excess("a: [1, 2]\n[[[", 2), std::nullopt);
}

TEST(YamlErrors, EndTheReadingWhenThereAreTooMany) {
  Diagnostics diagnostics;
  EXPECT_FALSE(parse_yaml(repeated("- &a b\n", 100'000), "f.yaml", diagnostics));
  EXPECT_LE(diagnostics.errors(), 1002);
  EXPECT_NE(diagnostics.all().back().message.find("too many errors"), std::string::npos);
  Diagnostics few;
  parse_yaml(repeated("- &a b\n", 700), "f.yaml", few);
  EXPECT_EQ(few.errors(), 100) << "all of them are told";
}

}  // namespace
}  // namespace postern::yaml::yaml_amount_test
