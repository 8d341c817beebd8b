#include "ctl/status/status_problems.h"

#include <algorithm>

#include "common/base/counted.h"
#include "common/base/escape.h"
#include "ctl/cli/json_read.h"
#include "ctl/cli/printing.h"

namespace postern::ctl {

const boost::json::object& last_reload(const DaemonAnswer& answer) {
  return object_of(object_of(answer.body, "reload"), "last");
}

bool is_behind(const DaemonAnswer& answer) {
  const std::string outcome = text_of(last_reload(answer), "outcome");
  return outcome == "refused" || outcome == "postponed";
}

namespace {

constexpr std::size_t kMostWarnings = 10;

std::string running_in(const DaemonAnswer& answer) {
  return std::to_string(count_of(answer.body, "generation"));
}

void note_refusal(const DaemonAnswer& answer, std::vector<StatusProblem>& problems) {
  const auto& last = last_reload(answer);
  if (text_of(last, "outcome") != "refused") return;
  problems.push_back({CtlExit::no, answer.daemon.name + ": the last reload was REFUSED at " +
                                       text_of(last, "at") + "; generation " + running_in(answer) +
                                       " goes on"});
}

void note_postponed(const DaemonAnswer& answer, std::vector<StatusProblem>& problems) {
  const auto& last = last_reload(answer);
  if (text_of(last, "outcome") != "postponed") return;
  problems.push_back({CtlExit::no, answer.daemon.name + ": files could NOT BE READ at " +
                                       text_of(last, "at") + " and are tried again; generation " +
                                       running_in(answer) + " goes on"});
}

void note_not_kept(const DaemonAnswer& answer, std::vector<StatusProblem>& problems) {
  const std::string why = text_of(answer.body, "not_kept");
  if (why.empty()) return;
  problems.push_back({CtlExit::no, answer.daemon.name + ": generation " + running_in(answer) +
                                       " is NOT KEPT, which is tried again: " + why});
}

void note_shortage(const DaemonAnswer& answer, std::vector<StatusProblem>& problems) {
  const std::string why = text_of(object_of(answer.body, "connections"), "waiting_for");
  if (why.empty()) return;
  problems.push_back({CtlExit::no, answer.daemon.name + ": connections HAVE TO WAIT: " + why});
}

void note_store(const DaemonAnswer& answer, std::vector<StatusProblem>& problems) {
  const auto& store = object_of(answer.body, "store");
  const std::string why = text_of(store, "failing");
  if (!why.empty()) {
    problems.push_back(
        {CtlExit::no,
         answer.daemon.name + ": the store is NOT IN USE, mail is judged without it: " + why});
  }
  if (count_of(store, "put_aside") > 0) {
    problems.push_back({CtlExit::ok, answer.daemon.name +
                                         ": the store was DAMAGED and began anew; what it was is " +
                                         text_of(store, "file") + ".damaged"});
  }
}

void note_shared_store(const DaemonAnswer& answer, std::vector<StatusProblem>& problems) {
  const auto& shared = object_of(object_of(answer.body, "store"), "shared");
  const std::string why = text_of(shared, "failing");
  if (why.empty()) return;
  problems.push_back({CtlExit::no, answer.daemon.name + ": the shared store at " +
                                       text_of(shared, "server") +
                                       " is NOT IN USE, this host judges by what it knows "
                                       "itself: " +
                                       why});
}

void note_restart(const DaemonAnswer& answer, std::vector<StatusProblem>& problems) {
  std::string keys;
  for (const auto& key : array_of(answer.body, "restart_needed")) {
    if (!key.is_string()) continue;
    const boost::json::object one{{"key", key}};
    keys += (keys.empty() ? "" : ", ") + text_of(one, "key");
  }
  if (keys.empty()) return;
  problems.push_back({CtlExit::ok, answer.daemon.name + ": settings that need a restart: " + keys});
}

void note_down_servers(const DaemonAnswer& answer, std::vector<StatusProblem>& problems) {
  for (const auto& item : array_of(answer.body, "upstreams")) {
    const auto& server = as_object(item);
    if (!is_true(server, "down")) continue;
    problems.push_back({CtlExit::ok, answer.daemon.name + ": name server " +
                                         text_of(server, "server") + " does not answer (" +
                                         std::to_string(count_of(server, "failures_in_a_row")) +
                                         " failures in a row)"});
  }
}

void note_circuit(const DaemonAnswer& answer, std::vector<StatusProblem>& problems) {
  const auto& circuit = object_of(answer.body, "circuit");
  if (!is_true(circuit, "open")) return;
  const std::chrono::seconds open_for{count_of(circuit, "seconds")};
  problems.push_back({CtlExit::no, answer.daemon.name + ": NO NAME SERVER ANSWERS for " +
                                       rough_duration(open_for) + "; " +
                                       std::to_string(count_of(circuit, "not_asked")) +
                                       " questions were not asked"});
}

void note_shedding(const DaemonAnswer& answer, std::vector<StatusProblem>& problems) {
  const auto& shedding = object_of(answer.body, "shedding");
  if (!is_true(shedding, "now")) return;
  const std::string domain = text_of(shedding, "domain");
  problems.push_back(
      {CtlExit::no, answer.daemon.name + ": DNS QUESTIONS ARE SHED for " +
                        rough_duration(std::chrono::seconds{count_of(shedding, "seconds")}) + ", " +
                        std::to_string(count_of(shedding, "questions")) +
                        " so far, because too many are on " + "their way, in all or of one domain" +
                        (domain.empty() ? "" : "; the last for " + domain) +
                        "; their mail is deferred"});
}

std::string what_to_do_about(const std::string& answer) {
  if (answer == "refused") {
    return "ask it through a resolver of your own, with the key that it has given you, or take it "
           "out of the rules";
  }
  return "if it has ended take it out of the rules, if it has no test points write 'test_point: "
         "none'";
}

void note_dns_lists(const DaemonAnswer& answer, std::vector<StatusProblem>& problems) {
  for (const auto& item : array_of(answer.body, "dns_lists")) {
    const auto& list = as_object(item);
    const auto& trouble = object_of(list, "trouble");
    if (trouble.empty()) continue;
    const std::string word = text_of(trouble, "answer");
    problems.push_back(
        {CtlExit::no, answer.daemon.name + ": the DNS list " + text_of(list, "zone") +
                          (word == "refused" ? " REFUSES TO ANSWER" : " IS BROKEN") + " since " +
                          text_of(trouble, "since") + " (" + text_of(trouble, "detail") +
                          ") and lists nobody: " + what_to_do_about(word)});
  }
}

void note_cut_short(const DaemonAnswer& answer, std::vector<StatusProblem>& problems) {
  const std::uint64_t count = count_of(answer.body, "decisions_cut_short");
  if (count == 0) return;
  problems.push_back(
      {CtlExit::ok, answer.daemon.name + ": " + std::to_string(count) +
                        " decisions since the start took all of decision.max_work, so that rules "
                        "were not looked at; see cut_short= in the log, and posternctl check"});
}

// Each of the daemons asks the same.
void note_spf_lists(const std::vector<DaemonAnswer>& answers,
                    std::vector<StatusProblem>& problems) {
  std::vector<std::string> told;
  for (const DaemonAnswer& answer : answers) {
    for (const auto& item : array_of(answer.body, "lists")) {
      const auto& list = as_object(item);
      for (const auto& problem : array_of(object_of(list, "spf"), "problems")) {
        const boost::json::object one{{"text", problem}};
        std::string text = "list '" + text_of(list, "name") + "': " + text_of(one, "text");
        if (std::ranges::find(told, text) != told.end()) continue;
        told.push_back(text);
        problems.push_back({CtlExit::ok, std::move(text)});
      }
    }
  }
}

// Numbers may differ where generations are not kept; what counts is what is in them.
void note_different_rules(const std::vector<DaemonAnswer>& answers,
                          std::vector<StatusProblem>& problems) {
  const DaemonAnswer* first = nullptr;
  for (const DaemonAnswer& answer : answers) {
    if (!answer.ok()) continue;
    if (first == nullptr) first = &answer;
    if (text_of(answer.body, "fingerprint") == text_of(first->body, "fingerprint")) continue;
    problems.push_back({CtlExit::no, "the doors run DIFFERENT rules: " + first->daemon.name +
                                         " generation " + running_in(*first) + ", " +
                                         answer.daemon.name + " generation " + running_in(answer)});
  }
}

void note_disk(const std::vector<DaemonAnswer>& answers, const std::optional<std::string>& on_disk,
               std::vector<StatusProblem>& problems) {
  if (!on_disk) {
    problems.push_back({CtlExit::no, "the files on disk cannot all be read; see posternctl check"});
    return;
  }
  for (const DaemonAnswer& answer : answers) {
    if (!answer.ok() || text_of(answer.body, "fingerprint") == *on_disk) continue;
    problems.push_back({CtlExit::no, answer.daemon.name +
                                         ": the files on disk are NOT what runs; see posternctl "
                                         "check, posternctl reload"});
  }
}

// What the rules that run were warned of: both daemons read the same files.
void note_warnings(const std::vector<DaemonAnswer>& answers, std::vector<StatusProblem>& problems) {
  std::vector<std::string> warnings;
  for (const DaemonAnswer& answer : answers) {
    if (is_behind(answer)) continue;
    const Diagnostics said = diagnostics_of(last_reload(answer));
    for (const Diagnostic& one : said.all()) {
      const std::string text = one.to_string();
      const bool known = std::find(warnings.begin(), warnings.end(), text) != warnings.end();
      if (one.severity == Severity::warning && !known) warnings.push_back(text);
    }
  }
  for (std::size_t i = 0; i < std::min(warnings.size(), kMostWarnings); ++i) {
    problems.push_back({CtlExit::ok, warnings[i]});
  }
  if (warnings.size() <= kMostWarnings) return;
  problems.push_back({CtlExit::ok, "and " + std::to_string(warnings.size() - kMostWarnings) +
                                       " more warnings; see posternctl check"});
}

// `note_files` is called where what is wrong with the files has its place.
template <class NoteFiles>
std::vector<StatusProblem> problems_with(const std::vector<DaemonAnswer>& answers,
                                         NoteFiles note_files) {
  std::vector<StatusProblem> problems;
  for (const DaemonAnswer& answer : answers) {
    if (!answer.ok()) {
      problems.push_back(
          {CtlExit::failed, answer.daemon.name + " DOES NOT ANSWER: " + answer.error});
    }
  }
  note_different_rules(answers, problems);
  for (const DaemonAnswer& answer : answers) note_circuit(answer, problems);
  for (const DaemonAnswer& answer : answers) note_shortage(answer, problems);
  for (const DaemonAnswer& answer : answers) note_store(answer, problems);
  for (const DaemonAnswer& answer : answers) note_shared_store(answer, problems);
  for (const DaemonAnswer& answer : answers) note_shedding(answer, problems);
  for (const DaemonAnswer& answer : answers) note_dns_lists(answer, problems);
  for (const DaemonAnswer& answer : answers) note_refusal(answer, problems);
  for (const DaemonAnswer& answer : answers) note_postponed(answer, problems);
  for (const DaemonAnswer& answer : answers) note_not_kept(answer, problems);
  note_files(problems);
  note_warnings(answers, problems);
  for (const DaemonAnswer& answer : answers) note_restart(answer, problems);
  note_spf_lists(answers, problems);
  for (const DaemonAnswer& answer : answers) note_cut_short(answer, problems);
  for (const DaemonAnswer& answer : answers) note_down_servers(answer, problems);
  return problems;
}

}  // namespace

std::vector<StatusProblem> problems_of(const std::vector<DaemonAnswer>& answers,
                                       const std::optional<std::string>& on_disk) {
  return problems_with(answers, [&](std::vector<StatusProblem>& problems) {
    note_disk(answers, on_disk, problems);
  });
}

std::vector<StatusProblem> problems_but_of_files(const std::vector<DaemonAnswer>& answers) {
  return problems_with(answers, [](std::vector<StatusProblem>& problems) {
    problems.push_back({CtlExit::ok,
                        "this account may not read the files: whether they are what runs was not "
                        "looked at"});
  });
}

StatusProblem faulty_settings(const std::string& file, int faults) {
  return {CtlExit::no, printable(file) + " has " +
                           counted(static_cast<std::uint64_t>(faults), "fault") +
                           ": what runs goes on with the settings from before, and would NOT START "
                           "again; see posternctl check"};
}

CtlExit exit_of(const std::vector<StatusProblem>& problems) {
  CtlExit exit = CtlExit::ok;
  for (const StatusProblem& problem : problems) exit = std::max(exit, problem.severity);
  return exit;
}

}  // namespace postern::ctl
