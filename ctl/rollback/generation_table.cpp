#include "ctl/rollback/generation_table.h"
#include "ctl/cli/printing.h"

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <ostream>
#include <utility>

#include "common/base/escape.h"
#include "ctl/cli/installation.h"
#include "ctl/rollback/kept_generations.h"
#include "ctl/rollback/line_diff.h"

namespace postern::ctl {
namespace {

// `+1/-0 lines`
std::string difference(const config::StoredFile* old, const config::StoredFile& file) {
  constexpr const char* kLong = "changed, too long to be compared";
  constexpr std::size_t kMostCompared = std::size_t{64} << 20;
  if (file.bytes > kMostCompared || (old != nullptr && old->bytes > kMostCompared)) return kLong;
  const std::string before = kept_text(old);
  const std::string after = kept_text(&file);
  return are_comparable(before, after) ? diff_lines(before, after).to_string() : kLong;
}

// Whether the owner of the rules has had all of a generation. Each text is looked at once, however
// many generations have it.
class Vouching {
 public:
  explicit Vouching(const VouchedTexts& vouched) : vouched_(vouched) {}

  bool covers(const config::StoredGeneration& generation) {
    return std::all_of(generation.files.begin(), generation.files.end(),
                       [&](const config::StoredFile& file) { return covers(file); });
  }

 private:
  bool covers(const config::StoredFile& file) {
    const auto [known, is_new] = known_.try_emplace({file.path, file.fingerprint}, false);
    if (!is_new) return known->second;
    const auto copy = config::read_copy(file);
    known->second = copy && vouched_.has(file.path, copy->text);
    return known->second;
  }

  const VouchedTexts& vouched_;
  std::map<std::pair<std::string, std::string>, bool> known_;
};

struct ChangedFile {
  std::string path;
  std::string what;  // `+1/-0 lines`, `new`, `gone`
};

// What a generation has changed against the one before it.
std::vector<ChangedFile> changes(const config::StoredGeneration& before,
                                 const config::StoredGeneration& after) {
  std::vector<ChangedFile> found;
  for (const config::StoredFile& file : after.files) {
    const config::StoredFile* old = file_of(before, file.path);
    if (old != nullptr && old->fingerprint == file.fingerprint) continue;
    found.push_back({file.path, (old == nullptr ? "new, " : "") + difference(old, file)});
  }
  for (const config::StoredFile& file : before.files) {
    if (file_of(after, file.path) == nullptr) found.push_back({file.path, "no longer used"});
  }
  return found;
}

boost::json::value rollback_of(const config::StoredGeneration& generation) {
  if (!generation.rollback_of) return nullptr;
  return *generation.rollback_of;
}

}  // namespace

void list_generations(const config::GenerationList& found, std::uint64_t running,
                      const VouchedTexts& vouched, const CommandContext& context) {
  const auto now = std::chrono::floor<std::chrono::seconds>(context.now);
  const auto& kept = found.whole;
  Vouching vouching(vouched);
  boost::json::array json;
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const auto changed = i == 0 ? std::vector<ChangedFile>{} : changes(kept[i - 1], kept[i]);
    const std::string number = std::to_string(kept[i].number);
    const std::string since = format_utc(kept[i].since);
    boost::json::array files;
    rows.push_back({number, time_with_age(since, now), i == 0 ? "(the oldest that is kept)" : ""});
    if (i > 0 && changed.empty()) rows.back()[2] = "(the same)";
    for (std::size_t k = 0; k < changed.size(); ++k) {
      const std::string file =
          printable(explain::short_path(changed[k].path, context.settings_file));
      if (k > 0) rows.push_back({"", "", ""});
      rows.back()[2] = file + " " + changed[k].what;
      files.push_back({{"file", printable(changed[k].path)}, {"what", changed[k].what}});
    }
    if (kept[i].rollback_of) {
      rows.back()[2] += " (back to " + std::to_string(*kept[i].rollback_of) + ")";
    }
    const bool is_vouched = vouching.covers(kept[i]);
    if (!is_vouched) rows.back()[2] += " (nobody vouches for it)";
    if (kept[i].number == running) rows.back()[2] += " <- runs";
    json.push_back({{"generation", kept[i].number},
                    {"since", since},
                    {"runs", kept[i].number == running},
                    {"rollback_of", rollback_of(kept[i])},
                    {"vouched", is_vouched},
                    {"changed", files}});
  }
  boost::json::array broken;
  for (const config::BrokenGeneration& one : found.broken) {
    rows.push_back({std::to_string(one.number), "-", printable(one.why)});
    broken.push_back({{"generation", one.number}, {"why", printable(one.why)}});
  }
  if (context.console.is_json()) {
    context.console.json(boost::json::object{
        {"generations", json}, {"broken", broken}, {"not_looked_at", found.not_looked_at}});
    return;
  }
  context.console.page(as_columns(rows));
  if (found.not_looked_at > 0) {
    context.console.line(found.not_looked_at, " older ones are not looked at");
  }
}

}  // namespace postern::ctl
