#include "ctl/replay/shown_decision.h"

#include "ctl/cli/wrapped_page.h"
#include "ctl/explain/explanation_page.h"
#include "rules/attribute.h"
#include "server/control/control_json.h"

namespace postern::ctl {
namespace {

namespace json = boost::json;
using control::json_text;

std::string who_text(const replay::Past& past) {
  const auto address = [](const std::optional<MailAddress>& one) {
    return one ? (one->is_null() ? "<>" : one->text()) : std::string("?");
  };
  const Transaction& t = past.transaction;
  return format_utc(past.time) + "  " + address(t.sender) + " -> " + address(t.recipient) +
         "  from " + (t.client ? t.client->to_string() : "?") +
         (t.client_name.empty() ? "" : " (" + t.client_name + ")") +
         (t.queue_id.empty() ? "" : ", " + t.queue_id);
}

json::array not_told(const Transaction& transaction) {
  json::array names;
  for (const AttributeInfo& info : attributes()) {
    if (is_untold(info.attribute, transaction)) names.push_back(json_text(info.word));
  }
  return names;
}

}  // namespace

std::string shown_text(const ShownDecision& shown, const std::string& settings_file) {
  WrappedPage head;
  head.line(0, 4, who_text(shown.past));
  head.line(0, 4, to_string(shown.change));
  if (shown.undecided) {
    head.line(4, 4,
              "Rule " + std::string(shown.undecided->rule) + " needs " +
                  std::string(shown.undecided->needs) + ", which is not known.");
  }
  std::string text = head.take();
  if (shown.explanation) {
    ExplanationPage page;
    page.settings_file = settings_file;
    page.transactions.push_back({*shown.explanation, {}});
    text += verdict_text(page);
  }
  return text + "\n";
}

json::object shown_json(const ShownDecision& shown) {
  json::object object{
      {"time", format_utc(shown.past.time)},
      {"queue_id", control::json_text_or_null(shown.past.transaction.queue_id)},
      {"change", to_string(shown.change)},
      {"then", to_string(shown.change.then)},
      {"now", shown.change.now ? json::value(to_string(*shown.change.now)) : json::value()},
      {"transaction", transaction_json(shown.past.transaction)},
      {"not_told", not_told(shown.past.transaction)},
      {"undecided", nullptr},
      {"explanation", nullptr}};
  if (shown.undecided) {
    object["undecided"] = json::object{{"rule", json_text(shown.undecided->rule)},
                                       {"needs", json_text(shown.undecided->needs)}};
  }
  if (shown.explanation) object["explanation"] = explanation_json(*shown.explanation);
  return object;
}

}  // namespace postern::ctl
