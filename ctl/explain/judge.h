// Judges transactions for an explanation, with one view of DNS for all of them: what was found for
// one stage, door or recipient is not asked for again.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>

#include "ctl/explain/fact_finder.h"
#include "rules/explain/explanation.h"

namespace postern::ctl {

class Judge {
 public:
  // `finder` outlives the judge.
  Judge(FactFinder& finder, std::chrono::system_clock::time_point now)
      : finder_(finder), now_(now) {}

  explain::Explanation judge(const std::shared_ptr<const Snapshot>& snapshot,
                             const Transaction& transaction);
  [[nodiscard]] std::chrono::system_clock::time_point now() const { return now_; }

 private:
  class Known : public FactSource {
   public:
    std::optional<dns::DnsFact> find(const dns::DnsQuestion& question) override;
    void keep(const std::vector<DnsEvidence>& evidence);

   private:
    std::map<dns::DnsQuestion, dns::DnsFact> facts_;
  };

  FactFinder& finder_;
  std::chrono::system_clock::time_point now_;
  Known known_;
};

}  // namespace postern::ctl
