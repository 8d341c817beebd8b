#include "common/base/duration.h"
#include "ctl/lists/commands.h"

namespace postern::ctl {
namespace {

// Those of block and allow, behind their own.
std::vector<OptionRow> with_entry_options(std::vector<OptionRow> rows, EntryOptions& to) {
  rows.insert(
      rows.end(),
      {{"--until DATE", "Until the end of that day, UTC, or until that second",
        parsed(to.until, parse_expiry)},
       {"--for TIME",
        "Until then only: 90m, 12h, 7d",
        parsed(to.lasts, time_from_now),
        {.excludes = {"--until"}}},
       {"--reason TEXT", "Written beside it, and into the log", &to.reason},
       {"--force", "Also what is very broad, a popular domain, your own network, or hits good mail",
        &to.force},
       {"--dry-run", "Say what would be written", &to.dry_run}});
  return rows;
}

std::vector<OptionRow> block_options(BlockOptions& to) {
  return with_entry_options(
      {{"VALUE",
        "A sender domain or pattern, an address or user@, a client's address or network, "
        "helo:NAME,\nsubject:TEXT; - reads more of them",
        &to.values},
       {"--list LIST", "Default: the one for such values", &to.list},
       {"--discard", "Accept such mail and deliver it to nobody",
        set(to.own_action, OwnAction::discard)},
       {"--hold",
        "Accept it, and keep it among the held mail",
        set(to.own_action, OwnAction::hold),
        {.excludes = {"--discard"}}},
       {"--defer",
        "Answer it with 451 for now; block without it refuses it then",
        set(to.own_action, OwnAction::defer),
        {.excludes = {"--discard", "--hold"}}},
       {"--reject",
        "Refuse it again, also where it was discarded",
        set(to.own_action, OwnAction::reject),
        {.excludes = {"--discard", "--hold", "--defer"}}},
       {"--mode",
        "log: let it in, and name it in the log; enforce: refuse it again",
        one_of(to.own_action, {{"log", OwnAction::log}, {"enforce", OwnAction::reject}}),
        {.excludes = {"--discard", "--hold", "--defer", "--reject"}}}},
      to);
}

std::vector<OptionRow> unblock_options(UnblockOptions& to) {
  return {{"ENTRY", "As given to block, or as it stands in the list", &to.values},
          {"--list LIST", "Default: the one for such values", &to.list},
          {"--reason TEXT", "Kept in the history", &to.reason},
          {"--dry-run", "Say what would be written", &to.dry_run}};
}

}  // namespace

Result<std::chrono::milliseconds> time_from_now(const std::string& text) {
  auto time = parse_duration(text);
  if (time && *time <= std::chrono::seconds{0}) return failure("want more than 0s");
  return time;
}

std::vector<OptionRow> allow_options(AllowOptions& to) {
  return with_entry_options(
      {{"[VALUE]", "A client, a domain or an address; - reads more of them", &to.values},
       {"--check CHECK|RULE", "Only skip this: a check, or a rule", &to.check},
       {"--list LIST", "Default: the one that does it", &to.list}},
      to);
}

extern const Command kBlockCommand{
    "block", "Puts an entry into a list by which mail is refused",
    "Examples:\n"
    "  posternctl block phish.example --reason 'ticket 4711' --for 7d\n"
    "  posternctl block .phish.example            and all names below\n"
    "  posternctl block 192.0.2.0/24 hr@phish.example helo:mta7 'subject:you have won'\n"
    "                                             each into the list for it; - reads more\n"
    "  posternctl block emalsrv.* --discard       accept, and deliver to nobody\n"
    "  posternctl block emalsrv.* --reject        refuse it again\n"
    "Writes one line to the file of the list, as you would, has the daemons take it, and says\n"
    "since which generation it is in force. 1: refused, nothing is written; 3: written, but a\n"
    "daemon was not reached.",
    prepare<block_options, run_block>};

extern const Command kUnblockCommand{"unblock", "Takes an entry out of a list again",
                                     "Examples:\n"
                                     "  posternctl unblock phish.example\n"
                                     "  posternctl unblock 192.0.2.7 --list trusted\n"
                                     "Removes the line from the file of the list and has the "
                                     "daemons take it. 1: it is not there,\n"
                                     "or another entry refuses the same; it is named.",
                                     prepare<unblock_options, run_unblock>};

}  // namespace postern::ctl
