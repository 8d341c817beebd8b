#include "server/service/ask_facts.h"

#include <memory>
#include <utility>

#include "common/base/overloaded.h"

namespace postern::service {

void add_to(Decision& decision, FactAnswered answered, const MessageFacts* facts) {
  std::visit(Overloaded{[&](DnsAnswered& dns) {
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
               std::function<resolver::Enough(FactAnswered)> take, std::function<void()> over) {
  const auto requests = decision.requests();
  const auto records = decision.records();
  const auto round = std::make_shared<resolver::AskRound<FactAnswered>>(
      servers.executor, requests.size() + records.size(), std::move(take), std::move(over));
  for (const StateKey& key : records) {
    servers.store->ask(key, [round, key](const StateFact& fact) {
      round->answer(RecordAnswered{key, fact});
    });
  }
  for (const auto& [question, asker] : requests) {
    servers.resolver.ask(question, asker, [round, question = question](dns::DnsFact fact) {
      round->answer(DnsAnswered{question, std::move(fact)});
    });
  }
  round->end_at(deadline);
}

}  // namespace postern::service
