#include "server/service/ask_facts.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <utility>

#include "common/base/overloaded.h"

namespace postern::service {
namespace {

namespace asio = boost::asio;
using resolver::Enough;

// One round in which records are asked for. Once made, touched on its executor only.
class RecordRound : public std::enable_shared_from_this<RecordRound> {
 public:
  RecordRound(const asio::any_io_executor& executor, std::size_t parts,
              std::function<Enough(FactAnswered)> take, std::function<void()> over)
      : timer_(executor), missing_(parts), take_(std::move(take)), over_(std::move(over)) {}

  void end_at(std::chrono::steady_clock::time_point deadline) {
    if (!over_) return;
    timer_.expires_at(deadline);
    timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (!error) self->end();
    });
  }

  Enough take(FactAnswered answered) {
    if (!over_) return Enough::yes;
    const Enough enough = take_(std::move(answered));
    if (enough == Enough::yes) end();
    return enough;
  }

  // A record, or all of DNS.
  void part_is_there() {
    if (--missing_ == 0) end();
  }

 private:
  void end() {
    if (!over_) return;
    timer_.cancel();
    std::exchange(over_, nullptr)();
  }

  asio::steady_timer timer_;
  std::size_t missing_;
  std::function<Enough(FactAnswered)> take_;
  std::function<void()> over_;
};

}  // namespace

void add_to(Decision& decision, FactAnswered answered, const MessageFacts* facts) {
  std::visit(Overloaded{[&](resolver::DnsAnswered& dns) {
                          decision.add(std::move(dns.question), std::move(dns.fact));
                        },
                        [&](RecordAnswered& record) {
                          if (facts != nullptr) {
                            record.fact = facts->with_done(record.key, record.fact);
                          }
                          decision.add(std::move(record.key), record.fact);
                        }},
             answered);
}

void ask_facts(const FactServers& servers, const Decision& decision,
               std::chrono::steady_clock::time_point deadline,
               std::function<Enough(FactAnswered)> take, std::function<void()> over) {
  const asio::any_io_executor& executor = servers.executor;
  const auto records = decision.records();
  if (records.empty()) {
    return resolver::ask_all(servers.resolver, executor, decision.requests(), deadline,
                             std::move(take), std::move(over));
  }
  auto requests = decision.requests();
  const auto round = std::make_shared<RecordRound>(
      executor, records.size() + (requests.empty() ? 0 : 1), std::move(take), std::move(over));
  for (const StateKey& key : records) {
    servers.store->ask(key, [executor, round, key](const StateFact& fact) {
      asio::post(executor, [round, key, fact] {
        round->take(RecordAnswered{key, fact});
        round->part_is_there();
      });
    });
  }
  if (!requests.empty()) {
    resolver::ask_all(
        servers.resolver, executor, std::move(requests), deadline,
        [round](resolver::DnsAnswered answered) { return round->take(std::move(answered)); },
        [round] { round->part_is_there(); });
  }
  asio::post(executor, [round, deadline] { round->end_at(deadline); });
}

}  // namespace postern::service
