// `posternctl cache`: what the daemons keep of DNS about a name, and forgetting it.
#include <boost/json.hpp>
#include <string>

#include "common/dns/dns_name.h"
#include "ctl/cli/installation.h"
#include "ctl/cli/json_read.h"
#include "ctl/cli/printing.h"

namespace postern::ctl {
namespace {

struct CacheOptions {
  std::string name;
  bool flush = false;
};

std::string joined_texts(const boost::json::array& items, std::string_view quote = "") {
  std::string out;
  for (const auto& item : items) {
    const boost::json::object one{{"text", item}};
    out.append(" ").append(quote).append(text_of(one, "text")).append(quote);
  }
  return out;
}

// What was found: `10 mx.a.example`, `192.0.2.1`, `"v=spf1 -all"`.
std::string records_of(const boost::json::object& answer) {
  std::string out;
  for (const auto& item : array_of(answer, "mx")) {
    const auto& mx = as_object(item);
    out += (out.empty() ? " " : ", ") + std::to_string(count_of(mx, "preference")) + " " +
           text_of(mx, "exchange");
  }
  return out + joined_texts(array_of(answer, "addresses")) +
         joined_texts(array_of(answer, "names")) + joined_texts(array_of(answer, "texts"), "\"");
}

// By us, which is another time than the TTL: failures have none, and the settings bound those of
// the rest.
std::string rest_of_life(const boost::json::object& answer) {
  const std::chrono::seconds left(static_cast<std::int64_t>(count_of(answer, "kept_seconds")));
  return "for " + rough_duration(left) + " more";
}

std::string answer_words(const boost::json::object& answer) {
  std::string out = text_of(answer, "status");
  const std::string reason = text_of(answer, "reason");
  if (!reason.empty() && reason != "answer") out += " (" + reason + ")";
  return out + records_of(answer);
}

void print_answers(const DaemonAnswer& answer, const CommandContext& context) {
  const auto& answers = array_of(answer.body, "answers");
  context.console.line(answer.daemon.name, ": ", (answers.empty() ? "nothing is kept" : ""));
  std::vector<std::vector<std::string>> rows;
  for (const auto& item : answers) {
    const auto& one = as_object(item);
    rows.push_back({"  " + text_of(one, "type"), answer_words(one), rest_of_life(one),
                    text_of(one, "server")});
  }
  context.console.page(as_columns(rows));
}

void print(const DaemonAnswer& answer, const CacheOptions& options, const CommandContext& context) {
  if (!answer.ok()) {
    context.console.error(answer.daemon.name, ": ", answer.error);
  } else if (options.flush) {
    context.console.line(answer.daemon.name, ": forgot ", count_of(answer.body, "forgotten"),
                         " answers for ", options.name);
  } else {
    print_answers(answer, context);
  }
}

// Nothing kept by anybody is a no.
CtlExit exit_of(const std::vector<DaemonAnswer>& answers, const CacheOptions& options) {
  bool found = false;
  CtlExit exit = CtlExit::ok;
  for (const DaemonAnswer& answer : answers) {
    if (!answer.ok()) exit = answer.reached() ? CtlExit::no : CtlExit::failed;
    found |= count_of(answer.body, "forgotten") > 0 || !array_of(answer.body, "answers").empty();
  }
  return exit == CtlExit::ok && !found && !options.flush ? CtlExit::no : exit;
}

CtlExit run_cache(const CacheOptions& options, const CommandContext& context) {
  const auto name = dns::DnsName::parse(options.name);
  if (!name) {
    context.console.error(options.name, ": ", name.error().text);
    return CtlExit::usage;
  }
  const config::Settings settings = settings_in_use(context).settings;
  const auto answers = ask_daemons(
      daemons_of(settings),
      {options.flush ? "DELETE" : "GET", "/v1/cache?name=" + percent_encoded(name->text()), {}},
      kQuickAnswer, print_waiting(context.console));
  if (context.console.is_json()) {
    context.console.json(boost::json::object{{"daemons", json_answers(answers, "cache")}});
  } else {
    for (const DaemonAnswer& answer : answers) print(answer, options, context);
  }
  return exit_of(answers, options);
}

std::vector<OptionRow> cache_options(CacheOptions& to) {
  return {{"NAME", "A domain or host name, or any other of DNS", &to.name},
          {"--flush", "Forget them", &to.flush}};
}

}  // namespace

extern const Command kCacheCommand{
    "cache", "Shows the DNS answers that are kept for a name, or forgets them",
    "Examples:\n"
    "  posternctl cache partner.example\n"
    "  posternctl cache --flush partner.example   their DNS is mended: ask again\n"
    "Asks both daemons. Writes no file. 1: nothing is kept.",
    prepare<cache_options, run_cache>};

}  // namespace postern::ctl
