// Whatever a domain publishes, an SPF evaluation ends, with the same result whether its facts are
// at hand or got round by round, and asks for no more than a check may; and so does the walk over
// what it publishes. The input is texts in lines, the first the record of the sender's domain; what
// DNS says of any other name follows from the name.
#include "rules/spf/spf.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "rules/spf/published_networks.h"
#include "rules/spf/spf_macro.h"
#include "rules/spf/spf_record.h"
#include "tests/fuzz/require.h"

namespace postern::spf_fuzz {
namespace {

constexpr int kMostRounds = 24;

class Strangers : public FactSource {
 public:
  explicit Strangers(std::string_view input) {
    while (!input.empty()) {
      const std::size_t end = std::min(input.find('\n'), input.size());
      texts_.emplace_back(input.substr(0, end));
      input.remove_prefix(std::min(end + 1, input.size()));
    }
  }

  std::optional<dns::DnsFact> find(const dns::DnsQuestion& question) override {
    return dns::DnsFact{std::make_shared<const dns::DnsAnswer>(answer(question))};
  }

 private:
  [[nodiscard]] dns::DnsAnswer answer(const dns::DnsQuestion& question) const {
    const bool is_first = question.name.text() == "a.example";
    const std::size_t hash = is_first ? 0 : std::hash<std::string>{}(question.name.text());
    dns::DnsAnswer answer;
    answer.status = dns::kDnsStatuses[is_first ? 0 : hash / 7 % 8 % 3].value;
    answer.reason = answer.status == dns::DnsStatus::found    ? dns::DnsReason::answer
                    : answer.status == dns::DnsStatus::absent ? dns::DnsReason::nxdomain
                                                              : dns::DnsReason::servfail;
    if (answer.status != dns::DnsStatus::found) return answer;
    using enum dns::DnsType;
    const std::string name = "n" + std::to_string(hash % 5) + ".example";
    if (question.type == a)
      answer.records.add_address(
          IpAddress::from_v4(static_cast<std::uint32_t>(0xc0000200 + hash % 3)));
    if (question.type == mx) {
      for (std::size_t i = 0; i < hash % 12; ++i)
        answer.records.add_mx(10, std::to_string(i) + name);
      answer.records.add_mx(10, name);
    }
    if (question.type == ptr) answer.records.add_name(name);
    if (question.type == txt && !texts_.empty()) {
      answer.records.add_text(texts_[hash % texts_.size()]);
    }
    return answer;
  }

  std::vector<std::string> texts_;
};

spf::Subject subject() {
  spf::Subject subject;
  subject.client = IpAddress::from_v4(0xc0000201);
  subject.local_part = "strong-bad+x";
  subject.domain = DomainName::parse("a.example").value();
  subject.helo = "[192.0.2.1]";
  subject.explanation = spf::Explanation::ask;
  return subject;
}

spf::Judgement judge_in_rounds(Strangers& source) {
  FactView facts(nullptr);
  for (int round = 0;; ++round) {
    if (auto judgement = spf::judge(subject(), facts)) {
      require(facts.evidence().size() <= kMaxFactsOfCheck);
      return *std::move(judgement);
    }
    require(round < kMostRounds && !facts.missing().empty());
    const std::vector<dns::DnsQuestion> questions = facts.missing();
    for (const dns::DnsQuestion& question : questions) {
      facts.add(question, source.find(question).value());
    }
  }
}

void check_evaluation(std::string_view input) {
  Strangers source(input);
  FactView facts(&source);
  const auto at_once = spf::judge(subject(), facts);
  require(at_once.has_value());
  const spf::Judgement in_rounds = judge_in_rounds(source);
  require(in_rounds.result == at_once->result && in_rounds.mechanism == at_once->mechanism);
  require(in_rounds.explanation == at_once->explanation);
  const bool is_error =
      at_once->result == spf::SpfResult::temperror || at_once->result == spf::SpfResult::permerror;
  require(is_error != at_once->problem.empty());
}

// The networks that the domain publishes, likewise: none of them wide, none inside another.
void check_published(std::string_view input) {
  Strangers source(input);
  FactView at_hand(&source);
  const auto at_once = spf::published_networks(subject().domain, at_hand);
  require(at_once.has_value());
  FactView facts(nullptr);
  std::optional<spf::PublishedNetworks> in_rounds;
  for (int round = 0; !in_rounds; ++round) {
    in_rounds = spf::published_networks(subject().domain, facts);
    if (in_rounds) break;
    require(round < kMostRounds && !facts.missing().empty());
    const std::vector<dns::DnsQuestion> questions = facts.missing();
    for (const dns::DnsQuestion& question : questions) {
      facts.add(question, source.find(question).value());
    }
  }
  require(facts.evidence().size() <= spf::kMaxWalkQuestions);
  require(in_rounds->status == at_once->status && in_rounds->networks == at_once->networks);
  require(at_once->networks.size() <= spf::kMaxPublishedNetworks);
  require(at_once->left_out.size() <= spf::PublishedNetworks::kMaxLeftOut);
  for (std::size_t i = 0; i < at_once->networks.size(); ++i) {
    require(!at_once->networks[i].is_broad());
    require(i == 0 || at_once->networks[i - 1].last() < at_once->networks[i].first());
  }
}

// What the record is made of is all of its text, and a name that comes of a macro fits DNS or is
// none.
void check_record(std::string_view text) {
  if (!spf::is_spf_record(text)) return;
  const auto record = spf::parse_record(text);
  if (!record) return;
  const spf::MacroValues values{"l.-+", "o.example", "a.example", IpAddress(), "p.example", "h h"};
  for (const spf::Directive& directive : record->directives) {
    require(text.find(directive.text) != std::string_view::npos);
    if (directive.domain_spec.empty()) continue;
    require(spf::check_domain_spec(directive.domain_spec).has_value());
    const std::string name = spf::expand_macros(directive.domain_spec, values);
    const auto fits = spf::last_labels_that_fit(name);
    require(name.find(fits) != std::string::npos);
  }
}

}  // namespace
}  // namespace postern::spf_fuzz

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  postern::spf_fuzz::check_evaluation(input);
  postern::spf_fuzz::check_published(input);
  postern::spf_fuzz::check_record(input.substr(0, input.find('\n')));
  return 0;
}
