#include "ctl/cli/answer_limit.h"

#include <array>

#include "common/yaml/yaml_node.h"
#include "rules/load/plain_list.h"
#include "server/service/traces.h"

namespace postern::ctl {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

// A rule or list that the rule file has in 25 bytes, `- {name: a, then: reject}`, is told in less
// than 200.
constexpr std::size_t kPerRuleFile = 8 * yaml::YamlLimits{}.max_bytes;
// So many entries at most are told of (docs/control.md), each a line with its count and times.
constexpr std::size_t kEntries = 10000 * (load::kMaxListLine + 256);
constexpr std::size_t kTraceLines =
    kEscapedByte * service::Traces::kKeptBytes + 128 * service::Traces::kKeptLines;
// Of a hundred diagnostics, of eight traces, of the answers for one name.
constexpr std::size_t kOthers = 4 * kMiB;

struct PathLimit {
  std::string_view path;
  std::size_t bytes;
};
constexpr std::array kLimits{
    PathLimit{"/v1/status", kPerRuleFile + kOthers}, PathLimit{"/v1/rules", kPerRuleFile},
    PathLimit{"/v1/entries", kEntries}, PathLimit{"/v1/trace/lines", kTraceLines}};

}  // namespace

std::size_t answer_limit(std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  for (const PathLimit& limit : kLimits) {
    if (limit.path == path) return limit.bytes;
  }
  return kOthers;
}

}  // namespace postern::ctl
