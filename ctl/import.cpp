#include "ctl/import.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>

#include "common/os/new_file.h"
#include "common/os/text_file.h"
#include "common/os/way_trust.h"
#include "ctl/cli/bounded_text.h"
#include "ctl/cli/installation.h"
#include "ctl/cli/progress.h"
#include "ctl/import_report.h"
#include "rules/checks/check_list.h"
#include "rules/load/list_loader.h"
#include "rules/model/action.h"

namespace postern::ctl {
namespace {

// The largest block lists that people pass around have some 50 MB.
constexpr std::size_t kMaxMib = 128;

Result<std::string> read_table_file(const std::string& file) {
  const auto place = os::FilePlace::find(file);
  if (!place) return tl::unexpected(place.error());
  if (auto ours = os::refuse_to_show_as_root(*place); !ours) return tl::unexpected(ours.error());
  auto read = os::read_identified_file(*place, kMaxMib << 20U);
  if (!read) return tl::unexpected(read.error());
  return std::move(read->text);
}

Result<std::string> read_table(const std::string& file, std::istream& in) {
  if (file != "-") return read_table_file(file);
  return read_bounded(in, kMaxMib, "standard input");
}

// `/etc/postfix/sender_access` becomes `sender_access`.
std::string name_from(const std::string& file) {
  std::string name = std::filesystem::path(file).stem().string();
  std::replace_if(
      name.begin(), name.end(),
      [](char c) { return !load::is_plain_name(std::string_view(&c, 1)); }, '-');
  name.resize(std::min(name.size(), import::kMaxImportName));
  const bool taken = name == "inline" || checks::find_check(name) != nullptr;
  if (taken || name.find_first_not_of('-') == std::string::npos) return "imported";
  return name;
}

// The action has to load with nothing but the imported rules around it.
std::string fault_of_then(const std::string& then) {
  if (then.empty()) return {};
  const auto action = parse_action(then);
  if (!action) return action.error().text;
  if (const auto* skip = std::get_if<Skip>(&*action)) {
    for (const std::string& name : skip->names) {
      if (checks::find_check(name) == nullptr) return "skip: '" + name + "' is no check";
    }
  }
  return {};
}

// postconf(5): a set of characters, each of which begins a detail.
std::string fault_of_delimiter(const std::optional<std::string>& delimiter) {
  if (!delimiter) return {};
  const auto can_be_one = [](char c) {
    return std::ispunct(static_cast<unsigned char>(c)) != 0 && c != '@';
  };
  if (std::all_of(delimiter->begin(), delimiter->end(), can_be_one)) return {};
  return "'" + *delimiter + "' is none; want characters such as + or +-, or '' for none";
}

std::string fault_of_name(const std::string& name) {
  if (name.empty()) return {};
  const bool good = load::is_plain_name(name) && name.size() <= import::kMaxImportName &&
                    name != "inline" && checks::find_check(name) == nullptr;
  if (good) return {};
  return "'" + name + "' cannot be their name; want letters, digits, '-' and '_', at most " +
         std::to_string(import::kMaxImportName) + ", and no check";
}

auto blocklist_recipients(const std::string& option) -> import::BlocklistRecipients {
  if (option.empty()) return import::BlocklistRecipients::unknown;
  return option == "on" ? import::BlocklistRecipients::on : import::BlocklistRecipients::off;
}

class ImportRun {
 public:
  ImportRun(const ImportOptions& options, const CommandContext& context)
      : options_(options), context_(context) {}

  CtlExit run() {
    if (const std::string fault = fault_of_then(options_.then); !fault.empty()) {
      return stop(CtlExit::usage, "--then: " + fault);
    }
    if (const std::string fault = fault_of_name(options_.name); !fault.empty()) {
      return stop(CtlExit::usage, "--name: " + fault);
    }
    if (const std::string fault = fault_of_delimiter(options_.recipient_delimiter);
        !fault.empty()) {
      return stop(CtlExit::usage, "--recipient-delimiter: " + fault);
    }
    auto text = read_table(options_.file, context_.in);
    if (!text) return stop(CtlExit::failed, text.error().text);
    if (!choose_format(*text)) {
      return stop(CtlExit::usage, options_.file +
                                      " looks like no table that can be imported; if "
                                      "it is one, say which with --format");
    }
    if (const std::string fault = fault_of_options(); !fault.empty()) {
      return stop(CtlExit::usage, fault);
    }
    import(*text);
    return finish();
  }

 private:
  CtlExit stop(CtlExit code, const std::string& why) const {
    context_.console.error(why);
    return code;
  }

  bool choose_format(const std::string& text) {
    result_.file = options_.file == "-" ? "standard input" : options_.file;
    if (!options_.format.empty()) {
      result_.format = import::find_import_format(options_.format);
    } else if (const auto guess = import::guess_format(options_.file, text)) {
      result_.format = guess->format;
      result_.guessed_because = guess->because;
    }
    return result_.format != nullptr;
  }

  // What would be passed over in silence.
  [[nodiscard]] std::string fault_of_options() const {
    const std::string format(result_.format->name);
    if (!options_.about.empty() && !result_.format->takes_about) {
      return "--about: " + format + " says itself what its keys are compared with";
    }
    if (!options_.then.empty() && !result_.format->takes_then) {
      return "--then: every line of " + format + " has its own action";
    }
    if (!options_.blocklist_recipients.empty() && format != "sendmail-access") {
      return "--blocklist-recipients: a feature of sendmail, and this is " + format;
    }
    if (options_.recipient_delimiter && !format.starts_with("postfix-access")) {
      return "--recipient-delimiter: for Postfix's indexed tables, and this is " + format;
    }
    return {};
  }

