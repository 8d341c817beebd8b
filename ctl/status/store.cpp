// `posternctl store`: what is remembered, record by record, and forgetting it.
#include <boost/json.hpp>
#include <string>

#include "ctl/cli/installation.h"
#include "ctl/cli/json_read.h"
#include "ctl/cli/printing.h"
#include "rules/model/state.h"

namespace postern::ctl {
namespace {

struct StoreOptions {
  enum class What : std::uint8_t { status, get, forget, sweep } what = What::status;
  std::vector<std::string> key;
};
using StoreAction = StoreOptions::What;

http::HttpRequest store_request(const StoreOptions& options) {
  boost::json::array key;
  for (const std::string& text : options.key) key.push_back(boost::json::string(text));
  const std::string about = "/v1/store?key=" + percent_encoded(boost::json::serialize(key));
  switch (options.what) {
    case StoreAction::status:
      return {"GET", "/v1/status", {}};
    case StoreAction::get:
      return {"GET", about, {}};
    case StoreAction::forget:
      return {"DELETE", about, {}};
    case StoreAction::sweep:
      break;
  }
  return {"POST", "/v1/store/sweep", {}};
}

std::string seconds_text(const boost::json::object& record, std::string_view key) {
  return rough_duration(std::chrono::seconds(static_cast<std::int64_t>(number_of(record, key))));
}

std::string record_text(const boost::json::object& record) {
  std::string status = text_of(record, "status");
  if (status != "found") return status;
  std::string text = "first seen " + seconds_text(record, "since_first_seconds") + " ago, last " +
                     seconds_text(record, "since_last_seconds") + " ago";
  if (is_true(record, "marked")) text += ", has come through";
  if (const auto members = count_of(record, "members"); members > 0) {
    text += ", " + std::to_string(members) + " members";
  }
  if (number_of(record, "debt_seconds") > 0) {
    text += ", full again in " + seconds_text(record, "debt_seconds");
  }
  return text;
}

std::string store_answer(const DaemonAnswer& answer, StoreAction what) {
  switch (what) {
    case StoreAction::status: {
      const auto& store = object_of(answer.body, "store");
      return store.empty() ? "there is no store" : store_text(store);
    }
    case StoreAction::get:
      return record_text(answer.body);
    case StoreAction::forget:
      return is_true(answer.body, "forgotten") ? "forgotten" : "there was no such record";
    case StoreAction::sweep:
      break;
  }
  return "what is over is being removed";
}

// A record that is not there is a no.
bool has_found(const DaemonAnswer& answer, StoreAction what) {
  if (what == StoreAction::get) return text_of(answer.body, "status") == "found";
  if (what == StoreAction::forget) return is_true(answer.body, "forgotten");
  return what == StoreAction::sweep || !object_of(answer.body, "store").empty();
}

// Both daemons have one file: any of them does, but for the status.
std::vector<DaemonAnswer> ask_about_store(const StoreOptions& options,
                                          const CommandContext& context) {
  std::vector<DaemonAnswer> answers;
  for (const DaemonPlace& daemon : daemons_of(settings_in_use(context).settings)) {
    answers.push_back(
        ask_daemons({daemon}, store_request(options), kQuickAnswer, print_waiting(context.console))
            .front());
    if (options.what != StoreAction::status && answers.back().ok()) return {answers.back()};
  }
  return answers;
}

CtlExit run_store(const StoreOptions& options, const CommandContext& context) {
  const bool has_key = options.what == StoreAction::get || options.what == StoreAction::forget;
  if (has_key ? options.key.size() < 2 : !options.key.empty()) {
    context.console.error(has_key ? "name the record: KIND, BUCKET and what it is about"
                                  : "status and sweep are about all records, want no KEY");
    return CtlExit::usage;
  }
  const auto answers = ask_about_store(options, context);
  if (context.console.is_json()) {
    context.console.json(boost::json::object{{"daemons", json_answers(answers, "store")}});
  }
  CtlExit exit = CtlExit::ok;
  for (const DaemonAnswer& answer : answers) {
    if (!answer.ok()) {
      exit = answer.reached() ? CtlExit::no : CtlExit::failed;
      if (!context.console.is_json()) context.console.error(answer.daemon.name, ": ", answer.error);
      continue;
    }
    if (!has_found(answer, options.what) && exit == CtlExit::ok) exit = CtlExit::no;
    if (!context.console.is_json()) {
      context.console.line(answer.daemon.name, ": ", store_answer(answer, options.what));
    }
  }
  return exit;
}

std::vector<OptionRow> store_options(StoreOptions& to) {
  return {{"ACTION", "status, get, forget or sweep",
           one_of<StoreAction>(to.what, {{"status", StoreAction::status},
                                         {"get", StoreAction::get},
                                         {"forget", StoreAction::forget},
                                         {"sweep", StoreAction::sweep}})},
          {"[KEY]", "To get and forget: kind, bucket and what the record is about", &to.key}};
}

}  // namespace

extern const Command kStoreCommand{
    "store", "Shows what is remembered of a sender, forgets it, removes what is over",
    "Examples:\n"
    "  posternctl store status\n"
    "  posternctl store get rate people alice@example.org\n"
    "  posternctl store forget rate people alice@example.org   the limit is free again\n"
    "  posternctl store sweep                                  what is over goes now\n"
    "The store has hashes in the place of names: a record is found by its whole key, as the\n"
    "field state= of the log has it. Asks a daemon. 1: there is no such record.",
    prepare<store_options, run_store>};

}  // namespace postern::ctl
