// A check finds, the rule decides: a check looks at one aspect of a transaction and reports a
// finding; the rule file maps findings to actions.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/diagnostic.h"
#include "rules/model/dns_list_report.h"
#include "rules/model/facts.h"
#include "rules/model/outside.h"
#include "rules/model/reply_text.h"
#include "rules/model/stage.h"
#include "rules/model/transaction.h"

namespace postern::yaml {
class ConfigMap;  // common/yaml/config_map.h
}

namespace postern {

// What a finding means, which limits what a rule may do with it.
enum class FindingClass : std::uint8_t {
  good,       // nothing against the transaction
  bad,        // known to be wrong
  temporary,  // could not be found out: never a permanent refusal
};

struct FindingInfo {
  std::string_view name;
  FindingClass finding_class;
  // Of a bad one for which no mail may be refused all the same: why, for people. Else empty.
  std::string_view no_refusal{};
};

// One finding of one look at a transaction.
struct CheckReport {
  enum class State : std::uint8_t {
    not_applicable,  // the check has nothing to say (a null sender, say)
    waiting,         // facts are missing; call again
    found,
  } state = State::not_applicable;
  std::size_t finding = 0;  // index into CheckInfo::findings, if found
  std::string detail{};     // for the log: which name, which address; may be empty
  // What Check::named() makes its text of.
  std::string named{};
  // In the place of CheckInfo::quote in the texts of the rule; empty: a dash.
  std::string quoted{};
  // What the DNS lists said that it has asked, of which no answer is awaited.
  std::vector<DnsListReport> lists{};
  // What is to be done to records if the verdict allows it. Only from RCPT on: what came before
  // may be no mail yet.
  std::vector<Effect> effects{};

  static CheckReport not_applicable() { return {}; }
  static CheckReport waiting() { return {State::waiting}; }
  static CheckReport found(std::size_t finding, std::string detail = {}, std::string named = {}) {
    return {State::found, finding, std::move(detail), std::move(named)};
  }
};

// Immutable once made, shared by all threads.
class Check {
 public:
  Check() = default;
  Check(const Check&) = delete;
  Check& operator=(const Check&) = delete;
  virtual ~Check() = default;
  // Once, before it is shared: gets what it needs of the machine.
  virtual void look_outside(const Outside& /*outside*/, Diagnostics& /*diagnostics*/) {}
  // What it looks at beside facts: where nobody tells all of that, inspect() is not called.
  [[nodiscard]] virtual AttributeSet attributes() const = 0;
  // A pure function of its arguments, called again when missing facts are there. Asks for all it
  // needs in one go, but for more than a few of what a stranger can name any number of; in all for
  // no more than kMaxFactsOfCheck, and in at most 24 rounds one after the other.
  [[nodiscard]] virtual CheckReport inspect(const Transaction& transaction,
                                            FactView& facts) const = 0;
  // Adds to what inspect() found the text of somebody else about it, which is asked for only where
  // the rule says it (CheckInfo::quote). False: facts are missing; call both again.
  [[nodiscard]] virtual bool quote(const Transaction& /*transaction*/, FactView& /*facts*/,
                                   CheckReport& /*report*/) const {
    return true;
  }
  // Of what inspect() found, asked for only where a text of the rule is written: what stands there
  // in the place of CheckInfo::placeholder; empty: a dash.
  [[nodiscard]] virtual std::string named(const Transaction& /*transaction*/,
                                          const CheckReport& report) const {
    return report.named;
  }
  // The same of what it has authenticated, `spf=pass smtp.mailfrom=a.example` (RFC 8601 2.2).
  [[nodiscard]] virtual std::string authenticated(const Transaction& /*transaction*/,
                                                  const CheckReport& /*report*/) const {
    return {};
  }
  // The zones of the DNS lists that it asks, as they are told to people.
  [[nodiscard]] virtual std::vector<std::string_view> dns_lists() const { return {}; }
};

struct PresetAction {
  std::string_view finding;
  std::string_view action;  // as in a rule file
};

struct CheckPreset {
  std::string_view name;
  std::span<const PresetAction> actions;
};

// All there is to know of a check; one constant in the check's own file.
struct CheckInfo {
  std::string_view name;
  Stage first_stage;  // at which its attributes are known
  std::span<const FindingInfo> findings;
  std::span<const CheckPreset> presets;
  std::span<const std::string_view> options;  // keys of its own beside `check`, `on`, `preset`
  // Reads the check's own options; errors go to the map's diagnostics.
  std::unique_ptr<Check> (*make)(yaml::ConfigMap& options);
  std::string_view placeholder{};  // of kCheckPlaceholders, that its reports have a value for
  std::string_view quote{};        // the same, of a text that it asks somebody else for
  // Whether it says what it has authenticated.
  enum class Authenticates : std::uint8_t { no, yes } authenticates = Authenticates::no;
  // Whether it reads records of state: then it needs a store.
  enum class Remembers : std::uint8_t { nothing, records } remembers = Remembers::nothing;
};

}  // namespace postern
