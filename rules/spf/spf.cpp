#include "rules/spf/spf.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "rules/spf/spf_macro.h"
#include "rules/spf/spf_names.h"
#include "rules/spf/spf_record.h"

namespace postern::spf {
namespace {

using dns::DnsAnswer;
using dns::DnsName;
using dns::DnsReason;
using dns::DnsStatus;
using dns::DnsType;

constexpr int kMaxTerms = 10;              // that ask DNS (4.6.4)
constexpr std::size_t kMaxMailHosts = 10;  // of one mx (4.6.4)
// What is expanded: twice what fits a name, and more than anybody reads.
constexpr std::size_t kMaxDomainSpec = 512;
constexpr std::size_t kMaxExplanation = 2048;

// Of a mechanism for the client.
enum class Match { no, yes, waiting, temperror, permerror };

// Of a domain for the client.
struct Outcome {
  enum class State { decided, waiting } state = State::decided;
  SpfResult result = SpfResult::none;
  std::string_view mechanism{};
  std::string domain{};
  std::string_view explanation{};  // the domain-spec of `exp`
  bool is_for_everybody = false;
};

SpfResult result_of(Qualifier qualifier) {
  switch (qualifier) {
    case Qualifier::pass:
      return SpfResult::pass;
    case Qualifier::fail:
      return SpfResult::fail;
    case Qualifier::softfail:
      return SpfResult::softfail;
    case Qualifier::neutral:
      break;
  }
  return SpfResult::neutral;
}

bool speaks_against(SpfResult result) {
  return result == SpfResult::fail || result == SpfResult::softfail ||
         result == SpfResult::permerror;
}

class Evaluation {
 public:
  Evaluation(const Subject& subject, FactView& facts)
      : subject_(subject), facts_(facts), names_(subject, facts) {}

  std::optional<Judgement> run() {
    const Outcome outcome = check({subject_.domain});
    if (outcome.state == Outcome::State::waiting) return std::nullopt;
    Judgement judgement;
    judgement.domain = outcome.domain;
    if (!names_.fault().empty() && speaks_against(outcome.result)) {
      judgement.result = SpfResult::temperror;
      judgement.problem = names_.fault();
      return judgement;
    }
    judgement.result = outcome.result;
    judgement.mechanism = outcome.mechanism;
    const bool is_error =
        outcome.result == SpfResult::temperror || outcome.result == SpfResult::permerror;
    if (is_error) judgement.problem = problem_;
    judgement.is_for_everybody = outcome.is_for_everybody;
    if (outcome.result != SpfResult::fail || subject_.explanation == Explanation::leave_out) {
      return judgement;
    }
    auto explanation = explain(outcome);
    if (!explanation) return std::nullopt;
    judgement.explanation = *std::move(explanation);
    return judgement;
  }

 private:
  static Outcome waiting() { return {.state = Outcome::State::waiting}; }
  Outcome error(SpfResult result, const Place& place, std::string problem) {
    problem_ = std::move(problem);
    return {.result = result, .domain = place.name.text()};
  }

  // The SPF records of the domain, and what is known if it is not one.
  struct Found {
    const DnsAnswer* answer = nullptr;  // null: not known yet
    std::size_t records = 0;
    std::string_view record;  // the first
  };
  Found find_record(const Place& place) {
    Found found;
    found.answer = facts_.dns({place.name, DnsType::txt}, subject_.asker);
    if (found.answer == nullptr) return found;
    for (const dns::TxtView& txt : found.answer->records.texts()) {
      if (is_spf_record(txt.text) && ++found.records == 1) found.record = txt.text;
    }
    return found;
  }

  // check_host() (4)
  Outcome check(const Place& place) {
    const Found found = find_record(place);
    if (found.answer == nullptr) return waiting();
    if (found.answer->status == DnsStatus::temporary_failure) {
      return error(SpfResult::temperror, place, why("TXT", place.name, *found.answer));
    }
    if (found.records == 0) return {.domain = place.name.text()};
    if (found.records > 1) return error(SpfResult::permerror, place, "several SPF records");
    const auto record = parse_record(found.record);
    if (!record) return error(SpfResult::permerror, place, record.error().text);
    return walk(*record, place);
  }

