// What is said of the settings beside the code comes from their table: the JSON schema as a whole,
// and in the man page and the file that ships a line for each key. When they differ,
// POSTERN_WRITE_DOCS=1 writes them; more about a new key is for a person to write.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "common/base/duration.h"
#include "common/json/parse_json.h"
#include "tests/unit/server/config/settings_rows.h"

namespace postern::config {
namespace {

namespace bj = boost::json;

struct Row {
  std::string section;
  std::string key;
  std::string help;
  Taken taken = Taken::live;
  std::string type;  // as the man page has it
  std::string range;
  std::string standard;  // the default, as a file has it; empty: none that is a word
  bj::object schema;
  bool is_required = false;
};

std::string format_size(std::size_t bytes) {
  if (bytes % kGiB == 0) return std::to_string(bytes / kGiB) + "GiB";
  if (bytes % kMiB == 0) return std::to_string(bytes / kMiB) + "MiB";
  return std::to_string(bytes / kKiB) + "KiB";
}

std::string italic(std::string_view word) {
  std::string out = "_";
  for (const char c : word) out += c == '_' ? "\\_" : std::string{c};
  return out + '_';
}

bj::object reference(const char* definition) {
  return {{"$ref", std::string("#/definitions/") + definition}};
}

template <class Count>
void fill(Row& row, const Number& form, const Count& value) {
  row.type = italic("number");
  row.range = std::to_string(form.least) + " to " + std::to_string(form.most);
  row.standard = std::to_string(value);
  row.schema = {{"type", "integer"},
                {"minimum", form.least},
                {"maximum", form.most},
                {"default", static_cast<std::int64_t>(value)}};
}

// A schema cannot bound it, so that the words do.
void fill_with_unit(Row& row, const char* unit) {
  row.type = italic(unit);
  row.help += ", " + row.range;
  row.schema = reference(unit);
  row.schema["default"] = row.standard;
}

void fill(Row& row, const Size& form, std::size_t value) {
  row.range = format_size(form.least) + " to " + format_size(form.most);
  row.standard = format_size(value);
  fill_with_unit(row, "size");
}

void fill(Row& row, const Duration& form, milliseconds value) {
  row.range = format_duration(form.least) + " to " + format_duration(form.most);
  row.standard = format_duration(value);
  fill_with_unit(row, "duration");
}

template <class Value, std::size_t size>
void fill(Row& row, const OneOf<Value, size>& form, const Value& value) {
  bj::array words;
  for (const Word<Value>& one : form.words) {
    if (!words.empty()) row.type += " | ";
    row.type += italic(one.word);
    words.emplace_back(one.word);
    if (one.value == value) row.standard = one.word;
  }
  row.schema = {{"enum", words}, {"default", row.standard}};
}

void fill(Row& row, const Text& form, const std::string& value) {
  row.type = italic(form.what);
  row.standard = value;
  row.schema = {{"type", "string"}};
  if (!value.empty()) row.schema["default"] = value;
}

void fill(Row& row, RequiredPath /*form*/, const std::string& /*value*/) {
  row.type = italic("path");
  row.schema = {{"type", "string"}};
  row.is_required = true;
}

void fill(Row& row, AbsolutePath /*form*/, const std::string& /*value*/) {
  row.type = italic("path");
  row.schema = {{"type", "string"}, {"pattern", "^/"}};
}

void fill(Row& row, LineShare /*form*/, LogShare /*value*/) {
  row.type = "_all_ | _none_ | _1/100_";
  row.standard = "all";
  row.schema = reference("line_share");
  row.schema["default"] = row.standard;
}

void fill(Row& row, Upstreams /*form*/, const std::vector<dns::DnsServerGroup>& /*value*/) {
  row.type = italic("groups");
  row.standard = "system";
  row.schema = reference("upstreams");
  row.schema["default"] = row.standard;
}

void fill(Row& row, ControlFolder /*form*/, const std::optional<ControlSettings>& /*value*/) {
  row.type = italic("path");
  row.schema = reference("control");
}

void fill(Row& row, LoopbackPort /*form*/, const std::optional<ListenAddress>& /*value*/) {
  row.type = italic("address");
  row.schema = reference("loopback");
}

void fill(Row& row, const Listen& /*form*/, const std::optional<ListenAddress>& /*value*/) {
  row.type = italic("address");
  row.schema = reference("listener");
  row.is_required = true;
}

void fill(Row& row, const Listen& /*form*/, const std::vector<ListenAddress>& /*value*/) {
  row.type = italic("addresses");
  row.schema = reference("listeners");
  row.is_required = true;
}

std::vector<Row> all_rows() {
  std::vector<Row> rows;
  for_each_setting(
      [&](const std::string& section, const Setting& setting, const auto& get, const auto& form) {
        Row row;
        row.section = section;
        row.key = setting.key;
        row.help = setting.help;
        row.taken = setting.taken;
        const Settings defaults;
        fill(row, form, get(defaults));
        row.schema["description"] = row.help;
        rows.push_back(std::move(row));
      });
  return rows;
}

std::vector<std::string> sections_of(const std::vector<Row>& rows) {
  std::vector<std::string> sections;
  for (const Row& row : rows) {
    if (sections.empty() || sections.back() != row.section) sections.push_back(row.section);
  }
  return sections;
}

// ---- files --------------------------------------------------------------------------------------

std::string path_of(const std::string& file) {
  return POSTERN_SOURCE_DIR "/" + file;
}

std::string text_of(const std::string& file) {
  std::ifstream in(path_of(file));
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void expect_is(const std::string& file, const std::string& wanted) {
  if (std::getenv("POSTERN_WRITE_DOCS") != nullptr) std::ofstream(path_of(file)) << wanted;
  EXPECT_EQ(text_of(file), wanted) << file << " is out of date; POSTERN_WRITE_DOCS=1 "
                                   << "unit_server --gtest_filter='SettingsPages.*' writes it anew";
}

// ---- the schema ---------------------------------------------------------------------------------

constexpr const char* kDefinitions = R"({
  "duration": {"type": "string", "pattern": "^[0-9]+(ms|s|m|h|d)$",
    "description": "A duration: 500ms, 5s, 10m, 2h, 7d"},
  "size": {"type": ["integer", "string"], "pattern": "^[0-9]+(KiB|MiB|GiB)?$",
    "description": "A size in bytes: 4096, 64KiB, 16MiB"},
  "line_share": {"type": "string", "pattern": "^(all|none|1/[1-9][0-9]{0,6})$"},
  "server": {"type": "string", "description":
    "127.0.0.1, 127.0.0.1:5353, [::1]:5353, fe80::53%eth0, [fe80::53%eth0]:5353"},
  "upstreams": {"oneOf": [{"const": "system"}, {"type": "array", "minItems": 1, "items":
    {"oneOf": [{"$ref": "#/definitions/server"},
               {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/server"}}]}}]},
  "loopback": {"type": "string", "pattern": "^inet:(127\\.[0-9.]+|\\[[0:]*:0*1\\]):[0-9]+$",
    "description": "Where Prometheus reads /metrics: inet:127.0.0.1:10049; another one per daemon"},
  "mode": {"type": ["integer", "string"], "description": "Octal, e.g. 0660"},
  "control_folder": {"type": "string", "pattern": "^/", "maxLength": 83},
  "control": {"oneOf": [{"$ref": "#/definitions/control_folder"},
    {"type": "object", "additionalProperties": false, "properties": {
       "folder": {"$ref": "#/definitions/control_folder"},
       "owner": {"type": "string", "description": "Default: who the daemons become"},
       "group": {"type": "string"},
       "mode": {"$ref": "#/definitions/mode", "default": "0600"}},
     "required": ["folder"]}]},
  "listener": {"oneOf": [{"type": "string", "pattern": "^(inet:.+:[0-9]+|unix:/.+)$"},
    {"type": "object", "additionalProperties": false, "properties": {
       "unix": {"type": "string", "pattern": "^/", "maxLength": 107},
       "owner": {"type": "string"},
       "group": {"type": "string"},
       "mode": {"$ref": "#/definitions/mode", "default": "0660"}},
     "required": ["unix"]}]},
  "listeners": {"oneOf": [{"$ref": "#/definitions/listener"},
    {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/listener"}}]}
})";

bj::object object_schema() {
  return {{"type", "object"}, {"additionalProperties", false}, {"properties", bj::object{}}};
}

// Where the properties of a section go, which is made if it is not there.
bj::object& section_in(bj::object& top, std::string_view section) {
  if (section.empty()) return top;
  const auto dot = section.rfind('.');
  const bool is_inner = dot != std::string_view::npos;
  bj::object& above = section_in(top, is_inner ? section.substr(0, dot) : std::string_view());
  bj::value& found = above["properties"].as_object()[section.substr(is_inner ? dot + 1 : 0)];
  if (found.is_null()) found = object_schema();
  return found.as_object();
}

bj::object schema_of(const std::vector<Row>& rows) {
  bj::object top{{"$schema", "http://json-schema.org/draft-07/schema#"},
                 {"title", "Postern settings, postern.yaml(5)"}};
  for (const auto& [key, value] : object_schema()) top[key] = value;
  top["properties"] = bj::object{{"version", bj::object{{"const", 1}}}};
  for (const Row& row : rows) {
    bj::object& section = section_in(top, row.section);
    section["properties"].as_object()[row.key] = row.schema;
    if (!row.is_required) continue;
    if (!section.contains("required")) section["required"] = bj::array{};
    section["required"].as_array().emplace_back(row.key);
  }
  bj::array& required = top["required"].as_array();
  required.insert(required.begin(), bj::value("version"));
  top["anyOf"] = bj::array{bj::object{{"required", bj::array{"policyd"}}},
                           bj::object{{"required", bj::array{"milter"}}}};
  top["definitions"] = json::parse_json(kDefinitions).value();
  return top;
}

constexpr std::size_t kWidth = 100;

// On one line, with `open` and `close` and spaces.
std::string flat(const bj::value& value) {
  std::string out;
  const auto add = [&out](const std::string& element) {
    if (!out.empty()) out += ", ";
    out += element;
  };
  if (const bj::object* object = value.if_object()) {
    for (const auto& [key, member] : *object) add(bj::serialize(key) + ": " + flat(member));
    return "{ " + out + " }";
  }
  if (const bj::array* array = value.if_array()) {
    for (const bj::value& element : *array) add(flat(element));
    return "[" + out + "]";
  }
  return bj::serialize(value);
}

// As a person would write it: on one line what fits there.
std::string pretty(const bj::value& value, const std::string& indent, std::size_t taken) {
  std::string line = flat(value);
  if (indent.size() + taken + line.size() < kWidth || value.is_primitive()) return line;
  const std::string inner = indent + "  ";
  std::string out;
  const auto add = [&](const std::string& name, const bj::value& element) {
    out += (out.empty() ? "\n" : ",\n") + inner + name + pretty(element, inner, name.size());
  };
  if (const bj::array* array = value.if_array()) {
    for (const bj::value& element : *array) add("", element);
    return "[" + out + "\n" + indent + "]";
  }
  for (const auto& [key, member] : value.as_object()) add(bj::serialize(key) + ": ", member);
  return "{" + out + "\n" + indent + "}";
}

TEST(SettingsPages, TheSchemaIsThatOfTheTable) {
  expect_is("conf/postern.schema.json", pretty(schema_of(all_rows()), "", 0) + "\n");
}

// ---- texts with a line for each key -------------------------------------------------------------

using Lines = std::vector<std::string>;

Lines lines_of(const std::string& text) {
  Lines lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string joined(const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

std::string heading_of(const Row& row) {
  std::string line = "*" + row.key + ":* " + row.type;
  if (!row.range.empty()) line += ", " + row.range;
  if (!row.standard.empty()) {
    line += ", default " + (row.range.empty() ? italic(row.standard) : row.standard);
  }
  if (row.taken == Taken::at_restart) line += ", taken at the next start";
  return line;
}

// `# DNS`, `## Cache`
std::string title_of(const std::string& section) {
  if (section.empty()) return "# TOP LEVEL";
  const auto dot = section.rfind('.');
  if (dot == std::string::npos) {
    std::string title = "# ";
    for (const char c : section) title += static_cast<char>(std::toupper(c));
    return title;
  }
  std::string title = section.substr(dot + 1);
  title[0] = static_cast<char>(std::toupper(title[0]));
  return "## " + title;
}

// The key that a line of the man page begins to tell of; empty: none.
std::string key_of(const std::string& line) {
  const auto end = line.find(":* ");
  return line.starts_with('*') && end != std::string::npos ? line.substr(1, end - 1) : "";
}

TEST(SettingsPages, TheManPageHasEveryKey) {
  const std::string file = "docs/postern.yaml.5.scd";
  Lines lines = lines_of(text_of(file));
  const auto rows = all_rows();
  for (const std::string& section : sections_of(rows)) {
    auto at = std::find(lines.begin(), lines.end(), title_of(section));
    ASSERT_NE(at, lines.end()) << title_of(section);
    const auto is_next = [&](const std::string& line) {
      return line.starts_with('#') || !key_of(line).empty();
    };
    for (const Row& row : rows) {
      if (row.section != section) continue;
      at = std::find_if(at + 1, lines.end(), is_next);
      if (at != lines.end() && key_of(*at) == "version")
        at = std::find_if(at + 1, lines.end(), is_next);
      if (at != lines.end() && key_of(*at) == row.key) {
        *at = heading_of(row);
      } else {
        at = lines.insert(at, {heading_of(row), "\t" + row.help + ".", ""});
      }
    }
    at = std::find_if(at + 1, lines.end(), is_next);
    EXPECT_TRUE(at == lines.end() || key_of(*at).empty()) << *at << ": no such key, or not there";
  }
  expect_is(file, joined(lines));
}

// The key of a line, commented out or not: `#   key: value`.
std::string shipped_key(const std::string& line) {
  const auto begin = line.find_first_not_of("# ");
  const auto end = line.find(':');
  if (begin == std::string::npos || end == std::string::npos || end < begin) return "";
  return line.substr(begin, end - begin);
}

// Its default stands behind the key, whatever is said about it then.
void put_default(std::string& line, const Row& row) {
  const auto value = line.find(':') + 2;
  const auto end = std::min(line.find(' ', value), line.size());
  if (line.find('#') < line.find(row.key)) line.replace(value, end - value, row.standard);
}

TEST(SettingsPages, TheFileThatShipsShowsEveryDefault) {
  const std::string file = "conf/postern.yaml";
  Lines lines = lines_of(text_of(file));
  auto at = lines.begin();
  std::string section;
  for (const Row& row : all_rows()) {
    if (row.section != section) {
      section = row.section;
      const std::string name = section.substr(section.rfind('.') + 1);
      at = std::find_if(at, lines.end(),
                        [&](const auto& line) { return shipped_key(line) == name; });
      ASSERT_NE(at, lines.end()) << section;
    }
    const bool is_first = at == lines.begin();
    const auto next = is_first ? at : at + 1;
    const auto end = std::find_if(next, lines.end(), [](const auto& line) { return line.empty(); });
    auto found = std::find_if(next, section.empty() ? lines.end() : end,
                              [&](const auto& line) { return shipped_key(line) == row.key; });
    if (found == lines.end() || (found == end && !section.empty())) {
      const std::string before = at->substr(0, at->find_first_not_of("# "));
      found = lines.insert(next, (before.empty() ? "  # " : before) + row.key + ": " +
                                     row.standard + "  # " + row.help);
    }
    at = found;
    if (!row.standard.empty()) put_default(*at, row);
  }
  expect_is(file, joined(lines));
}

}  // namespace
}  // namespace postern::config
