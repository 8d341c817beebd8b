#include "rules/load/rule_loader.h"

#include <algorithm>

#include "common/yaml/config_map.h"
#include "rules/checks/check_list.h"
#include "rules/load/action_node.h"
#include "rules/load/condition_loader.h"
#include "rules/load/found_loader.h"
#include "rules/load/list_loader.h"
#include "rules/load/rule_possibility.h"

namespace postern::load {
namespace {

class RuleLoader {
 public:
  RuleLoader(const yaml::YamlNode& node, const std::string& file, SnapshotBuilder& builder,
             Diagnostics& diagnostics)
      : map_(node, "rule", diagnostics), file_(file), builder_(builder), diagnostics_(diagnostics) {
    rule_.where = node.where;
  }

  void load(Mode strongest, const LoadTarget& target) {
    const int errors_before = diagnostics_.errors();
    builder_.count_rule();
    load_name();
    rule_.mode = std::min(map_.one_of("mode", kModes).value_or(rule_.mode), strongest);
    load_stages();
    rule_.log_pass = map_.log_share("log_pass");
    if (const yaml::YamlNode* when = map_.find("when")) {
      rule_.when = load_condition(*when, file_, builder_, diagnostics_);
    }
    load_what_to_do(target);
    map_.finish();
    if (diagnostics_.errors() == errors_before) {
      note_what_it_is_about(rule_, builder_);
      check_possible(rule_, builder_, diagnostics_);
      check_found(rule_, builder_, diagnostics_);
      note_what_it_may_do(rule_, builder_);
    }
    const bool is_used = rule_.mode != Mode::off && can_be_judged(target);
    if (rule_.check() != nullptr) {
      const auto number = static_cast<std::uint32_t>(builder_.rules().size());
      builder_.note_checked(
          {rule_.name, rule_.check()->info, is_used ? std::optional(number) : std::nullopt,
           rule_.mode == Mode::off || rule_.is_idle ? DoorSet::all() : rule_.doors});
    }
    if (is_used) builder_.add_rule(std::move(rule_));
  }

 private:
  // Who only runs the policy door would take the rule for one that works; who runs both needs to
  // know that it works in one of them alone.
  bool can_be_judged(const LoadTarget& target) {
    if (rule_.doors.contains(target.door) || rule_.is_idle) return true;
    const bool is_for_milter = rule_.doors.contains(Door::milter);
    const std::string what =
        "rule '" + rule_.name + "' looks at " + what_limits_doors(rule_, builder_) + ", which " +
        (is_for_milter ? "Postfix's policy protocol does not tell" : "a milter is not told");
    if ((rule_.doors & target.installed).empty()) {
      diagnostics_.error(
          rule_.where,
          what + (is_for_milter ? "; want postern-milter, with 'milter:' in the settings"
                                : "; want postern-policyd, with 'policyd:' in the settings"));
    } else {
      diagnostics_.warning(
          rule_.where,
          what + ": postern-" + (is_for_milter ? "policyd" : "milter") + " does without it");
    }
    return false;
  }

  void load_name() {
    const yaml::YamlNode* node = map_.require("name");
    const auto name = node != nullptr ? map_.text("name") : std::nullopt;
    if (!name) return;
    rule_.name = *name;
    if (!is_plain_name(*name)) {
      diagnostics_.error(node->where,
                         "name: " + yaml::found_want("'" + *name + "'",
                                                     "letters, digits, '-' and '_', at most 64"));
    }
  }

  void load_stages() {
    const auto values = map_.scalars("stage");
    if (values.empty()) {
      const yaml::YamlNode* node = map_.find("stage");
      if (node != nullptr && node->kind == yaml::YamlNode::Kind::sequence && node->items.empty()) {
        diagnostics_.error(node->where,
                           "stage: " + yaml::found_want("an empty list", "at least one stage"));
      }
      return;
    }
    rule_.stages = {};
    for (const yaml::YamlNode* value : values) {
      if (const auto stage = parse_stage(value->text)) {
        rule_.stages.add(*stage);
      } else {
        diagnostics_.error(value->where,
                           "stage: " + yaml::found_want("'" + value->text + "'",
                                                        "connect, helo, mail, rcpt, data or eom"));
      }
    }
  }

  void load_what_to_do(const LoadTarget& target) {
    const yaml::YamlNode* then = map_.find("then");
    const yaml::YamlNode* check = map_.find("check");
    if ((then == nullptr) == (check == nullptr)) {
      diagnostics_.error(map_.where(),
                         "rule: " + yaml::found_want(then == nullptr ? "neither" : "both",
                                                     "either 'then:' or 'check:'"));
    }
    if (then != nullptr) rule_.what = load_actions_of(nullptr, *then);
    if (check != nullptr) load_check(*check, target);
  }

  // In their texts may stand placeholders of `check`, and none of other checks.
  std::vector<Action> load_actions_of(const CheckInfo* check, const yaml::YamlNode& node) {
    auto actions = load_actions(node, diagnostics_);
    for (const Action& action : actions) {
      const auto good = check_placeholders(action, check);
      if (!good) diagnostics_.error(node.where, good.error().text);
    }
    return actions;
  }

