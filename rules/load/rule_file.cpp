#include "rules/load/rule_file.h"

#include "common/yaml/config_map.h"
#include "rules/load/client_databases.h"
#include "rules/load/list_loader.h"
#include "rules/load/never_match_warnings.h"
#include "rules/load/regex_warnings.h"
#include "rules/load/rule_loader.h"
#include "rules/load/rules_together.h"
#include "rules/load/well_known_loader.h"

namespace postern::load {
namespace {

constexpr std::size_t kOneMebibyte = std::size_t{1} << 20;
constexpr std::size_t kRegexMemory = 64 * kOneMebibyte;
constexpr std::size_t kLeastRegexMemory = kOneMebibyte;
constexpr std::size_t kMostRegexMemory = 1024 * kOneMebibyte;

void load_rule_sequence(const yaml::YamlNode& node, const std::string& file, Mode strongest,
                        const LoadTarget& target, SnapshotBuilder& builder,
                        Diagnostics& diagnostics) {
  if (node.kind != yaml::YamlNode::Kind::sequence) {
    diagnostics.error(node.where,
                      "rules: " + yaml::found_want("no sequence", "'- name: ...' entries"));
    return;
  }
  for (const yaml::YamlNode& rule : node.items) {
    load_rule(rule, file, strongest, target, builder, diagnostics);
  }
}

std::vector<DomainName> load_capture_domains(yaml::ConfigMap& top) {
  std::vector<DomainName> domains;
  for (const yaml::YamlNode* value : top.scalars("capture_domains")) {
    if (auto domain = DomainName::parse(value->text)) {
      domains.push_back(std::move(*domain));
    } else {
      top.diagnostics().error(value->where, "capture_domains: " + domain.error().text);
    }
  }
  return domains;
}

}  // namespace

std::shared_ptr<Snapshot> load_rules(std::string_view text, const std::string& file,
                                     const ReadListFile& read_list, std::uint64_t generation,
                                     const LoadTarget& target, Diagnostics& diagnostics,
                                     const Snapshot* previous) {
  const int errors_before = diagnostics.errors();
  const auto root = yaml::parse_yaml_past_duplicates(text, file, diagnostics);
  if (!root) return nullptr;
  yaml::ConfigMap top(*root, "rule file", diagnostics);
  if (top.require("version") != nullptr) top.integer("version", 1, 1);
  const Mode strongest = top.one_of("mode", kModes).value_or(Mode::enforce);
  const std::size_t regex_memory =
      top.bytes("regex_memory", kLeastRegexMemory, kMostRegexMemory).value_or(kRegexMemory);
  SnapshotBuilder builder(generation, target);
  const yaml::YamlNode* lists = top.find("lists");
  if (lists != nullptr) load_lists(*lists, file, read_list, previous, builder, diagnostics);
  load_client_databases(top, read_list, previous, builder);
  load_well_known(top, builder);
  builder.set_capture_domains(load_capture_domains(top));
  const yaml::YamlNode* rules = top.require("rules");
  if (rules != nullptr) {
    load_rule_sequence(*rules, file, strongest, target, builder, diagnostics);
  }
  top.finish();
  check_rules_together(builder, rules, lists, target, diagnostics);
  if (diagnostics.errors() != errors_before) return nullptr;
  warn_of_broad_and_well_known(builder, diagnostics);
  warn_never_matching(builder, lists, diagnostics);
  warn_of_dear_regexes(builder, lists, diagnostics);
  warn_of_regexes_dear_together(builder, top.where(), diagnostics);
  const std::size_t wanted = builder.share_regex_memory(regex_memory);
  if (wanted > regex_memory) warn_of_little_memory(wanted, regex_memory, top.where(), diagnostics);
  return builder.finish();
}

}  // namespace postern::load
