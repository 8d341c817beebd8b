#include "ctl/radar/dismissals.h"

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <optional>

#include "common/json/parse_json.h"
#include "common/os/atomic_file.h"
#include "common/os/folder_lock.h"
#include "common/os/text_file.h"
#include "ctl/cli/json_read.h"
#include "rules/radar/judgement.h"
#include "rules/radar/proposal.h"

namespace postern::ctl {
namespace {

constexpr std::size_t kMaxDismissalFile = std::size_t{16} << 20;

std::string line_of(const Dismissal& one) {
  return boost::json::serialize(boost::json::object{{"at", format_utc(one.at)},
                                                    {"kind", radar::to_string(one.kind)},
                                                    {"key", one.key},
                                                    {"reason", one.reason},
                                                    {"user", one.user}}) +
         "\n";
}

std::optional<Dismissal> dismissal_on(std::string_view line) {
  const auto parsed = json::parse_json(line, json::StringBytes::any);
  if (!parsed || !parsed->is_object()) return std::nullopt;
  const auto& object = parsed->get_object();
  const auto at = parse_expiry(text_of(object, "at"));
  const auto kind = radar::pool_kind_named(text_of(object, "kind"));
  if (!at || !kind) return std::nullopt;
  return Dismissal{*at, *kind, text_of(object, "key"), text_of(object, "reason"),
                   text_of(object, "user")};
}

}  // namespace

std::string dismissals_path(const std::string& state_folder) {
  return state_folder + "/radar-dismissed";
}

Result<std::vector<Dismissal>> read_dismissals(const std::string& path, UtcTime now) {
  std::vector<Dismissal> all;
  std::error_code failed;
  if (!std::filesystem::exists(path, failed) && !failed) return all;
  const auto text = os::read_text_file(path, kMaxDismissalFile);
  if (!text) return tl::unexpected(text.error());
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    auto one = dismissal_on(line);
    if (one && one->at + radar::kMemory > now) all.push_back(std::move(*one));
  }
  return all;
}

Result<void> add_dismissals(const std::string& path, const std::vector<Dismissal>& more,
                            UtcTime now) {
  const auto lock = os::FolderLock::take(std::filesystem::path(path).parent_path().string());
  if (!lock) return tl::unexpected(lock.error());
  const auto known = read_dismissals(path, now);
  if (!known) return tl::unexpected(known.error());
  std::string text;
  for (const Dismissal& one : *known) text += line_of(one);
  for (const Dismissal& one : more) text += line_of(one);
  return os::replace_file(path, text, os::NewReaders::owner);
}

}  // namespace postern::ctl
