// `posternctl diff`: which lines differ between two generations, or between one
// and the files.
#include <boost/json.hpp>
#include <map>
#include <set>
#include <string>

#include "ctl/cli/installation.h"
#include "ctl/rollback/kept_generations.h"

namespace postern::ctl {
namespace {

// More than a person looks at.
constexpr std::size_t kMostShownLines = 10000;

struct DiffOptions {
  std::optional<std::uint64_t> from;  // none: the newest that is kept
  std::optional<std::uint64_t> to;    // none: the files on disk
};

using Texts = std::map<std::string, std::string>;  // by path

Texts by_path(std::vector<config::SourceFile> files) {
  Texts texts;
  for (config::SourceFile& file : files) texts.emplace(file.path, std::move(file.text));
  return texts;
}

Result<Texts> texts_of(const config::GenerationStore& store, std::uint64_t number) {
  const auto generation = store.find(number);
  if (!generation) return failure(generation.error().text);
  auto files = store.read(*generation);
  if (!files) return failure(files.error().text);
  return by_path(std::move(*files));
}

std::vector<FileChange> differences(const Texts& before, const Texts& after) {
  std::set<std::string> paths;
  for (const Texts* texts : {&before, &after}) {
    for (const auto& [path, text] : *texts) paths.insert(path);
  }
  const auto text_of = [](const Texts& texts, const std::string& path) {
    const auto found = texts.find(path);
    return found == texts.end() ? std::string() : found->second;
  };
  std::vector<FileChange> changes;
  for (const std::string& path : paths) {
    ChangedText text{path, text_of(before, path), text_of(after, path)};
    if (text.before != text.after) changes.push_back(change_between(text, kMostShownLines));
  }
  return changes;
}

CtlExit run_diff(const DiffOptions& options, const CommandContext& context) {
  const Console& console = context.console;
  const config::Settings settings = settings_in_use(context).settings;
  const auto store = kept_generations(settings, context.settings_file);
  if (!store) {
    console.error(store.error().text);
    return CtlExit::failed;
  }
  const auto kept = store->list();
  if (kept.empty()) {
    console.error("no generation is kept");
    return CtlExit::no;
  }
  const std::uint64_t from = options.from.value_or(kept.back().number);
  const auto before = texts_of(*store, from);
  const auto after = options.to ? texts_of(*store, *options.to)
                                : Result<Texts>(by_path(load_rules_on_disk(settings).files));
  for (const auto* side : {&before, &after}) {
    if (*side) continue;
    console.error(side->error().text);
    return CtlExit::no;
  }
  const auto changes = differences(*before, *after);
  const config::HiddenFiles hidden = hidden_in(changes, settings);
  if (console.is_json()) {
    console.json(boost::json::object{
        {"from", from},
        {"to", options.to ? boost::json::value(*options.to) : boost::json::value()},
        {"files", json_of(changes, hidden)}});
  } else if (changes.empty()) {
    console.line("generation ", from, " and ",
                 options.to ? "generation " + std::to_string(*options.to) : "the files on disk",
                 " are the same");
  } else {
    print_lines(changes, hidden, context);
  }
  return changes.empty() ? CtlExit::no : CtlExit::ok;
}

std::vector<OptionRow> diff_options(DiffOptions& to) {
  return {{"[FROM|GENERATION]", "A generation; default: the newest", &to.from},
          {"[TO|GENERATION]", "Another one; default: the files on disk", &to.to}};
}

}  // namespace

extern const Command kDiffCommand{
    "diff", "Says which lines differ between two generations",
    "Examples:\n"
    "  posternctl diff          the files on disk against what was read last\n"
    "  posternctl diff 12 13    what generation 13 has changed\n"
    "The numbers are those of rollback --list. Writes nothing. 1: no line "
    "differs.",
    prepare<diff_options, run_diff>};

}  // namespace postern::ctl
