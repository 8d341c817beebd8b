// `posternctl check`: everything that is wrong with settings, rules and lists, and what is odd
// about the lists. Asks no daemon and no DNS.
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/duration.h"
#include "common/os/account_access.h"
#include "common/os/text_file.h"
#include "common/yaml/config_map.h"
#include "common/yaml/yaml_node.h"
#include "ctl/check/audit_notes.h"
#include "ctl/cli/installation.h"
#include "ctl/cli/progress.h"
#include "ctl/replay/replay_journal.h"
#include "ctl/rollback/vouched_texts.h"
#include "server/config/first_rules.h"
#include "server/config/hidden_files.h"
#include "server/config/rule_source.h"
#include "server/control/control_json.h"

namespace postern::ctl {
namespace {

struct CheckOptions {
  // Rule files, or settings files, in the place of the installed ones.
  std::vector<std::string> files;
  // Tries the rules on the mail of the journal of that time.
  std::optional<std::chrono::milliseconds> replay;
};

// All that was found, each thing once: two doors find the same in one file.
class Findings {
 public:
  void add(const Diagnostics& found) {
    for (const Diagnostic& diagnostic : found.all()) {
      if (seen_.insert(diagnostic.to_string()).second) all_.add(diagnostic);
    }
  }

  void add_notes(std::vector<ListNote> notes) {
    for (ListNote& note : notes) notes_.push_back(std::move(note));
  }

  void count(const Snapshot& snapshot) {
    rules_ += snapshot.rules().size();
    lists_ += snapshot.lists().size();
    for (const auto& list : snapshot.lists()) entries_ += list->entries().size();
  }

  void print(const CommandContext& context) const {
    context.console.problems(all_.to_string());
    for (const ListNote& note : notes_) {
      context.console.line(note.where.to_string(), ": note: ", note.message);
    }
    const int warnings = static_cast<int>(all_.all().size()) - all_.errors();
    if (all_.has_errors()) {
      context.console.line("NOT GOOD: ", all_.errors(), " errors, ", warnings,
                           " warnings: ", all_.errors_by_file());
      return;
    }
    context.console.line("good: ", rules_, " rules, ", lists_, " lists, ", entries_, " entries; ",
                         warnings, " warnings, ", notes_.size(), " notes");
  }

  [[nodiscard]] boost::json::object json() const {
    boost::json::array notes;
    for (const ListNote& note : notes_) {
      notes.push_back({{"file", control::json_text(note.where.file)},
                       {"line", note.where.line},
                       {"message", control::json_text(note.message)}});
    }
    return {{"good", !all_.has_errors()},
            {"errors", all_.errors()},
            {"rules", rules_},
            {"lists", lists_},
            {"entries", entries_},
            {"diagnostics", control::json_diagnostics(all_)},
            {"notes", notes}};
  }

  [[nodiscard]] bool good() const { return !all_.has_errors(); }