  Outcome walk(const Record& record, const Place& place) {
    bool is_for_everybody = false;
    for (const Directive& directive : record.directives) {
      switch (match(directive, place, is_for_everybody)) {
        case Match::no:
          continue;
        case Match::yes:
          return {.result = result_of(directive.qualifier),
                  .mechanism = directive.text,
                  .domain = place.name.text(),
                  .explanation = record.explanation,
                  .is_for_everybody = is_for_everybody || names_.is_most_of_all(record, directive)};
        case Match::waiting:
          look_ahead(record, &directive + 1, place);
          return waiting();
        case Match::temperror:
          return {.result = SpfResult::temperror, .domain = place.name.text()};
        case Match::permerror:
          return {.result = SpfResult::permerror, .domain = place.name.text()};
      }
    }
    if (record.redirect.empty()) {
      return {.result = SpfResult::neutral, .domain = place.name.text()};
    }
    return redirect(record, place);
  }

  // As if the other domain had been asked about from the start, its explanation included (6.1).
  Outcome redirect(const Record& record, const Place& place) {
    if (!take_term()) return error(SpfResult::permerror, place, kTooManyTerms);
    if (record.redirect.size() > kMaxDomainSpec) {
      return error(SpfResult::temperror, place, kTooLong);
    }
    const Target target = names_.target_of(record.redirect, place);
    if (target.is_waiting) return waiting();
    if (!target.place) return error(SpfResult::permerror, place, "redirect to what is no name");
    Outcome outcome = check(*target.place);
    const bool is_none =
        outcome.state == Outcome::State::decided && outcome.result == SpfResult::none;
    if (is_none) return error(SpfResult::permerror, *target.place, "redirect to no SPF record");
    return outcome;
  }

  Match match(const Directive& directive, const Place& place, bool& is_for_everybody) {
    using enum Directive::Mechanism;
    if (directive.mechanism == all) return Match::yes;
    if (directive.mechanism == ip4 || directive.mechanism == ip6) {
      const bool same_family = subject_.client.is_v4() == (directive.mechanism == ip4);
      return same_family && names_.is_near(directive.network, directive) ? Match::yes : Match::no;
    }
    if (!take_term()) return broken(kTooManyTerms);
    if (directive.domain_spec.size() > kMaxDomainSpec) return beyond_bound(kTooLong);
    const Target target = names_.target_of(directive.domain_spec, place);
    if (target.is_waiting) return Match::waiting;
    if (directive.mechanism == include) return match_include(target, is_for_everybody);
    if (!target.place) return Match::no;  // nothing can be there
    switch (directive.mechanism) {
      case a:
        return match_a(*target.place, directive);
      case mx:
        return match_mx(*target.place, directive);
      case ptr:
        return match_ptr(*target.place);
      default:
        return match_exists(*target.place);
    }
  }

  // 5.2
  Match match_include(const Target& target, bool& is_for_everybody) {
    if (!target.place) return broken("include of what is no name");
    const Outcome outcome = check(*target.place);
    if (outcome.state == Outcome::State::waiting) return Match::waiting;
    switch (outcome.result) {
      case SpfResult::pass:
        is_for_everybody = outcome.is_for_everybody;
        return Match::yes;
      case SpfResult::fail:
      case SpfResult::softfail:
      case SpfResult::neutral:
        return Match::no;
      case SpfResult::temperror:
        return Match::temperror;
      case SpfResult::none:
        return broken("include of " + target.place->name.text() + ", which has no SPF record");
      case SpfResult::permerror:
        break;
    }
    return Match::permerror;
  }

  Match match_a(const Place& place, const Directive& directive) {
    const DnsAnswer* answer = facts_.dns({place.name, names_.address_type()}, subject_.asker);
    if (answer == nullptr) return Match::waiting;
    if (answer->reason == DnsReason::nxdomain) return note_void();
    return match_addresses(place.name, *answer, directive);
  }

  Match match_addresses(const DnsName& name, const DnsAnswer& answer, const Directive& directive) {
    if (answer.status == DnsStatus::temporary_failure) return failed("address", name, answer);
    if (names_.has_near(answer, directive)) return Match::yes;
    return answer.has_all_addresses() ? Match::no : beyond_bound(kTooManyAddresses);
  }

  // One host that has the client's address is enough, whatever can be known of the others.
  Match match_mx(const Place& place, const Directive& directive) {
    const DnsAnswer* answer = facts_.dns({place.name, DnsType::mx}, subject_.asker);
    if (answer == nullptr) return Match::waiting;
    if (answer->status == DnsStatus::temporary_failure) return failed("MX", place.name, *answer);
    if (answer->status == DnsStatus::absent) return note_void();
    const auto hosts = answer->records.mx();
    if (hosts.size() > kMaxMailHosts) return broken("mx with more than ten mail hosts");
    Match match = Match::no;
    for (const dns::MxView& host : hosts) {
      const auto name = DnsName::parse(host.exchange);
      if (!name) continue;  // the root of a null MX
      const DnsAnswer* address = facts_.dns({*name, names_.address_type()}, subject_.asker);
      if (address == nullptr) {
        match = Match::waiting;
        continue;
      }
      const Match of_host = match_addresses(*name, *address, directive);
      if (of_host == Match::yes) return Match::yes;
      if (match == Match::no) match = of_host;
    }
    return match;
  }

