// Each setting as its row of the table says it, in the words of the schema and of the man page.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/duration.h"
#include "common/json/parse_json.h"
#include "tests/unit/server/config/settings_rows.h"

namespace postern::config {

struct Row {
  std::string section;
  std::string key;
  std::string help;
  Taken taken = Taken::live;
  std::string type;  // as the man page has it
  std::string range;
  std::string standard;  // the default, as a file has it; empty: none that is a word
  json::object schema;
  bool is_required = false;
};

inline std::string format_size(std::size_t bytes) {
  if (bytes % kGiB == 0) return std::to_string(bytes / kGiB) + "GiB";
  if (bytes % kMiB == 0) return std::to_string(bytes / kMiB) + "MiB";
  return std::to_string(bytes / kKiB) + "KiB";
}

inline std::string italic(std::string_view word) {
  std::string out = "_";
  for (const char c : word) out += c == '_' ? "\\_" : std::string{c};
  return out + '_';
}

inline json::object reference(const char* definition) {
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
inline void fill_with_unit(Row& row, const char* unit) {
  row.type = italic(unit);
  row.help += ", " + row.range;
  row.schema = reference(unit);
  row.schema["default"] = row.standard;
}

inline void fill(Row& row, const Size& form, std::size_t value) {
  row.range = format_size(form.least) + " to " + format_size(form.most);
  row.standard = format_size(value);
  fill_with_unit(row, "size");
}

inline void fill(Row& row, const Duration& form, milliseconds value) {
  row.range = format_duration(form.least) + " to " + format_duration(form.most);
  row.standard = format_duration(value);
  fill_with_unit(row, "duration");
}

template <class Value, std::size_t size>
void fill(Row& row, const OneOf<Value, size>& form, const Value& value) {
  json::array words;
  for (const Word<Value>& one : form.words) {
    if (!words.empty()) row.type += " | ";
    row.type += italic(one.word);
    words.emplace_back(one.word);
    if (one.value == value) row.standard = one.word;
  }
  row.schema = {{"enum", words}, {"default", row.standard}};
}

inline void fill(Row& row, const Text& form, const std::string& value) {
  row.type = italic(form.what);
  row.standard = value;
  row.schema = {{"type", "string"}};
  if (!value.empty()) row.schema["default"] = value;
}

inline void fill(Row& row, RequiredPath /*form*/, const std::string& /*value*/) {
  row.type = italic("path");
  row.schema = {{"type", "string"}};
  row.is_required = true;
}

inline void fill(Row& row, AbsolutePath /*form*/, const std::string& value) {
  row.type = italic("path");
  row.standard = value;
  row.schema = {{"type", "string"}, {"pattern", "^/"}};
  if (!value.empty()) row.schema["default"] = value;
}

inline void fill(Row& row, HostName /*form*/, const std::string& /*value*/) {
  row.type = italic("name");
  row.schema = {{"type", "string"}};
}

inline void fill(Row& row, Mailbox /*form*/, const std::string& /*value*/) {
  row.type = italic("address");
  row.schema = {{"type", "string"}, {"pattern", "^[A-Za-z0-9._+][A-Za-z0-9._+@-]*$"}};
}

inline void fill(Row& row, HookAddress /*form*/, const std::string& /*value*/) {
  row.type = italic("url");
  row.schema = {{"type", "string"}, {"pattern", "^https?://"}};
}

inline void fill(Row& row, LineShare /*form*/, LogShare /*value*/) {
  row.type = "_all_ | _none_ | _1/100_";
  row.standard = "all";
  row.schema = reference("line_share");
  row.schema["default"] = row.standard;
}

inline void fill(Row& row, Upstreams /*form*/, const std::vector<dns::DnsServerGroup>& /*value*/) {
  row.type = italic("groups");
  row.standard = "system";
  row.schema = reference("upstreams");
  row.schema["default"] = row.standard;
}

inline void fill(Row& row, ControlFolder /*form*/,
                 const std::optional<ControlSettings>& /*value*/) {
  row.type = italic("path");
  row.schema = reference("control");
}

inline void fill(Row& row, FieldNames /*form*/, const std::vector<std::string>& /*value*/) {
  row.type = italic("names");
  row.schema = reference("field_names");
}

inline void fill(Row& row, LoopbackPort /*form*/, const std::optional<ListenAddress>& /*value*/) {
  row.type = italic("address");
  row.schema = reference("loopback");
}

inline void fill(Row& row, ServerAddress /*form*/, const std::optional<ListenAddress>& /*value*/) {
  row.type = italic("address");
  row.schema = {{"type", "string"}, {"pattern", "^(inet:.+:[0-9]+|unix:/.+)$"}};
}

inline void fill(Row& row, SiteName /*form*/, const std::string& value) {
  row.type = italic("name");
  row.standard = value;
  row.schema = {{"type", "string"}, {"pattern", "^[A-Za-z0-9._-]{1,64}$"}, {"default", value}};
}

inline void fill(Row& row, const Listen& /*form*/, const std::optional<ListenAddress>& /*value*/) {
  row.type = italic("address");
  row.schema = reference("listener");
  row.is_required = true;
}

inline void fill(Row& row, const Listen& /*form*/, const std::vector<ListenAddress>& /*value*/) {
  row.type = italic("addresses");
  row.schema = reference("listeners");
  row.is_required = true;
}

inline std::vector<Row> all_rows() {
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

inline std::vector<std::string> sections_of(const std::vector<Row>& rows) {
  std::vector<std::string> sections;
  for (const Row& row : rows) {
    if (sections.empty() || sections.back() != row.section) sections.push_back(row.section);
  }
  return sections;
}

// ---- files --------------------------------------------------------------------------------------

inline std::string path_of(const std::string& file) {
  return POSTERN_SOURCE_DIR "/" + file;
}

inline std::string source_text(const std::string& file) {
  std::ifstream in(path_of(file));
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

inline void expect_is(const std::string& file, const std::string& wanted) {
  if (std::getenv("POSTERN_WRITE_DOCS") != nullptr) std::ofstream(path_of(file)) << wanted;
  EXPECT_EQ(source_text(file), wanted)
      << file << " is out of date; POSTERN_WRITE_DOCS=1 "
      << "unit_server --gtest_filter='SettingsPages.*' writes it anew";
}

}  // namespace postern::config
