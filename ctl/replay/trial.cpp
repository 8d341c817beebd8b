#include "ctl/replay/trial.h"

#include <utility>

#include "ctl/cli/installation.h"
#include "ctl/replay/shown_decision.h"
#include "rules/replay/recorded.h"

namespace postern::ctl {
namespace {

std::unique_ptr<DnsSource> dns_of_today(const CommandContext& context) {
  const config::Settings settings = settings_in_use(context).settings;
  if (const auto running = ask_status(settings, Door::policy, print_waiting(context.console))) {
    return facts_of_daemon(running->daemon, settings.decision.deadline);
  }
  return facts_of_resolver(settings.dns, settings.decision.deadline);
}

}  // namespace

Trial::Trial(const TrialOptions& options, const CommandContext& context)
    : options_(options), context_(context), candidate_(options.against, context) {
  if (options.ask_dns) today_ = dns_of_today(context);
}

replay::Judge* Trial::judge_of(Door door) {
  if (fault_) return nullptr;
  if (const auto known = judges_.find(door); known != judges_.end()) return &known->second;
  const auto rules = candidate_.rules_for(door);
  if (!rules) {
    fault_ = rules.error();
    return nullptr;
  }
  replay::Judge::Settle settle;
  if (today_) settle = [this](Decision& decision) { facts_.settle(decision, *today_); };
  return &judges_.emplace(door, replay::Judge(*rules, &facts_, std::move(settle))).first->second;
}

std::chrono::system_clock::time_point Trial::time_for(const replay::Past& past) const {
  if (options_.as_of == TrialOptions::AsOf::record) return past.time;
  return context_.now;
}

void Trial::judge(const replay::Past& past, Door door) {
  replay::Judge* const judge = judge_of(door);
  if (judge == nullptr) return;
  take(past, judge->judge(past.transaction, time_for(past)), *judge);
}

void Trial::judge(const journal::JournalRecord& record, const Needs* asked_then) {
  replay::Judge* const judge = judge_of(record.door);
  if (judge == nullptr) return;
  facts_.use(&record);
  const replay::Past past = replay::past_of(record);
  take(past, replay::judge_record(*judge, record, time_for(past), asked_then), *judge);
  facts_.use(nullptr);
}

void Trial::take(const replay::Past& past, const replay::Judgement& judgement,
                 const replay::Judge& judge) {
  const auto change = differences_.add(past, judgement);
  if (!change || options_.show.empty() || !is_meant(options_.show, *change)) return;
  ShownDecision shown{*change, past, judgement.undecided, std::nullopt};
  if (!judgement.undecided) {
    KnownAlone known(facts_);
    Evaluator evaluator(known, time_for(past));
    shown.explanation =
        evaluator.evaluate(judge.snapshot(), explain::at_stage(past.transaction, judgement.stage));
  }
  const Console& console = context_.console;
  if (!console.is_json()) return console.page(shown_text(shown, context_.settings_file));
  console.json(boost::json::object{{"shown", shown_json(shown)}});
}

ReplayAnswer Trial::answer() {
  ReplayAnswer answer;
  answer.rules = candidate_.file();
  answer.settings_file = context_.settings_file;
  answer.asked_dns = options_.ask_dns;
  answer.differences = &differences_;
  if (!judges_.empty()) {
    answer.lost = differences_.good_mail_lost(
        candidate_.well_known(), std::chrono::floor<std::chrono::seconds>(context_.now));
  }
  return answer;
}

}  // namespace postern::ctl
