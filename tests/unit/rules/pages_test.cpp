// The tables of the manual say what the tables of the code say; cmake/rules_schema.py makes the
// schema of rule files from the manual.
// POSTERN_WRITE_DOCS=1 unit_rules --gtest_filter='Pages.*' writes them anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "rules/attribute.h"
#include "rules/model/action.h"

namespace postern::pages_test {
namespace {

using Answers = AttributeQuestion::Answers;

class Page {
 public:
  explicit Page(const std::string& name)
      : path_(std::string(POSTERN_SOURCE_DIR) + "/" + name), text_(read()) {}

  // What stands between the two, each of which is there once.
  [[nodiscard]] std::string between(const std::string& front, const std::string& end) const {
    const std::size_t from = place_of(front) + front.size();
    return text_.substr(from, text_.find(end, from) - from);
  }
  void expect_between(const std::string& front, const std::string& end, const std::string& text) {
    const std::string found = between(front, end);
    if (std::getenv("POSTERN_WRITE_DOCS") != nullptr) {
      text_.replace(place_of(front) + front.size(), found.size(), text);
      std::ofstream(path_) << text_;
      return;
    }
    EXPECT_EQ(found, text) << path_ << " is out of date; POSTERN_WRITE_DOCS=1 writes it anew";
  }

 private:
  [[nodiscard]] std::string read() const {
    std::ostringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }
  [[nodiscard]] std::size_t place_of(const std::string& front) const {
    const std::size_t place = text_.find(front);
    if (place == std::string::npos) throw std::runtime_error(path_ + " has no '" + front + "'");
    return place;
  }

  std::string path_;
  std::string text_;
};

std::string about(const AttributeInfo& info, std::string_view own = {}) {
  const std::string text(own.empty() ? info.about : own);
  return info.doors.contains(Door::policy) ? text : text + " (milter alone)";
}

// Calls `add(key, about, kind, answers)` for each condition, in the order of the table.
template <class Add>
void for_each_condition(Add add) {
  for (const AttributeInfo& info : attributes()) {
    const auto kind = list_kind_of(info.attribute);
    if (kind || info.attribute == Attribute::header_from_differs) {
      add(std::string(info.word), about(info), kind, Answers::none, info);
    }
    const AttributeQuestion& question = info.question;
    if (question.answers == Answers::none) continue;
    add(std::string(question.key), about(info, question.about), std::optional<lists::ListKind>{},
        question.answers, info);
  }
}

TEST(Pages, TheManPageHasTheConditions) {
  std::string rows;
  for_each_condition([&](const std::string& key, const std::string& what, const auto& kind, Answers,
                         const AttributeInfo& info) {
    const std::string name =
        info.attribute == Attribute::header ? "*header.*_name_" : "*" + key + "*";
    rows += "|  " + name + "\n:  " + what +
            "\n:  " + (kind ? std::string(lists::to_string(*kind)) : "-") +
            "\n:  " + std::string(to_string(info.known_from)) + "\n";
  });
  Page("docs/postern-rules.5.scd").expect_between(":< known from\n", "\n*not:*", rows);
}

// A dot where each door can do it, a ring where only one can.
std::string marks(ActionKind kind) {
  std::string cells;
  for (const Stage stage : kStages) {
    const bool policy = possible_stages(kind, Door::policy).contains(stage);
    const bool milter = possible_stages(kind, Door::milter).contains(stage);
    cells += policy && milter ? " ● |" : policy || milter ? " ○ |" : " |";
  }
  return cells;
}

TEST(Pages, TheTableOfActionsHasThem) {
  constexpr const char* kFront = "|---|---|---|---|---|---|---|---|---|---|\n";
  Page page("docs/actions.md");
  std::istringstream rows(page.between(kFront, "\n○"));
  std::string replies[kActionKinds];  // what each door says is told by the page alone
  for (std::string row; std::getline(rows, row);) {
    for (const ActionInfo& info : action_table()) {
      if (!row.starts_with("| `" + std::string(info.word))) continue;
      std::size_t cell = row.size() - 1;
      for (int i = 0; i < 2; ++i) cell = row.rfind('|', cell - 1);
      replies[static_cast<std::size_t>(info.kind)] = row.substr(cell + 1);
    }
  }
  std::string table;
  for (const ActionInfo& info : action_table()) {
    const std::string form = info.form.empty() ? "" : " " + std::string(info.form);
    const std::string& both = replies[static_cast<std::size_t>(info.kind)];
    table += "| `" + std::string(info.word) + form + "` | " + (info.disposition ? "yes" : "no") +
             " |" + marks(info.kind) + (both.empty() ? " | |" : both) + "\n";
  }
  page.expect_between(kFront, "\n○", table);
}

// The form says to cmake/rules_schema.py what it takes.
TEST(Pages, TheFormOfAnArgumentShowsWhetherItMayBeMissing) {
  using Argument = ActionInfo::Argument;
  for (const ActionInfo& info : action_table()) {
    const Argument shown = info.form.empty()            ? Argument::none
                           : info.form.starts_with('[') ? Argument::optional
                                                        : Argument::required;
    EXPECT_EQ(shown, info.argument) << info.word;
  }
}

TEST(Pages, TheSchemaSaysOfAnActionWhatTheProgramDoes) {
  const std::string actions =
      Page("conf/rules.schema.json").between("\"action\": {", "\"actions\": {");
  for (const ActionInfo& info : action_table()) {
    const std::string front = "\"" + std::string(info.word) + "\": { \"description\": \"";
    const std::size_t place = actions.find(front);
    if (place == std::string::npos) continue;
    std::string about;
    for (const char c : info.about) about += c == '"' ? "\\\"" : std::string(1, c);
    EXPECT_EQ(actions.substr(place + front.size(), about.size() + 1), about + "\"") << info.word;
  }
}

TEST(Pages, TheLogPageHasWhatIsTold) {
  const std::string table = Page("docs/log.md").between("| key | meaning |\n", "\n\n");
  for (const AttributeInfo& info : attributes()) {
    if (info.told_with != info.attribute || info.attribute == Attribute::header) continue;
    EXPECT_NE(table.find("`" + std::string(info.word) + "`"), std::string::npos) << info.word;
  }
}

}  // namespace
}  // namespace postern::pages_test
