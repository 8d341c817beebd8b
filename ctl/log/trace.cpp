// `posternctl trace`: has the daemons tell all about the mail of one client, sender domain or
// message, for a while.
#include <algorithm>
#include <boost/json.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <thread>

#include "common/base/counted.h"
#include "common/base/duration.h"
#include "ctl/cli/installation.h"
#include "ctl/cli/json_read.h"
#include "ctl/cli/printing.h"
#include "rules/explain/trace_filter.h"

namespace postern::ctl {
namespace {

struct TraceOptions {
  enum class What { set, list, stop } what = What::set;
  std::string client;
  std::string sender_domain;
  std::string instance;
  std::string time = "10m";
  bool follow = false;
  std::optional<std::uint64_t> id;  // to stop; none: all
};

// How often the daemons are asked for new lines, and how long before the end one lags behind.
constexpr std::chrono::milliseconds kFollowEvery{500};

CtlExit wrong_usage(const CommandContext& context, const std::string& what) {
  context.console.error(what);
  return CtlExit::usage;
}

std::string filter_text(const boost::json::object& trace) {
  std::string out;
  for (const char* key : {"client", "sender_domain", "instance"}) {
    const std::string value = text_of(trace, key);
    if (!value.empty()) out += (out.empty() ? "" : " ") + std::string(key) + "=" + value;
  }
  return out;
}

std::string trace_line(const DaemonAnswer& answer, const boost::json::object& trace) {
  std::string out = answer.daemon.name + ": trace " + std::to_string(count_of(trace, "id")) +
                    " of " + filter_text(trace) + ", for " +
                    format_duration(std::chrono::seconds(
                        static_cast<std::int64_t>(count_of(trace, "seconds_left")))) +
                    " more";
  if (const auto decisions = count_of(trace, "decisions"); decisions > 0) {
    out += "; told " + std::to_string(decisions) + " decisions";
  }
  if (const auto left_out = count_of(trace, "left_out"); left_out > 0) {
    out += ", left out " + std::to_string(left_out) + ": too many lines";
  }
  return out;
}

// Writes what the daemons have told since the last time, until the trace is over.
class Follower {
 public:
  Follower(const std::vector<DaemonAnswer>& set, const CommandContext& context)
      : context_(context) {
    for (const DaemonAnswer& answer : set) {
      if (answer.ok()) daemons_.push_back({answer.daemon, count_of(answer.body, "id"), 0});
    }
  }

  CtlExit follow(std::chrono::steady_clock::time_point end) {
    CtlExit exit = CtlExit::ok;
    for (bool last = false; !last && exit == CtlExit::ok && context_.console.is_read();) {
      last = std::chrono::steady_clock::now() >= end;
      for (Followed& daemon : daemons_) exit = std::max(exit, print_new(daemon));
      context_.console.flush();
      if (!last) std::this_thread::sleep_for(kFollowEvery);
    }
    return exit;
  }

 private:
  struct Followed {
    DaemonPlace place;
    std::uint64_t trace = 0;
    std::uint64_t line = 0;  // the last that was told
  };

  CtlExit print_new(Followed& daemon) {
    const auto answers = ask_daemons(
        {daemon.place}, {"GET", "/v1/trace/lines?after=" + std::to_string(daemon.line), {}},
        kQuickAnswer);
    if (const CtlExit fault = print_faults(answers, context_.console); fault != CtlExit::ok)
      return fault;
    for (const auto& item : array_of(answers.front().body, "lines")) {
      const auto& line = as_object(item);
      daemon.line = std::max(daemon.line, count_of(line, "number"));
      if (count_of(line, "trace") != daemon.trace) continue;
      context_.console.line(daemon.place.short_name(), ": ", text_of(line, "text"));
    }
    return CtlExit::ok;
  }

