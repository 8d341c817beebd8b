// spf: may the client send in the name of this domain? Page: spf.md.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "common/base/concat.h"
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

constexpr std::array<spf::SpfResult, kSpfFindings.size()> kResultOf = {
    spf::SpfResult::pass,      spf::SpfResult::pass,     spf::SpfResult::none,
    spf::SpfResult::neutral,   spf::SpfResult::softfail, spf::SpfResult::fail,
    spf::SpfResult::permerror, spf::SpfResult::temperror};

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
  if (judgement.result == spf::SpfResult::pass && judgement.is_for_everybody) {
    return SpfFinding::pass_all;
  }
  const auto* const found = std::find(kResultOf.begin(), kResultOf.end(), judgement.result);
  return static_cast<SpfFinding>(found - kResultOf.begin());
}

// Cut short with dots behind it.
struct ShownTerm {
  explicit ShownTerm(std::string_view term)
      : text(term.substr(0, kMaxShownTerm)), dots(term.size() > kMaxShownTerm ? "..." : "") {}
  std::string_view text;
  std::string_view dots;
};

// `-all of example.com`, or `example.com: several SPF records`.
std::string detail_of(const spf::Judgement& judgement) {
  const std::string& domain = judgement.domain;
  if (!judgement.problem.empty()) {
    const ShownTerm problem(judgement.problem);
    const bool is_named = problem.text.find(domain) != std::string_view::npos;
    return concat({is_named ? "" : domain, is_named ? "" : ": ", problem.text, problem.dots});
  }
  if (judgement.mechanism.empty()) return domain;
  const ShownTerm term(judgement.mechanism);
  const ShownTerm said(judgement.explanation);
  const std::string_view says = said.text.empty() ? "" : ", which says: ";
  return concat({term.text, term.dots, " of ", domain, says, said.text, said.dots});
}

// As much of it as header fields say. Without a match there is a problem, or no record.
spf::Judgement judgement_in(const CheckReport& report) {
  using enum spf::SpfResult;
  spf::Judgement judgement;
  judgement.result = kResultOf[report.finding];
  const bool has_match =
      judgement.result != none && judgement.result != permerror && judgement.result != temperror;
  (has_match ? judgement.mechanism : judgement.problem) = report.named;
  return judgement;
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
    std::string& why = judgement.problem.empty() ? judgement.mechanism : judgement.problem;
    std::string detail = detail_of(judgement);
    return CheckReport::found(static_cast<std::size_t>(finding_of(judgement)), std::move(detail),
                              std::move(why));
  }

  [[nodiscard]] std::string named(const Transaction& transaction,
                                  const CheckReport& report) const override {
    return spf::received_spf(transaction, options_.identity, judgement_in(report));
  }
  [[nodiscard]] std::string authenticated(const Transaction& transaction,
                                          const CheckReport& report) const override {
    return spf::auth_result(transaction, options_.identity, judgement_in(report));
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
