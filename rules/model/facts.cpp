#include "rules/model/facts.h"

#include <algorithm>

namespace postern {
namespace {

constexpr std::size_t kUsualFacts = 4;  // MX, A and AAAA of one mail host, and one to spare

}  // namespace

const dns::DnsAnswer* FactView::dns(dns::DnsQuestion question) {
  for (const DnsEvidence& known : evidence_) {
    if (known.question == question) return known.fact.answer.get();
  }
  if (std::find(missing_.begin(), missing_.end(), question) != missing_.end()) return nullptr;
  if (source_ != nullptr) {
    if (auto fact = source_->find(question)) {
      if (evidence_.empty()) evidence_.reserve(kUsualFacts);
      evidence_.push_back({std::move(question), std::move(*fact)});
      return evidence_.back().fact.answer.get();
    }
  }
  missing_.push_back(std::move(question));
  return nullptr;
}

void FactView::add(dns::DnsQuestion question, dns::DnsFact fact) {
  std::erase(missing_, question);
  for (const DnsEvidence& known : evidence_) {
    if (known.question == question) return;  // the first answer stays: a decision has one view
  }
  evidence_.push_back({std::move(question), std::move(fact)});
}

void FactView::give_up(dns::DnsReason reason, std::size_t keep) {
  if (missing_.size() <= keep) return;
  const auto answer = std::make_shared<const dns::DnsAnswer>(dns::temporary_failure(reason));
  const auto first = missing_.begin() + static_cast<std::ptrdiff_t>(keep);
  for (auto question = first; question != missing_.end(); ++question) {
    evidence_.push_back(
        {std::move(*question), {answer, std::chrono::seconds{0}, dns::DnsFact::Source::given_up}});
  }
  missing_.erase(first, missing_.end());
}

}  // namespace postern