 private:
  std::set<std::string> seen_;
  Diagnostics all_;
  std::vector<ListNote> notes_;
  std::size_t rules_ = 0;
  std::size_t lists_ = 0;
  std::size_t entries_ = 0;
};

// What the daemons would refuse of it, though it loads: cut off, or half written.
void check_shrunk(const config::RulesRead& read, const LoadTarget& target,
                  const std::string& state_folder, Findings& findings) {
  const auto kept = config::newest_kept_rules(state_folder, target, read.files);
  if (!kept || kept->rules.files.front().path != read.files.front().path) return;
  Diagnostics diagnostics;
  for (const Diagnostic& one : config::shrunk_since(*kept, *read.snapshot, read.files)) {
    diagnostics.add(one);
  }
  findings.add(diagnostics);
}

// On a machine without settings the rules are most likely for another one, whose files are not
// here.
Diagnostics unread(const os::FileIdentities& secrets, const std::string& file) {
  Diagnostics diagnostics;
  for (const auto& [secret, identity] : secrets) {
    diagnostics.warning({file}, "key_file: " + secret +
                                    " is not read: there are no settings here, so that these rules "
                                    "are taken for those of another machine");
  }
  return diagnostics;
}

// For each door of `target` that will read them; the lists are read once. What is counted and
// audited is what the widest door has, which it returns; null: it has errors. `settings` say whom
// the daemons run as; `state_folder` may be empty.
std::shared_ptr<const Snapshot> check_rules(const std::string& file, LoadTarget target,
                                            const config::Settings& settings,
                                            const std::string& state_folder,
                                            const CommandContext& context, Findings& findings) {
  const Progress progress(context, "reading " + file);
  config::HiddenFiles hidden;
  std::shared_ptr<Snapshot> widest;
  for (const Door door : {Door::milter, Door::policy}) {
    if (!target.installed.contains(door)) continue;
    target.door = door;
    auto read =
        config::RuleSource::files(file, settings.state_folder).load(target, 0, widest.get());
    hidden = config::HiddenFiles::of(settings, read.files);
    findings.add(hidden.shown(read.diagnostics));
    if (target.outside.read_secret == nullptr) findings.add(unread(read.secrets, file));
    if (read.snapshot) check_shrunk(read, target, state_folder, findings);
    if (!widest) widest = std::move(read.snapshot);
  }
  if (!widest) return nullptr;
  findings.count(*widest);
  auto notes = audit_notes(*widest, std::chrono::floor<std::chrono::seconds>(context.now));
  for (ListNote& note : notes) note.message = hidden.shown(note.where.file, note.message);
  findings.add_notes(std::move(notes));
  return widest;
}

// Such a rule loads, because settings come and go without it, and does nothing.
void check_store(const Snapshot* rules, const config::Settings& settings, Findings& findings) {
  if (rules == nullptr || !config::store_folder(settings).empty()) return;
  Diagnostics diagnostics;
  for (const Rule& rule : rules->rules()) {
    if (!rule.remembers()) continue;
    diagnostics.warning(
        rule.where,
        "rule '" + rule.name + "': " +
            yaml::found_want("check: " + std::string(rule.check()->info->name) + " without a store",
                             "state: and store: { backend: embedded } in the settings; as it is it "
                             "finds unknown for all mail"));
  }
  findings.add(diagnostics);
}

// What the account that the daemons take on cannot read. Root reads everything, and would not
// notice; who is not root cannot look behind every folder.
void check_readable(const std::vector<std::string>& files, const config::Settings& settings,
                    Findings& findings) {
  if (::geteuid() != 0) return;
  const auto account = os::account_with_groups(settings.user, settings.group);
  if (!account) return;
  Diagnostics diagnostics;
  for (const std::string& file : files) {
    const auto barred = os::what_bars_reading(file, *account);
    if (!barred) continue;
    diagnostics.warning({file}, "the daemons cannot read it as '" + settings.user +
                                    "' (user: of the settings): " + *barred);
  }
  findings.add(diagnostics);
}

// The rules of the installation itself are vouched for when all is well.
void check_installation(const std::string& file, const CommandContext& context,
                        Findings& findings) {
  Diagnostics diagnostics;
  const auto settings = read_settings_of_any_door(file, diagnostics);
  findings.add(diagnostics);
  if (!settings) return;
  const auto rules = check_rules(settings->rules_file, widest_target(*settings), *settings,
                                 settings->state_folder, context, findings);
  check_store(rules.get(), *settings, findings);
  const auto read = load_rules_on_disk(*settings);
  std::vector<std::string> files{file};
  for (const config::SourceFile& source : read.files) files.push_back(source.path);
  for (const os::FileIdentities* others : {&read.beside, &read.secrets}) {
    for (const auto& [other, identity] : *others) {
      if (identity.there) files.push_back(other);
    }
  }
  check_readable(files, *settings, findings);
  const bool in_use = config::absolute_path(file) == context.settings_file;
  if (in_use && findings.good()) vouch_for(settings->rules_file, read.files, context);
}

// Settings name a rule file where a rule file has its rules.
bool is_settings_file(const std::string& file) {
  const auto text = os::read_text_file(file, yaml::YamlLimits{}.max_bytes);
  if (!text) return false;
  Diagnostics ignored;
  const auto root = yaml::parse_yaml(*text, file, ignored);
  if (!root) return false;
  return std::any_of(
      root->members.begin(), root->members.end(), [](const yaml::YamlMember& member) {
        const bool names_rules =
            member.key.text == "rules" && member.value.kind == yaml::YamlNode::Kind::scalar;
        return names_rules || member.key.text == "policyd" || member.key.text == "milter";
      });
}

// For this installation; on a machine without one, where rules are written: for all doors.
void check_rules_here(const std::string& file, const CommandContext& context, Findings& findings) {
  Diagnostics ignored;
  const auto settings = read_settings_of_any_door(context.settings_file, ignored);
  const LoadTarget target = settings ? widest_target(*settings) : LoadTarget{};
  const auto rules =
      check_rules(file, target, settings.value_or(config::Settings{}), {}, context, findings);
  if (settings) check_store(rules.get(), *settings, findings);
}

// The rule file of what is checked.
std::string rules_of(const CheckOptions& options) {
  if (options.files.empty()) return {};
  const std::string& file = options.files.front();
  if (!is_settings_file(file)) return file;
  Diagnostics ignored;
  const auto settings = read_settings_of_any_door(file, ignored);
  return settings ? settings->rules_file : file;
}

// What the rules would have done with the mail of the journal. Nothing, and it is told why: that is
// not known.
std::optional<JournalReplayed> try_on_journal(const CheckOptions& options,
                                              const CommandContext& context) {
  const Progress progress(context, "replaying the journal");
  auto replayed = replay_last(rules_of(options), *options.replay, context);
  if (replayed) return *std::move(replayed);
  context.console.problems(std::string(Console::kProgram) + "--replay: " + replayed.error().text +
                           "\n");
  return std::nullopt;
}

CtlExit run_check(const CheckOptions& options, const CommandContext& context) {
  Findings findings;
  if (options.files.empty()) check_installation(context.settings_file, context, findings);
  for (const std::string& file : options.files) {
    if (is_settings_file(file)) {
      check_installation(file, context, findings);
    } else {
      check_rules_here(file, context, findings);
    }
  }
  const bool replays = options.replay && findings.good();
  const auto replayed = replays ? try_on_journal(options, context) : std::nullopt;
  if (replays && !replayed) return CtlExit::failed;
  if (context.console.is_json()) {
    boost::json::object answer = findings.json();
    if (replayed) answer.emplace("replay", replayed->json);
    context.console.json(answer);
  } else {
    if (replayed) context.console.page(replayed->text);
    findings.print(context);
  }
  const bool loses = replayed && replayed->good_mail_lost > 0;
  return findings.good() && !loses ? CtlExit::ok : CtlExit::no;
}

std::vector<OptionRow> check_options(CheckOptions& to) {
  return {{"[FILE]", "Rule or settings files, in the place of the installed ones", &to.files},
          {"--replay TIME", "Also try the rules on the mail of the journal, of the last 24h, say",
           parsed(to.replay, parse_duration)}};
}

}  // namespace

extern const Command kCheckCommand{
    "check", "Finds everything that is wrong with settings, rules and lists",
    "Examples:\n"
    "  posternctl check                 what is installed\n"
    "  posternctl check new-rules.yaml --replay 24h\n"
    "                                   a rule file before it is put in place\n"
    "Needs no daemon and no DNS, and writes nothing. Notes are what is odd but no fault: "
    "entries\n"
    "that are there twice, that others cover, that have expired. 1: there are errors, or good\n"
    "mail would have been lost.",
    prepare<check_options, run_check>};

}  // namespace postern::ctl
