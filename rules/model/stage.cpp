#include "rules/model/stage.h"

#include "common/base/words.h"

namespace postern {

std::string_view to_string(Stage stage) {
  using enum Stage;
  static constexpr Word<Stage> kWords[] = {{"connect", connect}, {"helo", helo}, {"mail", mail},
                                           {"rcpt", rcpt},       {"data", data}, {"eom", eom}};
  return word_of(kWords, stage);
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
