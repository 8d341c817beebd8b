#include "ctl/explain/evaluator.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <future>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "common/resolver/dns_cache.h"
#include "common/resolver/resolver.h"
#include "server/control/control_json.h"
#include "server/service/waiting_decision.h"

namespace postern::ctl {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

class NoFacts : public DnsSource {
 public:
  void settle(Decision& decision) override {
    decision.give_up(dns::DnsReason::unreachable);
    decision.step();
  }
};

std::optional<dns::DnsFact> ask_daemon_for(const DaemonPlace& daemon,
                                           const dns::DnsQuestion& question,
                                           std::chrono::milliseconds timeout) {
  http::HttpRequest request;
  request.target = "/v1/dns?name=" + percent_encoded(question.name.text()) +
                   "&type=" + std::string(dns::to_string(question.type));
  const auto answers = ask_daemons({daemon}, request, timeout);
  if (!answers.front().ok()) return std::nullopt;
  auto fact = control::dns_fact_from_json(boost::json::value(answers.front().body));
  if (!fact) return std::nullopt;
  return *std::move(fact);
}

class DaemonFacts : public DnsSource {
 public:
  DaemonFacts(DaemonPlace daemon, std::chrono::milliseconds deadline)
      : daemon_(std::move(daemon)), deadline_(deadline) {}

  void settle(Decision& decision) override {
    const auto until = Clock::now() + deadline_;
    do {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
      if (left.count() <= 0 || !ask_all_of(decision, left)) {
        decision.give_up(dns::DnsReason::deadline);
      }
    } while (decision.step() == Decision::Step::need_facts);
  }

 private:
  // All at once, as the daemon does for itself. Whether they were answered.
  bool ask_all_of(Decision& decision, std::chrono::milliseconds timeout) {
    const std::vector<dns::DnsQuestion> questions = decision.questions();
    std::vector<std::future<std::optional<dns::DnsFact>>> asked;
    asked.reserve(questions.size());
    bool all = true;
    for (const dns::DnsQuestion& question : questions) {
      // Not more at once than leaves room for others at the daemon's socket.
      if (asked.size() >= kAtOnce)
        all = take(decision, questions, asked, asked.size() - kAtOnce) && all;
      asked.push_back(std::async(std::launch::async, ask_daemon_for, daemon_, question, timeout));
    }
    const std::size_t waiting = std::min(asked.size(), kAtOnce);
    for (std::size_t i = asked.size() - waiting; i < asked.size(); ++i) {
      all = take(decision, questions, asked, i) && all;
    }
    return all;
  }

  using Asked = std::vector<std::future<std::optional<dns::DnsFact>>>;
  static bool take(Decision& decision, const std::vector<dns::DnsQuestion>& questions, Asked& asked,
                   std::size_t index) {
    auto fact = asked[index].get();
    if (fact) decision.add(questions[index], std::move(*fact));
    return fact.has_value();
  }

  static constexpr std::size_t kAtOnce = 8;

  DaemonPlace daemon_;
  std::chrono::milliseconds deadline_;
};

class ResolverFacts : public DnsSource {
 public:
  ResolverFacts(const resolver::DnsSettings& dns, std::chrono::milliseconds deadline)
      : deadline_(deadline),
        cache_(dns.cache),
        resolver_(std::make_unique<resolver::Resolver>(loop_.get_executor(), dns, cache_)),
        thread_([this] { loop_.run(); }) {}
  ResolverFacts(const ResolverFacts&) = delete;
  ResolverFacts& operator=(const ResolverFacts&) = delete;
  ~ResolverFacts() override {
    resolver_->stop();
    loop_.stop();
    thread_.join();
  }

  void settle(Decision& decision) override {
    service::wait_for_verdict(decision, *resolver_, loop_.get_executor(), Clock::now() + deadline_);
  }

 private:
  std::chrono::milliseconds deadline_;
  asio::io_context loop_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(loop_);
  resolver::DnsCache cache_;
  std::unique_ptr<resolver::Resolver> resolver_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<DnsSource> no_facts() {
  return std::make_unique<NoFacts>();
}

std::unique_ptr<DnsSource> facts_of_daemon(DaemonPlace daemon, std::chrono::milliseconds deadline) {
  return std::make_unique<DaemonFacts>(std::move(daemon), deadline);
}

std::unique_ptr<DnsSource> facts_of_resolver(const resolver::DnsSettings& dns,
                                             std::chrono::milliseconds deadline) {
  return std::make_unique<ResolverFacts>(dns, deadline);
}

std::optional<dns::DnsFact> Evaluator::Known::find(const dns::DnsQuestion& question) {
  const auto known = facts_.find(question);
  if (known == facts_.end()) return std::nullopt;
  return known->second;
}

std::optional<StateFact> Evaluator::Known::find_state(const StateKey& key) {
  const auto known = state_.find(key);
  if (known != state_.end()) return known->second;
  return state_.emplace(key, records_ ? records_->find(key) : StateFact{}).first->second;
}

void Evaluator::Known::keep(const std::vector<DnsEvidence>& evidence) {
  for (const DnsEvidence& one : evidence) facts_.emplace(one.question, one.fact);
}

explain::Explanation Evaluator::evaluate(const std::shared_ptr<const Snapshot>& snapshot,
                                         const Transaction& transaction,
                                         const MessageEffects& done) {
  MessageFacts facts(known_, done, transaction);
  Decision decision(snapshot, transaction, &facts, now_);
  if (decision.step() == Decision::Step::need_facts) source_.settle(decision);
  known_.keep(decision.evidence());
  return explain::explain(decision, snapshot, transaction, now_);
}

}  // namespace postern::ctl