  void load_check(const yaml::YamlNode& node, const LoadTarget& target) {
    RuleCheck check;
    check.info = checks::find_check(node.text);
    if (check.info == nullptr) {
      std::string known;
      for (const CheckInfo* info : checks::all_checks()) {
        known += (known.empty() ? "" : ", ") + std::string(info->name);
      }
      diagnostics_.error(node.where, "check: " + yaml::found_want("'" + node.text + "'", known));
      for (std::string_view key : {"preset", "on"}) map_.allow(key);
      return;
    }
    check.check = check.info->make(map_);
    check.check->look_outside(target.outside, diagnostics_);
    check.on.resize(check.info->findings.size());
    const bool has_preset = load_preset(check);
    if (const yaml::YamlNode* on = map_.find("on")) {
      load_on(*on, check);
    } else if (!has_preset && rule_.then()->empty()) {
      diagnostics_.error(map_.where(), "rule: " + yaml::found_want("neither",
                                                                   "'preset:' or 'on:' with a "
                                                                   "check"));
    }
    for (const RuleActions& actions : check.on) {
      check.quotes.push_back(std::ranges::any_of(actions, [&](const Action& action) {
        return !check.info->quote.empty() &&
               action_text(action).find(check.info->quote) != std::string::npos;
      }));
    }
    rule_.what = std::move(check);
  }

  bool load_preset(RuleCheck& check) {
    std::vector<std::string_view> names;
    for (const CheckPreset& preset : check.info->presets) names.push_back(preset.name);
    const bool is_there = map_.find("preset") != nullptr;
    const auto chosen = map_.word("preset", names);
    if (!chosen) return is_there;
    for (const PresetAction& entry : check.info->presets[*chosen].actions) {
      const auto findings = check.info->findings;
      const auto named =
          std::find_if(findings.begin(), findings.end(),
                       [&](const FindingInfo& info) { return info.name == entry.finding; });
      check.on[static_cast<std::size_t>(named - findings.begin())] = {*parse_action(entry.action)};
    }
    return true;
  }

  void load_on(const yaml::YamlNode& node, RuleCheck& check) {
    yaml::ConfigMap on(node, "on", diagnostics_);
    for (std::size_t i = 0; i < check.on.size(); ++i) {
      const FindingInfo& finding = check.info->findings[i];
      const yaml::YamlNode* actions = on.find(finding.name);
      if (actions == nullptr) continue;
      check.on[i] = load_actions_of(check.info, *actions);
      for (const Action& action : check.on[i]) {
        refuse_harm(finding, action, actions->where);
      }
    }
    on.finish();
    refuse_fall_through(check, node.where);
  }

  // What good findings do without of what lies below.
  struct Spared {
    bool all = false;       // by `pass`, `hold` or `redirect`
    bool refusals = false;  // by `soften`
    std::vector<std::string> names;
  };

  static Spared spared_by(const RuleActions& actions) {
    Spared spared;
    for (const Action& action : actions) {
      const ActionKind kind = kind_of(action);
      spared.all = spared.all || (is_final(kind) && spares(kind));
      spared.refusals = spared.refusals || kind == ActionKind::soften;
      if (const auto* skip = std::get_if<Skip>(&action)) {
        spared.names.insert(spared.names.end(), skip->names.begin(), skip->names.end());
      }
    }
    return spared;
  }

  static bool spares_as_much(const RuleActions& actions, const Spared& good) {
    if (!actions.empty() && is_final(kind_of(actions.back()))) return true;
    const Spared spared = spared_by(actions);
    if (spared.refusals) return true;  // nothing is refused for good then
    return !good.all && !good.refusals &&
           std::ranges::all_of(good.names, [&](const std::string& name) {
             return std::ranges::count(spared.names, name) > 0;
           });
  }

  // What is good is let pass, so what lies below is meant for the rest; a DNS fault would make good
  // mail a part of that.
  void refuse_fall_through(const RuleCheck& check, const Position& where) {
    const auto findings = check.info->findings;
    Spared good;
    for (std::size_t i = 0; i < findings.size(); ++i) {
      if (findings[i].finding_class != FindingClass::good) continue;
      const Spared spared = spared_by(check.on[i]);
      good.all = good.all || spared.all;
      good.refusals = good.refusals || spared.refusals;
      good.names.insert(good.names.end(), spared.names.begin(), spared.names.end());
    }
    for (std::size_t i = 0; i < findings.size(); ++i) {
      if (findings[i].finding_class != FindingClass::temporary) continue;
      if (spares_as_much(check.on[i], good)) continue;
      diagnostics_.error(
          where, std::string(findings[i].name) + ": " +
                     yaml::found_want("nothing that decides",
                                      std::string("defer, hold, soften or pass") +
                                          (good.all || good.refusals ? "" : ", or the same skip") +
                                          ": good findings are spared here, and a DNS fault must "
                                          "not send good mail to the rules below"));
    }
  }

  // RFC 5321 5.1: a temporary error must never become a permanent one. A discard is one too, and
  // for the recipient a redirect.
  void refuse_harm(const FindingInfo& finding, const Action& action, const Position& where) {
    const ActionKind kind = kind_of(action);
    const bool loses =
        kind == ActionKind::reject || kind == ActionKind::discard || kind == ActionKind::redirect;
    std::string want;
    if (loses && finding.finding_class == FindingClass::temporary) {
      want =
          "defer, hold, log, soften or pass: what could not be found out is temporary and must not "
          "lose mail";
    } else if ((loses || kind == ActionKind::defer) && !finding.no_refusal.empty()) {
      want = "hold, log, prepend, skip or pass: " + std::string(finding.no_refusal);
    }
    if (want.empty()) return;
    diagnostics_.error(where,
                       std::string(finding.name) + ": " + yaml::found_want(to_string(kind), want));
  }

  yaml::ConfigMap map_;
  const std::string& file_;
  SnapshotBuilder& builder_;
  Diagnostics& diagnostics_;
  Rule rule_;
};

}  // namespace

void load_rule(const yaml::YamlNode& node, const std::string& file, Mode strongest,
               const LoadTarget& target, SnapshotBuilder& builder, Diagnostics& diagnostics) {
  RuleLoader(node, file, builder, diagnostics).load(strongest, target);
}

}  // namespace postern::load
