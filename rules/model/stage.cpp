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
  for (Stage stage :
       {Stage::connect, Stage::helo, Stage::mail, Stage::rcpt, Stage::data, Stage::eom}) {
    if (text == to_string(stage)) return stage;
  }
  return std::nullopt;
}

}  // namespace postern
