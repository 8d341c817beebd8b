// `posternctl store`: what is remembered, record by record, and forgetting it.
#include <algorithm>
#include <boost/json.hpp>
#include <string>

#include "ctl/cli/installation.h"
#include "ctl/cli/json_read.h"
#include "ctl/cli/printing.h"
#include "ctl/cli/store_reader.h"
#include "rules/model/state.h"

namespace postern::ctl {
namespace {

struct StoreOptions {
  enum class What : std::uint8_t { status, get, forget, sweep } what = What::status;
  std::vector<std::string> key;
};
using StoreAction = StoreOptions::What;

http::HttpRequest store_request(StoreAction what, const StateKey& key) {
  switch (what) {
    case StoreAction::status:
      return {"GET", "/v1/status", {}};
    case StoreAction::get:
      return record_request("GET", key);
    case StoreAction::forget:
      return record_request("DELETE", key);
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

// Both daemons have one file: any of them does, but for the status. What is in it can be had
// without them.
std::vector<DaemonAnswer> ask_about_store(StoreAction what, const StateKey& key,
                                          const CommandContext& context) {
  const auto settings = settings_in_use(context).settings;
  std::vector<DaemonAnswer> answers;
  for (const DaemonPlace& daemon : daemons_of(settings)) {
    answers.push_back(ask_daemons({daemon}, store_request(what, key), kQuickAnswer,
                                  print_waiting(context.console))
                          .front());
    if (what != StoreAction::status && answers.back().ok()) return {answers.back()};
  }
  if (what != StoreAction::get || std::ranges::any_of(answers, &DaemonAnswer::reached)) {
    return answers;
  }
  auto file = record_of_file(settings, key);
  if (file && file->ok()) return {std::move(*file)};
  if (file) answers.push_back(std::move(*file));
  return answers;
}

Result<StateKey> key_of(const std::vector<std::string>& words) {
  if (const auto kind = value_of(kStateKinds, words.front())) {
    return StateKey{*kind, words[1], {words.begin() + 2, words.end()}};
  }
  return failure("found the kind '" + words.front() + "', want one of " + known_words(kStateKinds));
}

CtlExit run_store(const StoreOptions& options, const CommandContext& context) {
  const bool has_key = options.what == StoreAction::get || options.what == StoreAction::forget;
  if (has_key ? options.key.size() < 2 : !options.key.empty()) {
    context.console.error(has_key ? "name the record: KIND, BUCKET and what it is about"
                                  : "status and sweep are about all records, want no KEY");
    return CtlExit::usage;
  }
  const auto key = has_key ? key_of(options.key) : StateKey{};
  if (!key) {
    context.console.error(key.error().text);
    return CtlExit::usage;
  }
  const auto answers = ask_about_store(options.what, *key, context);
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
    "field state= of the log has it. Asks a daemon; get reads the file where none runs.\n"
    "1: there is no such record.",
    prepare<store_options, run_store>};

}  // namespace postern::ctl
