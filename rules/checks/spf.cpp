// spf: may the client send in the name of this domain? Page: spf.md.
#include <array>
#include <string>

#include "common/yaml/config_map.h"
#include "rules/checks/outside_client.h"
#include "rules/model/check.h"
#include "rules/spf/received_spf.h"

namespace postern::checks {
namespace {

constexpr std::size_t kMaxShownTerm = 120;  // of a stranger's record, in the log
constexpr std::int64_t kMaxVoidLimit = 10;  // there are no more terms

// In the order of kSpfFindings.
enum class SpfFinding : std::size_t {
  pass,
  pass_all,
  none,
  neutral,
  softfail,
  fail,
  permerror,
  temperror,
};

constexpr std::array<FindingInfo, 8> kSpfFindings = {{
    {"pass", FindingClass::good},
    {"pass_all", FindingClass::good},
    {"none", FindingClass::good},
    {"neutral", FindingClass::good},
    {"softfail", FindingClass::bad},
    {"fail", FindingClass::bad},
    {"permerror", FindingClass::bad},
    {"temperror", FindingClass::temporary},
}};

constexpr std::array<PresetAction, 4> kSpfStandard = {{
    {"softfail", "log"},
    {"fail", "reject 550 5.7.23 \"SPF: the domain of the sender does not send from {client}\""},
    {"permerror", "log"},
    {"temperror", "defer 451 4.7.24 \"SPF: temporary DNS failure, please try again\""},
}};

constexpr std::array<PresetAction, 4> kSpfStrict = {{
    {"softfail", "reject 550 5.7.23 \"SPF: the domain of the sender does not send from {client}\""},
    {"fail", "reject 550 5.7.23 \"SPF: the domain of the sender does not send from {client}\""},
    {"permerror", "reject 550 5.7.24 \"SPF: the record of the sender's domain is broken\""},
    {"temperror", "defer 451 4.7.24 \"SPF: temporary DNS failure, please try again\""},
}};

constexpr std::array<PresetAction, 4> kSpfNote = {{
    {"softfail", "log"},
    {"fail", "log"},
    {"permerror", "log"},
    {"temperror", "log"},
}};

constexpr std::array<CheckPreset, 3> kSpfPresets = {{
    {"standard", kSpfStandard},
    {"strict", kSpfStrict},
    {"note", kSpfNote},
}};

constexpr std::array<std::string_view, 3> kSpfOptions = {"identity", "void_limit", "explanation"};

constexpr Word<spf::Explanation> kExplanations[] = {{"no", spf::Explanation::leave_out},
                                                    {"log", spf::Explanation::ask}};

SpfFinding finding_of(const spf::Judgement& judgement) {
  switch (judgement.result) {
    case spf::SpfResult::none:
      return SpfFinding::none;
    case spf::SpfResult::neutral:
      return SpfFinding::neutral;
    case spf::SpfResult::pass:
      return judgement.is_for_everybody ? SpfFinding::pass_all : SpfFinding::pass;
    case spf::SpfResult::fail:
      return SpfFinding::fail;
    case spf::SpfResult::softfail:
      return SpfFinding::softfail;
    case spf::SpfResult::permerror:
      return SpfFinding::permerror;
    case spf::SpfResult::temperror:
      break;
  }
  return SpfFinding::temperror;
}

std::string shown_term(const std::string& term) {
  return term.size() <= kMaxShownTerm ? term : term.substr(0, kMaxShownTerm) + "...";
}

// `-all of example.com`, or `example.com: several SPF records`.
std::string detail_of(const spf::Judgement& judgement) {
  std::string problem = shown_term(judgement.problem);
  if (problem.find(judgement.domain) != std::string::npos) return problem;
  if (!problem.empty()) return judgement.domain + ": " + problem;
  if (judgement.mechanism.empty()) return judgement.domain;
  std::string detail = shown_term(judgement.mechanism) + " of " + judgement.domain;
  if (!judgement.explanation.empty()) {
    detail += ", which says: " + shown_term(judgement.explanation);
  }
  return detail;
}

struct SpfOptions {
  spf::Identity identity = spf::Identity::mail_from;
  int void_limit = spf::Subject{}.void_limit;
  spf::Explanation explanation = spf::Explanation::leave_out;
};

class Spf : public Check {
 public:
  explicit Spf(SpfOptions options) : options_(options) {}

  [[nodiscard]] AttributeSet attributes() const override {
    return kOutsideClient | attribute_set({Attribute::helo, Attribute::sender});
  }

  [[nodiscard]] CheckReport inspect(const Transaction& transaction,
                                    FactView& facts) const override {
    if (outside_client(transaction) == nullptr || !transaction.sender) {
      return CheckReport::not_applicable();
    }
    spf::Judgement judgement;
    if (auto subject = spf::subject_of(transaction, options_.identity)) {
      subject->void_limit = options_.void_limit;
      subject->explanation = options_.explanation;
      auto found = spf::judge(*subject, facts);
      if (!found) return CheckReport::waiting();
      judgement = *std::move(found);
    } else {
      judgement.problem = "no domain name";
    }
    CheckReport report =
        CheckReport::found(static_cast<std::size_t>(finding_of(judgement)), detail_of(judgement),
                           spf::received_spf(transaction, options_.identity, judgement));
    report.authenticated = spf::auth_result(transaction, options_.identity, judgement);
    return report;
  }

 private:
  SpfOptions options_;
};

std::unique_ptr<Check> make_spf(yaml::ConfigMap& map) {
  SpfOptions options;
  options.identity = map.one_of("identity", spf::kIdentities).value_or(options.identity);
  options.void_limit =
      static_cast<int>(map.integer("void_limit", 0, kMaxVoidLimit).value_or(options.void_limit));
  options.explanation = map.one_of("explanation", kExplanations).value_or(options.explanation);
  return std::make_unique<Spf>(options);
}

}  // namespace

const CheckInfo& spf_check() {
  static const CheckInfo info{"spf",       Stage::mail, kSpfFindings,
                              kSpfPresets, kSpfOptions, make_spf,
                              "{spf}",     {},          CheckInfo::Authenticates::yes};
  return info;
}

}  // namespace postern::checks
