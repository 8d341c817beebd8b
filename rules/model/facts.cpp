#include "rules/model/facts.h"

#include <algorithm>

#include "common/base/ascii_case.h"

namespace postern {
namespace {

constexpr std::size_t kUsualFacts = 12;   // of a mail host, an SPF record with includes, a name
constexpr std::size_t kUsualRecords = 4;  // of a limit and of greylisting, which is known or is not

// Whoever was asked with a key may repeat it, and evidence is shown to people.
void leave_out_hidden(const dns::DnsName& name, dns::DnsFact& fact) {
  const std::string_view hidden = name.hidden();
  if (!fact.answer) return;
  dns::DnsRecords shown;
  bool is_repeated = false;
  for (const dns::TxtView& record : fact.answer->records.texts()) {
    if (ascii_lower(record.text).find(hidden) == std::string::npos) {
      shown.add_text(record.text);
    } else {
      is_repeated = true;
    }
  }
  if (!is_repeated) return;
  dns::DnsAnswer answer = *fact.answer;
  answer.records = std::move(shown);
  fact.answer = std::make_shared<const dns::DnsAnswer>(std::move(answer));
}

}  // namespace

// A question that the check keeps is copied only when it is new.
template <class Question>
const dns::DnsAnswer* FactView::look_up(Question&& question, Asker asker) {
  for (const DnsEvidence& known : evidence_) {
    if (known.question == question) return known.fact.answer.get();
  }
  if (!missing_.empty()) {
    if (const auto place = place_of(question)) {
      askers_[*place] = std::min(askers_[*place], asker);
      return nullptr;
    }
  }
  if (source_ != nullptr) {
    if (auto fact = source_->find(question)) {
      if (evidence_.empty()) evidence_.reserve(kUsualFacts);
      DnsEvidence& found = evidence_.emplace_back();
      found.question = std::forward<Question>(question);
      found.fact = std::move(*fact);
      if (found.question.name.has_hidden()) leave_out_hidden(found.question.name, found.fact);
      return found.fact.answer.get();
    }
  }
  missing_.push_back(std::forward<Question>(question));
  askers_.push_back(asker);
  return nullptr;
}

template const dns::DnsAnswer* FactView::look_up(const dns::DnsQuestion&, Asker);
template const dns::DnsAnswer* FactView::look_up(dns::DnsQuestion&&, Asker);

const StateEvidence* FactView::state(StateKey key) {
  for (const StateEvidence& known : state_) {
    if (known.key == key) return &known;
  }
  auto fact = source_ == nullptr ? std::optional(StateFact{}) : source_->find_state(key);
  if (fact) {
    if (state_.empty()) state_.reserve(kUsualRecords);
    return &state_.emplace_back(StateEvidence{std::move(key), *fact});
  }
  const bool is_asked =
      std::find(missing_state_.begin(), missing_state_.end(), key) != missing_state_.end();
  if (!is_asked) missing_state_.push_back(std::move(key));
  return nullptr;
}

void FactView::add(dns::DnsQuestion question, dns::DnsFact fact) {
  if (const auto place = place_of(question)) {
    const auto offset = static_cast<std::ptrdiff_t>(*place);
    missing_.erase(missing_.begin() + offset);
    askers_.erase(askers_.begin() + offset);
  }
  for (const DnsEvidence& known : evidence_) {
    if (known.question == question) return;  // the first answer stays: a decision has one view
  }
  if (question.name.has_hidden()) leave_out_hidden(question.name, fact);
  evidence_.push_back({std::move(question), std::move(fact)});
}

void FactView::add_state(StateKey key, StateFact fact) {
  std::erase(missing_state_, key);
  const bool is_stale = std::erase(stale_state_, key) > 0;
  for (StateEvidence& known : state_) {
    if (known.key != key) continue;
    if (is_stale) known.fact = fact;  // else as above
    return;
  }
  state_.push_back({std::move(key), fact});
}

void FactView::give_up(dns::DnsReason reason, std::size_t keep) {
  give_up_where(reason, [keep](std::size_t place) { return place >= keep; });
}

bool FactView::give_up_of(Asker asker, dns::DnsReason reason) {
  const std::size_t before = missing_.size();
  give_up_where(reason, [&](std::size_t place) { return askers_[place] == asker; });
  return missing_.size() < before;
}

std::optional<std::size_t> FactView::place_of(const dns::DnsQuestion& question) const {
  const auto found = std::find(missing_.begin(), missing_.end(), question);
  if (found == missing_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - missing_.begin());
}

template <class IsGivenUp>
void FactView::give_up_where(dns::DnsReason reason, IsGivenUp is_given_up) {
  std::shared_ptr<const dns::DnsAnswer> answer;
  std::size_t kept = 0;
  for (std::size_t place = 0; place < missing_.size(); ++place) {
    if (!is_given_up(place)) {
      if (kept != place) missing_[kept] = std::move(missing_[place]);
      askers_[kept++] = askers_[place];
      continue;
    }
    if (!answer) answer = std::make_shared<const dns::DnsAnswer>(dns::temporary_failure(reason));
    evidence_.push_back({std::move(missing_[place]),
                         {answer, std::chrono::seconds{0}, dns::DnsFact::Source::given_up}});
  }
  missing_.resize(kept);
  askers_.resize(kept);
}

void FactView::give_up_state() {
  for (StateKey& key : missing_state_) state_.push_back({std::move(key), {}});
  missing_state_.clear();
  stale_state_.clear();
}

bool FactView::refresh_state() {
  if (source_ == nullptr) return false;
  stale_state_.clear();
  bool any = false;
  for (StateEvidence& known : state_) {
    const auto now = source_->find_state(known.key);
    if (now == known.fact) continue;
    any = true;
    if (now) {
      known.fact = *now;
    } else {
      stale_state_.push_back(known.key);
    }
  }
  return any;
}

}  // namespace postern
