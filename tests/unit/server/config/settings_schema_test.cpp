// The JSON schema of the settings is made from their table; POSTERN_WRITE_DOCS=1 writes it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <sstream>

#include "tests/unit/server/config/settings_texts.h"

namespace postern::config::settings_schema_test {
namespace {

constexpr const char* kDefinitions = R"({
  "duration": {"type": "string", "pattern": "^[0-9]+(ms|s|m|h|d|w)$",
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
  "field_name": {"type": "string", "pattern": "^[!-9;-~]+$"},
  "field_names": {"oneOf": [{"$ref": "#/definitions/field_name"},
    {"type": "array", "items": {"$ref": "#/definitions/field_name"}}]},
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

json::object object_schema() {
  return {{"type", "object"}, {"additionalProperties", false}, {"properties", json::object{}}};
}

// Where the properties of a section go, which is made if it is not there.
json::object& section_in(json::object& top, std::string_view section) {
  if (section.empty()) return top;
  const auto dot = section.rfind('.');
  const bool is_inner = dot != std::string_view::npos;
  json::object& above = section_in(top, is_inner ? section.substr(0, dot) : std::string_view());
  json::value& found = above["properties"].as_object()[section.substr(is_inner ? dot + 1 : 0)];
  if (found.is_null()) found = object_schema();
  return found.as_object();
}

// Sections in whose place a word may stand. In YAML 1.1 `off` is false.
void allow_off(json::object& sections) {
  Settings::describe([&]<class Form>(const Setting& setting, auto /*member*/, const Form& form) {
    if constexpr (std::is_same_v<Form, Section>) {
      if (form.off.empty()) return;
      json::value& section = sections[setting.key];
      section = {{"oneOf", {{{"enum", {form.off, false}}}, section}}};
    }
  });
}

json::object schema_of(const std::vector<Row>& rows) {
  json::object top{{"$schema", "http://json-schema.org/draft-07/schema#"},
                   {"title", "Postern settings, postern.yaml(5)"}};
  for (const auto& [key, value] : object_schema()) top[key] = value;
  top["properties"] = json::object{{"version", json::object{{"const", 1}}}};
  for (const Row& row : rows) {
    json::object& section = section_in(top, row.section);
    section["properties"].as_object()[row.key] = row.schema;
    if (!row.is_required) continue;
    if (!section.contains("required")) section["required"] = json::array{};
    section["required"].as_array().emplace_back(row.key);
  }
  allow_off(top["properties"].as_object());
  json::array& required = top["required"].as_array();
  required.insert(required.begin(), json::value("version"));
  top["anyOf"] = json::array{json::object{{"required", json::array{"policyd"}}},
                             json::object{{"required", json::array{"milter"}}}};
  top["definitions"] = json::parse_json(kDefinitions).value();
  return top;
}

constexpr std::size_t kWidth = 100;

// On one line, with `open` and `close` and spaces.
std::string flat(const json::value& value) {
  std::string out;
  const auto add = [&out](const std::string& element) {
    if (!out.empty()) out += ", ";
    out += element;
  };
  if (const json::object* object = value.if_object()) {
    for (const auto& [key, member] : *object) add(json::serialize(key) + ": " + flat(member));
    return "{ " + out + " }";
  }
  if (const json::array* array = value.if_array()) {
    for (const json::value& element : *array) add(flat(element));
    return "[" + out + "]";
  }
  return json::serialize(value);
}

// As a person would write it: on one line what fits there.
std::string pretty(const json::value& value, const std::string& indent, std::size_t taken) {
  std::string line = flat(value);
  if (indent.size() + taken + line.size() < kWidth || value.is_primitive()) return line;
  const std::string inner = indent + "  ";
  std::string out;
  const auto add = [&](const std::string& name, const json::value& element) {
    out += (out.empty() ? "\n" : ",\n") + inner + name + pretty(element, inner, name.size());
  };
  if (const json::array* array = value.if_array()) {
    for (const json::value& element : *array) add("", element);
    return "[" + out + "\n" + indent + "]";
  }
  for (const auto& [key, member] : value.as_object()) add(json::serialize(key) + ": ", member);
  return "{" + out + "\n" + indent + "}";
}

TEST(SettingsPages, TheSchemaIsThatOfTheTable) {
  expect_is("conf/postern.schema.json", pretty(schema_of(all_rows()), "", 0) + "\n");
}

}  // namespace
}  // namespace postern::config::settings_schema_test
