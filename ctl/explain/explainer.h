// Explains transactions one after the other, by the same settings, rules and answers of a daemon:
// what `posternctl explain` and `posternctl why` stand on. Blocks on files and sockets.
#pragma once

#include <map>
#include <optional>

#include "common/base/result.h"
#include "ctl/cli/installation.h"
#include "ctl/explain/explain_rules.h"
#include "ctl/explain/explanation_page.h"

namespace postern::ctl {

// `options` and `context` outlive it.
class Explainer {
 public:
  Explainer(const ExplainOptions& options, const CommandContext& context)
      : options_(options), context_(context), settings_(settings_in_use(context).settings) {}

  [[nodiscard]] const config::Settings& settings() const { return settings_; }

  // Error: the rules cannot be had, or have faults.
  Result<ExplanationPage> explain(TransactionInput input);

 private:
  Result<ChosenRules> rules_for(const std::vector<Door>& doors);

  const ExplainOptions& options_;
  const CommandContext& context_;
  const config::Settings settings_;
  // By the door that is explained:
  std::map<Door, std::optional<DaemonAnswer>> running_;
  std::map<Door, ChosenRules> rules_;
};

// Says why there is no explanation, and returns `exit`.
CtlExit print_failure(const CommandContext& context, CtlExit exit, const std::string& error);

}  // namespace postern::ctl
