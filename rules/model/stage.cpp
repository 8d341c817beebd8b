#include "rules/model/stage.h"

namespace postern {

std::string_view to_string(Stage stage) {
  switch (stage) {
    case Stage::connect:
      return "connect";
    case Stage::helo:
      return "helo";
    case Stage::mail:
      return "mail";
    case Stage::rcpt:
      return "rcpt";
    case Stage::data:
      return "data";
    case Stage::eom:
      return "eom";
  }
  return "";
}

std::optional<Stage> parse_stage(std::string_view text) {
  for (Stage stage : kStages) {
    if (text == to_string(stage)) return stage;
  }
  return std::nullopt;
}

std::string to_string(StageSet stages) {
  std::string text;
  for (Stage stage : kStages) {
    if (stages.contains(stage)) text.append(text.empty() ? "" : ", ").append(to_string(stage));
  }
  return text;
}

}  // namespace postern
