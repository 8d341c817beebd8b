#include "ctl/completion/completion_values.h"

#include <algorithm>
#include <set>

#include "common/base/escape.h"
#include "ctl/cli/installation.h"
#include "ctl/cli/json_read.h"
#include "rules/checks/check_list.h"
#include "server/config/generation_store.h"

namespace postern::ctl {
namespace {

// Of all questions for one completion.
constexpr std::chrono::milliseconds kPatience{100};
constexpr const char* kMostOffered = "1000";

using Clock = std::chrono::steady_clock;

class Asking {
 public:
  explicit Asking(const CommandContext& context) {
    Diagnostics ignored;
    if (auto read = read_settings_of_any_door(context.settings_file, ignored)) settings_ = *read;
  }

  [[nodiscard]] const config::Settings& settings() const { return settings_; }

  // The objects of `array`, of all daemons.
  std::vector<boost::json::object> objects(const std::string& target, const char* array) {
    std::vector<boost::json::object> objects;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until_ - Clock::now());
    if (left.count() <= 0) return objects;
    for (const DaemonAnswer& answer :
         ask_daemons(daemons_of(settings_), {"GET", target, {}}, left)) {
      if (!answer.ok()) continue;
      for (const auto& item : array_of(answer.body, array)) objects.push_back(as_object(item));
    }
    return objects;
  }

  // The texts of `key` in these.
  std::vector<OfferedValue> texts(const std::string& target, const char* array, const char* key) {
    std::vector<OfferedValue> texts;
    for (const auto& object : objects(target, array)) texts.push_back({text_of(object, key)});
    return texts;
  }

 private:
  config::Settings settings_;
  Clock::time_point until_ = Clock::now() + kPatience;
};

std::vector<OfferedValue> lists(const CommandContext& context) {
  return Asking(context).texts("/v1/rules", "lists", "name");
}

std::vector<OfferedValue> rules(const CommandContext& context) {
  return Asking(context).texts("/v1/rules", "rules", "name");
}

std::vector<OfferedValue> entries(const CommandContext& context) {
  Asking asking(context);
  const auto names = asking.texts("/v1/rules", "lists", "name");
  std::vector<OfferedValue> all;
  for (const auto& [name, about] : std::set(names.begin(), names.end())) {
    for (const char* hit : {"yes", "no"}) {
      const std::string target =
          "/v1/entries?list=" + percent_encoded(name) + "&hit=" + hit + "&limit=" + kMostOffered;
      const auto some = asking.texts(target, "shown", "entry");
      all.insert(all.end(), some.begin(), some.end());
    }
  }
  return all;
}

std::vector<OfferedValue> checks(const CommandContext& /*context*/) {
  std::vector<OfferedValue> names;
  for (const CheckInfo* check : checks::all_checks()) names.push_back({std::string(check->name)});
  return names;
}

std::vector<OfferedValue> generations(const CommandContext& context) {
  std::vector<OfferedValue> numbers;
  const auto store = config::GenerationStore::open_to_read(Asking(context).settings().state_folder);
  if (!store) return numbers;
  for (const auto& generation : store->list()) {
    numbers.push_back({std::to_string(generation.number)});
  }
  return numbers;
}

// Of the newest refusals: `reject phish.example`.
std::vector<OfferedValue> tokens(const CommandContext& context) {
  std::vector<OfferedValue> tokens;
  for (const auto& refusal : Asking(context).objects("/v1/tokens", "tokens")) {
    const std::string domain = text_of(refusal, "sender_domain");
    tokens.push_back({text_of(refusal, "token"), text_of(refusal, "action") + " " +
                                                     (domain.empty() ? "-" : printable(domain))});
  }
  return tokens;
}

bool is_plain_word(std::string_view text) {
  static constexpr std::string_view kPlain = "-_.:/@+*";
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kPlain.find(c) != std::string_view::npos;
  });
}

}  // namespace

const std::vector<ValueKind>& value_kinds() {
  static const std::vector<ValueKind> kinds{{"LIST", "lists", lists},
                                            {"ENTRY", "entries", entries},
                                            {"RULE", "rules", rules},
                                            {"CHECK", "checks", checks},
                                            {"GENERATION", "generations", generations},
                                            {"TOKEN", "tokens", tokens}};
  return kinds;
}

std::vector<std::string> kinds_named_in(std::string_view type) {
  std::vector<std::string> kinds;
  while (!type.empty()) {
    const std::string_view word = type.substr(0, type.find('|'));
    const auto kind = std::ranges::find(value_kinds(), word, &ValueKind::type);
    if (kind != value_kinds().end()) kinds.emplace_back(kind->named);
    type.remove_prefix(std::min(word.size() + 1, type.size()));
  }
  return kinds;
}

std::string completion_values(std::string_view kind, About about, const CommandContext& context) {
  const auto known = std::ranges::find(value_kinds(), kind, &ValueKind::named);
  if (known == value_kinds().end()) return {};
  const auto values = known->values(context);
  std::string lines;
  for (const OfferedValue& value : std::set(values.begin(), values.end())) {
    if (!is_plain_word(value.text)) continue;
    lines += value.text;
    if (about == About::say && !value.about.empty()) lines += "\t" + value.about;
    lines += "\n";
  }
  return lines;
}

}  // namespace postern::ctl