  std::vector<Followed> daemons_;
  const CommandContext& context_;
};

CtlExit set_trace(const TraceOptions& options, const std::vector<DaemonPlace>& daemons,
                  const CommandContext& context) {
  const auto filter =
      explain::parse_trace_filter(options.client, options.sender_domain, options.instance);
  if (!filter) return wrong_usage(context, filter.error().text);
  const auto time = parse_duration(options.time);
  if (!time) return wrong_usage(context, "--for " + options.time + ": " + time.error().text);
  const auto lasts = std::chrono::ceil<std::chrono::seconds>(*time);
  if (lasts < std::chrono::seconds{1} || lasts > std::chrono::hours{24}) {
    return wrong_usage(context, "--for " + options.time + ": want a time from 1s to 24h");
  }
  const boost::json::object wanted{{"client", options.client},
                                   {"sender_domain", options.sender_domain},
                                   {"instance", options.instance},
                                   {"seconds", lasts.count()}};
  const auto end = std::chrono::steady_clock::now() + lasts;
  const auto answers = ask_daemons(daemons, {"POST", "/v1/trace", boost::json::serialize(wanted)},
                                   kQuickAnswer, print_waiting(context.console));
  CtlExit exit = print_faults(answers, context.console);
  if (context.console.is_json()) {
    context.console.json(boost::json::object{{"daemons", json_answers(answers, "answer")}});
  } else {
    for (const auto& answer : answers) {
      if (answer.ok()) context.console.line(trace_line(answer, answer.body));
    }
  }
  context.console.flush();
  if (!options.follow) return exit;
  return std::max(exit, Follower(answers, context).follow(end));
}

CtlExit list_traces(const std::vector<DaemonPlace>& daemons, const CommandContext& context) {
  const auto answers =
      ask_daemons(daemons, {"GET", "/v1/trace", {}}, kQuickAnswer, print_waiting(context.console));
  const CtlExit exit = print_faults(answers, context.console);
  if (context.console.is_json()) {
    context.console.json(boost::json::object{{"daemons", json_answers(answers, "answer")}});
    return exit;
  }
  for (const DaemonAnswer& answer : answers) {
    if (!answer.ok()) continue;
    const auto& traces = array_of(answer.body, "traces");
    if (traces.empty()) context.console.line(answer.daemon.name, ": no trace");
    for (const auto& item : traces) context.console.line(trace_line(answer, as_object(item)));
  }
  return exit;
}

CtlExit stop_traces(const TraceOptions& options, const std::vector<DaemonPlace>& daemons,
                    const CommandContext& context) {
  const std::string which = options.id ? "?id=" + std::to_string(*options.id) : "";
  const auto answers = ask_daemons(daemons, {"DELETE", "/v1/trace" + which, {}}, kQuickAnswer,
                                   print_waiting(context.console));
  const CtlExit exit = print_faults(answers, context.console);
  if (context.console.is_json()) {
    context.console.json(boost::json::object{{"daemons", json_answers(answers, "answer")}});
  }
  std::uint64_t stopped = 0;
  for (const DaemonAnswer& answer : answers) {
    if (!answer.ok()) continue;
    const auto here = count_of(answer.body, "stopped");
    stopped += here;
    if (!context.console.is_json()) {
      context.console.line(answer.daemon.name, ": stopped ", counted(here, "trace"));
    }
  }
  // Nobody had the one that was named.
  return exit == CtlExit::ok && options.id && stopped == 0 ? CtlExit::no : exit;
}

CtlExit run_trace(const TraceOptions& options, const CommandContext& context) {
  const auto daemons = daemons_of(settings_in_use(context).settings);
  switch (options.what) {
    case TraceOptions::What::set:
      return set_trace(options, daemons, context);
    case TraceOptions::What::list:
      return list_traces(daemons, context);
    case TraceOptions::What::stop:
      return stop_traces(options, daemons, context);
  }
  return CtlExit::usage;
}

std::vector<OptionRow> trace_options(TraceOptions& to) {
  using What = TraceOptions::What;
  return {{"--client ADDRESS", "An address or a network", &to.client},
          {"--sender-domain DOMAIN", "Of the envelope sender; .a.example is all below it, too",
           &to.sender_domain},
          {"--instance ID", "One message: instance or queue_id of its lines", &to.instance},
          {"--for TIME", "How long, at most 24h", &to.time},
          {"--follow", "Show the lines as they come, until the end", &to.follow},
          {"--list", "Those that are set", set(to.what, What::list), {.excludes = {"--follow"}}},
          {"--stop", "End them", set(to.what, What::stop), {.excludes = {"--list", "--follow"}}},
          {"--id NUMBER", "Which of them to stop; default: all", &to.id, {.needs = {"--stop"}}}};
}

}  // namespace

extern const Command kTraceCommand{
    "trace", "Has the daemons log all about the mail of one client or sender",
    "Examples:\n"
    "  posternctl trace --client 192.0.2.7 --for 10m --follow\n"
    "  posternctl trace --sender-domain .partner.example\n"
    "  posternctl trace --list\n"
    "  posternctl trace --stop\n"
    "For each decision, a line per rule: why it matched or not, and what DNS answered. It ends "
    "by\n"
    "itself. Both daemons, 8 traces at once. 1: refused, or no such trace.",
    prepare<trace_options, run_trace>};

}  // namespace postern::ctl
