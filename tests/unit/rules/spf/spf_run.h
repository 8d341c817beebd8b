// An SPF evaluation on a zone, its facts at hand or got round by round.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>

#include "rules/spf/spf_subject.h"
#include "tests/support/zone_map.h"

namespace postern::spf {

class ZoneFacts : public FactSource {
 public:
  explicit ZoneFacts(const ZoneMap& zone) : zone_(zone) {}
  std::optional<dns::DnsFact> find(const dns::DnsQuestion& question) override {
    return dns::DnsFact{std::make_shared<const dns::DnsAnswer>(zone_.answer(question))};
  }

 private:
  const ZoneMap& zone_;
};

struct SpfRun {
  Judgement judgement;
  int rounds = 0;
  std::size_t facts = 0;
};

// As a decision does it: all that is missing is asked for, and it is called again.
inline SpfRun judge_in_rounds(const ZoneMap& zone, const Subject& subject) {
  ZoneFacts source(zone);
  FactView facts(nullptr);
  SpfRun run;
  while (true) {
    if (auto judgement = judge(subject, facts)) {
      run.judgement = *std::move(judgement);
      run.facts = facts.evidence().size();
      return run;
    }
    if (facts.missing().empty()) throw std::runtime_error("it waits for nothing");
    if (++run.rounds > 100) throw std::runtime_error("it never ends");
    const std::vector<dns::DnsQuestion> questions = facts.missing();
    for (const dns::DnsQuestion& question : questions) {
      facts.add(question, source.find(question).value());
    }
  }
}

inline Judgement judge_at_once(const ZoneMap& zone, const Subject& subject) {
  ZoneFacts source(zone);
  FactView facts(&source);
  return judge(subject, facts).value();
}

}  // namespace postern::spf
