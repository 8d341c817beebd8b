#include "ctl/why/why_answer.h"
#include "server/control/control_json.h"

namespace postern::ctl {
namespace {

namespace json = boost::json;
using control::json_text;
using control::json_text_or_null;

std::string_view word_of(Clue::Kind kind) {
  switch (kind) {
    case Clue::Kind::decision:
      return "decision";
    case Clue::Kind::mta_line:
      return "mta_line";
    case Clue::Kind::bounce:
      return "bounce";
    case Clue::Kind::message:
      return "message";
    case Clue::Kind::id:
      return "id";
  }
  return "";
}

json::array texts(const std::vector<std::string>& all) {
  json::array array;
  for (const std::string& one : all) array.push_back(json::value(json_text(one)));
  return array;
}

json::object clue_json(const Clue& clue) {
  return {{"kind", word_of(clue.kind)},
          {"id", json_text_or_null(clue.id)},
          {"time", control::json_time(clue.time)},
          {"client", json_text_or_null(clue.client ? clue.client->to_string() : "")},
          {"client_name", json_text_or_null(clue.client_name)},
          {"helo", json_text_or_null(clue.helo)},
          {"senders", texts(clue.senders)},
          {"recipients", texts(clue.recipients)}};
}

json::object decision_json(const FoundDecision& decision) {
  json::object fields;
  for (const auto& [key, value] : decision.fields) fields[key] = json_text(value.text);
  return {{"time", control::json_time(decision.time)},
          {"log", json_text(decision.log)},
          {"written_by_postern", decision.trusted},
          {"fields", std::move(fields)}};
}

json::value way_json(const std::optional<WayIn>& way) {
  if (!way) return nullptr;
  return json::object{{"for_a_week", json_text_or_null(way->for_a_week())},
                      {"for_good", json_text_or_null(way->for_good())},
                      {"take_back", json_text_or_null(way->take_back)}};
}

json::object answer_json(const WhyAnswer& answer) {
  json::array alike;
  for (const FoundDecision& other : answer.alike) alike.push_back(decision_json(other));
  return {{"clue", clue_json(answer.clue)},
          {"decision", answer.decision ? json::value(decision_json(*answer.decision)) : nullptr},
          {"owner", json_text_or_null(answer.owner)},
          {"same_token", std::move(alike)},
          {"now", answer.now ? json::value(explanation_json(*answer.now)) : nullptr},
          {"commands", way_json(answer.way)},
          {"notes", texts(answer.notes)}};
}

}  // namespace

json::object why_json(const std::vector<WhyAnswer>& answers) {
  json::array all;
  for (const WhyAnswer& answer : answers) all.push_back(answer_json(answer));
  return {{"answers", std::move(all)}};
}

}  // namespace postern::ctl
