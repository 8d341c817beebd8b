// What the store has under a key, forgetting it, and removing what is over.
#include <string>
#include <utility>
#include <vector>

#include "common/json/parse_json.h"
#include "server/control/control_endpoints.h"
#include "server/control/control_json.h"

namespace postern::control {
namespace {

constexpr std::size_t kMaxParts = 16;

std::string wanted_key() {
  return R"(want "key" with a list of texts: the kind ()" + known_words(kStateKinds) +
         "), the bucket, and the parts";
}

// REQUIRES: it has two texts at least.
Result<StateKey> key_in(const json::array& texts) {
  std::vector<std::string> words;
  for (const json::value& text : texts) {
    if (!text.is_string()) return failure(wanted_key());
    words.emplace_back(text.get_string());
  }
  const auto kind = value_of(kStateKinds, words[0]);
  if (!kind) return failure(wanted_key());
  return StateKey{*kind, std::move(words[1]), {words.begin() + 2, words.end()}};
}

// The key of a call: `["rate","people","a@x.example"]`.
Result<StateKey> key_of(const ControlCall& call) {
  const std::string* text = call.parameter("key");
  if (text == nullptr) return failure(wanted_key());
  const auto parsed = json::parse_json(*text);
  if (!parsed || !parsed->is_array()) return failure(wanted_key());
  const json::array& texts = parsed->get_array();
  if (texts.size() < 2 || texts.size() > 2 + kMaxParts) return failure(wanted_key());
  return key_in(texts);
}

tl::unexpected<ControlFault> no_store() {
  return control_fault("there is no store: the settings want none", 404);
}

tl::unexpected<ControlFault> unusable(const state::StateStore& store) {
  const std::string why = store.status().failing;
  return control_fault("the store is not in use: " + (why.empty() ? "too much waits" : why), 503);
}

}  // namespace

ControlAnswer control_record(const ControlCall& call) {
  const auto& store = call.parts.state.store;
  if (!store) return no_store();
  const auto key = key_of(call);
  if (!key) return control_fault(key.error().text);
  return json_state_fact(store->find(*key));
}

ControlAnswer control_forget_record(const ControlCall& call) {
  const auto& store = call.parts.state.store;
  if (!store) return no_store();
  const auto key = key_of(call);
  if (!key) return control_fault(key.error().text);
  const StateFact::Status status = store->find(*key).status;
  if (status == StateFact::Status::unavailable) return unusable(*store);
  store->forget(*key);
  return json::object{{"forgotten", status == StateFact::Status::found}};
}

ControlAnswer control_sweep(const ControlCall& call) {
  const auto& store = call.parts.state.store;
  if (!store) return no_store();
  if (!store->status().failing.empty()) return unusable(*store);
  store->sweep();
  return json::object{{"sweeping", true}};
}

}  // namespace postern::control
