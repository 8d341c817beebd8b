// /v1/tokens.
#include "common/json/parse_json.h"
#include "server/control/control_endpoints.h"
#include "server/control/control_json.h"

namespace postern::control {

ControlAnswer control_tokens(const ControlCall& call) {
  json::array tokens;
  for (const auto& refusal : call.parts.state.tokens.all()) {
    tokens.push_back(json::object{{"token", json_text(refusal.token)},
                                  {"action", to_string(refusal.action)},
                                  {"sender_domain", json_text(refusal.sender_domain)}});
  }
  return json::object{{"tokens", std::move(tokens)}};
}

}  // namespace postern::control