  void import(const std::string& text) {
    const Progress progress(context_, "reading " + result_.file);
    import::ImportRequest request;
    request.text = text;
    request.file = result_.file;
    request.name = options_.name.empty() ? name_from(options_.file) : options_.name;
    request.about = options_.about;
    request.then = options_.then;
    request.blocklist_recipients = blocklist_recipients(options_.blocklist_recipients);
    request.recipient_delimiter = options_.recipient_delimiter;
    const auto rules = rules_here();
    if (rules) request.well_known = rules->well_known();
    result_.imported = import::import_table(*result_.format, request);
    result_.files = import::rule_files(result_.imported, result_.file);
    result_.into = options_.into;
  }

  // Of an installation that is none, or not in order, nothing is known.
  [[nodiscard]] std::shared_ptr<const Snapshot> rules_here() const {
    Diagnostics ignored;
    const auto settings = read_settings_of_any_door(context_.settings_file, ignored);
    if (!settings) return nullptr;
    return load_rules_on_disk(*settings).snapshot;
  }

  CtlExit finish() {
    const import::Imported& imported = result_.imported;
    if (const std::string fault = import::load_fault(result_.files); !fault.empty()) {
      stop(CtlExit::failed,
           "this is a bug in posternctl, what it made of " + result_.file + " does not load:");
      context_.console.problems(fault + "\n");
      return CtlExit::failed;
    }
    const bool refused = imported.count(import::LineStatus::refused) > 0;
    const bool nothing = refused && imported.count(import::LineStatus::imported) == 0;
    const bool for_people = !context_.console.is_json();
    if (for_people) context_.console.problems(imported.diagnostics.to_string());
    if (const std::string fault = write_into(nothing); !fault.empty()) {
      return stop(CtlExit::failed, fault);
    }
    if (for_people) context_.console.problems(where_all_messages_are(result_));
    if (nothing) {
      if (context_.console.is_json()) print_json();
      return stop(CtlExit::no, "nothing in " + result_.file + " could be imported");
    }
    context_.console.is_json() ? print_json() : print_text();
    return refused ? CtlExit::no : CtlExit::ok;
  }

  void print_json() const { context_.console.json(import_json(result_)); }

  // What goes into a file goes to standard output, what a person reads elsewhere.
  void print_text() const {
    if (!options_.into.empty()) {
      context_.console.page(import_summary(result_));
      return;
    }
    context_.console.page(result_.files.rules);
    for (const auto& [path, text] : result_.files.lists) {
      context_.console.page(std::string("\n# ---- ").append(path).append("\n").append(text));
    }
    context_.console.problems(import_summary(result_));
  }

  // The result, and the messages when they are too many to be shown. Empty: all went well.
  [[nodiscard]] std::string write_into(bool nothing) const {
    if (options_.into.empty()) return {};
    std::map<std::string, std::string> files;
    if (!nothing) {
      files = result_.files.lists;
      files["rules.yaml"] = result_.files.rules;
    }
    if (are_messages_cut(result_)) {
      files[std::string(kMessagesFile)] = all_messages(result_.imported.diagnostics);
    }
    return files.empty() ? "" : write_files(files);
  }

  // Never over what is there.
  [[nodiscard]] std::string write_files(const std::map<std::string, std::string>& files) const {
    std::vector<os::FilePlace> places;
    for (const auto& [path, text] : files) {
      const std::string file = (std::filesystem::path(options_.into) / path).string();
      auto place = os::make_folders_for(file);
      if (!place) return place.error().text;
      if (place->found()) return file + " is there already; want another folder for --into";
      places.push_back(std::move(*place));
    }
    auto place = places.begin();
    for (const auto& [path, text] : files) {
      if (auto made = os::make_file(*place++, text); !made) return made.error().text;
    }
    return {};
  }

  const ImportOptions& options_;
  const CommandContext& context_;
  ImportResult result_;
};

}  // namespace

std::vector<std::string> import_formats() {
  std::vector<std::string> names;
  for (const import::ImportFormat& format : import::all_import_formats())
    names.emplace_back(format.name);
  return names;
}

CtlExit run_import(const ImportOptions& options, const CommandContext& context) {
  return ImportRun(options, context).run();
}

namespace {

std::vector<OptionRow> import_options(ImportOptions& to) {
  return {{"FILE", "The table; - is standard input", &to.file},
          {"--format", "Default: guessed, and said", one_of(to.format, import_formats())},
          {"--into FOLDER", "Folder for rules.yaml and lists/", &to.into},
          {"--name NAME", "Of the lists and rules; default: the file's", &to.name},
          {"--about CONDITION", "What the keys are: client, helo, sender_domain, ...", &to.about},
          {"--recipient-delimiter CHARACTERS",
           "Of Postfix (postconf recipient_delimiter), for access tables of addresses; '' for none",
           &to.recipient_delimiter},
          {"--then ACTION", "The action, where the table has none", &to.then},
          {"--blocklist-recipients on|off", "sendmail-access: whether that FEATURE is on",
           one_of(to.blocklist_recipients, {"on", "off"})}};
}

}  // namespace

extern const Command kImportCommand{
    "import", "Makes lists and rules of the tables of other programs",
    "Examples:\n"
    "  posternctl import /etc/postfix/sender_access\n"
    "  posternctl import access --format sendmail-access --into /tmp/imported\n"
    "Writes to standard output, or into the folder of --into, and never into the configuration.\n"
    "1: a line cannot be expressed; it is named.",
    prepare<import_options, run_import>};

}  // namespace postern::ctl