  Match match_exists(const Place& place) {
    const DnsAnswer* answer = facts_.dns({place.name, DnsType::a}, subject_.asker);
    if (answer == nullptr) return Match::waiting;
    if (answer->status == DnsStatus::temporary_failure) return failed("A", place.name, *answer);
    return answer->status == DnsStatus::found ? Match::yes : note_void();
  }

  // A fault of DNS is no match (5.5); see run() for what may come of that.
  Match match_ptr(const Place& place) {
    const ValidatedNames validated = names_.validated();
    const std::string_view domain = place.name.text();
    const bool matches = std::any_of(
        validated.names.begin(), validated.names.end(),
        [&](const std::string& name) { return name == domain || is_name_below(name, domain); });
    if (matches) return Match::yes;
    return validated.is_waiting ? Match::waiting : Match::no;
  }

  // Asks for the records that will be needed if nothing before them matches, from `next` on. What
  // is known of them is looked through for more. Only where the answer is that facts are missing.
  void look_ahead(const Record& record, const Directive* next, const Place& place) {
    for (const Directive* end = record.directives.data() + record.directives.size(); next != end;
         ++next) {
      if (next->mechanism == Directive::Mechanism::all) return;
      if (!next->asks()) continue;
      if (!take_term()) return;
      if (next->mechanism == Directive::Mechanism::include) look_into(next->domain_spec, place);
    }
    if (!record.redirect.empty() && take_term()) look_into(record.redirect, place);
  }

  void look_into(std::string_view domain_spec, const Place& place) {
    if (domain_spec.size() > kMaxDomainSpec || has_p_macro(domain_spec)) return;
    const Target target = names_.target_of(domain_spec, place);
    if (!target.place) return;
    const Found found = find_record(*target.place);
    if (found.records != 1) return;
    if (const auto record = parse_record(found.record)) {
      look_ahead(*record, record->directives.data(), *target.place);
    }
  }

  // Nothing: facts are missing. Empty: there is none, or something is wrong with it (6.2).
  std::optional<std::string> explain(const Outcome& outcome) {
    if (outcome.explanation.empty() || outcome.explanation.size() > kMaxDomainSpec) return "";
    const Place place{DnsName::parse(outcome.domain).value_or(DnsName())};
    const Target target = names_.target_of(outcome.explanation, place);
    if (target.is_waiting) return std::nullopt;
    if (!target.place) return "";
    const DnsAnswer* answer = facts_.dns({target.place->name, DnsType::txt}, subject_.asker);
    if (answer == nullptr) return std::nullopt;
    const auto texts = answer->records.texts();
    if (texts.size() != 1) return "";
    const std::string_view text = texts.begin()->text;
    if (text.size() > kMaxExplanation || !check_macros(text, MacroPlace::explanation)) return "";
    const Expansion expansion = names_.expand(text, place);
    if (expansion.is_waiting) return std::nullopt;
    return expansion.text;
  }

  bool take_term() { return ++terms_ <= kMaxTerms; }

  Match broken(std::string problem) {
    problem_ = std::move(problem);
    return Match::permerror;
  }
  // A bound of ours, not of the RFC's.
  Match beyond_bound(std::string problem) {
    problem_ = std::move(problem);
    return Match::temperror;
  }
  Match note_void() {
    return ++voids_ > subject_.void_limit ? broken("too many terms that find nothing") : Match::no;
  }
  Match failed(std::string_view what, const DnsName& name, const DnsAnswer& answer) {
    problem_ = why(what, name, answer);
    return Match::temperror;
  }
  static std::string why(std::string_view what, const DnsName& name, const DnsAnswer& answer) {
    return std::string(what)
        .append(" of ")
        .append(name.text())
        .append(": ")
        .append(dns::to_string(answer.reason));
  }

  static constexpr const char* kTooManyTerms = "more than ten terms that ask DNS";
  static constexpr const char* kTooManyAddresses = "a name of a hundred addresses or more";
  static constexpr const char* kTooLong = "a name of more than 512 octets";

  const Subject& subject_;
  FactView& facts_;
  SpfNames names_;
  int terms_ = 0;
  int voids_ = 0;
  std::string problem_;
};

}  // namespace

std::optional<Judgement> judge(const Subject& subject, FactView& facts) {
  return Evaluation(subject, facts).run();
}

}  // namespace postern::spf
