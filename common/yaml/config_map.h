// Typed access to one map of a configuration file. Asking for a key says that it is known; finish()
// reports every key that nobody asked for. All errors go to the diagnostics, none is thrown.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/diagnostic.h"
#include "common/base/log_share.h"
#include "common/base/words.h"
#include "common/yaml/yaml_node.h"

namespace postern::yaml {

class ConfigMap {
 public:
  // `what` names the map in messages: `rule`, `dns.cache`. A node that is not a map is reported at
  // once and then taken as an empty one. All references outlive the map.
  ConfigMap(const YamlNode& node, std::string what, Diagnostics& diagnostics);

  [[nodiscard]] const Position& where() const { return node_.where; }
  [[nodiscard]] Diagnostics& diagnostics() { return diagnostics_; }
  [[nodiscard]] const std::string& what() const { return what_; }

  // Says that the key is known, whoever looks at its value.
  void allow(std::string_view key);
  // The value of a key, or null when it is not there.
  const YamlNode* find(std::string_view key);
  // The same; its absence is an error.
  const YamlNode* require(std::string_view key);

  // A value of the type asked for, or nothing when the key is not there or its value is wrong
  // (which is reported with what would be right).
  std::optional<std::string> text(std::string_view key);
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t min, std::int64_t max);
  std::optional<std::chrono::milliseconds> duration(std::string_view key,
                                                    std::chrono::milliseconds min,
                                                    std::chrono::milliseconds max);
  // `4096`, `64KiB`, `16MiB`, `1GiB`
  std::optional<std::size_t> bytes(std::string_view key, std::size_t min, std::size_t max);
  // The value of one of the words.
  template <class Value, std::size_t size>
  std::optional<Value> one_of(std::string_view key, const Word<Value> (&words)[size]) {
    std::vector<std::string_view> names;
    for (const Word<Value>& one : words) names.push_back(one.word);
    const auto index = word(key, names);
    return index ? std::optional(words[*index].value) : std::nullopt;
  }
  // The same of words that are known at run time alone: the index.
  std::optional<std::size_t> word(std::string_view key, const std::vector<std::string_view>& words);
  // `all`, `none`, `1/100`
  std::optional<LogShare> log_share(std::string_view key);
  // The scalars of a sequence; a single scalar counts as a sequence of one.
  std::vector<const YamlNode*> scalars(std::string_view key);

  // Reports unknown keys. Call once, when everything known has been asked for.
  void finish();

 private:
  const YamlNode& node_;
  std::string what_;
  Diagnostics& diagnostics_;
  std::vector<std::string> known_;
};

inline constexpr Word<bool> kYesOrNo[] = {
    {"no", false}, {"yes", true}, {"false", false}, {"true", true}};

// `found 'x', want y`: the one form of a message about a wrong value.
std::string found_want(std::string_view found, std::string_view want);

}  // namespace postern::yaml
