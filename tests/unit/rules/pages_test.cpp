// The tables of the manual and the schema of rule files say what the tables of the code say.
// POSTERN_WRITE_DOCS=1 unit_rules --gtest_filter='Pages.*' writes them anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "rules/attribute.h"
#include "rules/model/action.h"

namespace postern {
namespace {

using Answers = AttributeQuestion::Answers;
using Argument = ActionInfo::Argument;

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

std::string in_json(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

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

std::string schema_entry(const std::string& name, const std::vector<std::string>& members) {
  std::string text = "        " + in_json(name) + ": {\n";
  for (const std::string& member : members) text += "          " + member + ",\n";
  text.erase(text.size() - 2, 1);
  return text + "        },\n";
}

std::string schema_of_conditions() {
  std::string words;
  std::string header;
  std::string text = "      \"properties\": {\n";
  for_each_condition([&](const std::string& key, const std::string& what, const auto& kind,
                         Answers answers, const AttributeInfo& info) {
    const std::string described = "\"description\": " + in_json(what);
    if (key.starts_with("header.")) words += (words.empty() ? "" : "|") + key.substr(7);
    if (info.attribute == Attribute::header) {
      header = described;
    } else if (kind) {
      text += schema_entry(key, {R"("$ref": "#/definitions/values")", described});
    } else if (answers == Answers::none) {
      text += schema_entry(key, {R"("enum": ["address", "domain"])", described});
    } else {
      const std::string words_of_it =
          answers == Answers::yes ? R"("enum": [true, "yes", "true"])"
                                  : R"("enum": [true, false, "yes", "no", "true", "false"])";
      text += schema_entry(key, {R"("type": ["boolean", "string"])", words_of_it, described});
    }
  });
  std::string field = schema_entry("^header\\.(?!(" + words + ")$)[!-9;-~]{1,76}$",
                                   {R"("$ref": "#/definitions/values")", header});
  field.erase(field.size() - 2, 1);
  return "      \"patternProperties\": {\n" + field + "      },\n" + text;
}

std::string schema_of_actions() {
  std::string words[3];  // by Argument
  std::string properties;
  for (const ActionInfo& info : action_table()) {
    std::string& these = words[static_cast<std::size_t>(info.argument)];
    these.append(these.empty() ? "" : "|").append(info.word);
    const std::string type = info.argument == Argument::none       ? R"("type": "null")"
                             : info.argument == Argument::optional ? R"("type": ["string", "null"])"
                                                                   : R"("type": "string")";
    properties += "            " + in_json(info.word) + ": {\n              " + type + ",\n" +
                  (info.argument == Argument::required ? "              \"minLength\": 1,\n" : "") +
                  "              \"description\": " + in_json(info.about) + "\n            },\n";
  }
  properties.erase(properties.size() - 2, 1);
  return R"(      "oneOf": [
        {
          "type": "string",
          "pattern": "^()" +
         words[0] + "|(" + words[1] + ")( .*)?|(" + words[2] + R"() .+)$"
        },
        {
          "type": "object",
          "minProperties": 1,
          "maxProperties": 1,
          "additionalProperties": false,
          "properties": {
)" + properties +
         R"(          }
        }
      ]
    },
)";
}

TEST(Pages, TheSchemaHasTheConditionsAndActions) {
  Page page("conf/rules.schema.json");
  page.expect_between(
      "    \"condition\": {\n      \"type\": \"object\",\n      \"additionalProperties\": false,\n",
      "        \"not\": {", schema_of_conditions());
  page.expect_between("    \"action\": {\n", "    \"actions\": {", schema_of_actions());
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

TEST(Pages, TheLogPageHasWhatIsTold) {
  const std::string table = Page("docs/log.md").between("| key | meaning |\n", "\n\n");
  for (const AttributeInfo& info : attributes()) {
    if (info.told_with != info.attribute || info.attribute == Attribute::header) continue;
    EXPECT_NE(table.find("`" + std::string(info.word) + "`"), std::string::npos) << info.word;
  }
}

}  // namespace
}  // namespace postern
