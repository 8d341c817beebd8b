// `posternctl who`: who has received a campaign, from the MTA's log and the log of decisions.
#include <algorithm>
#include <string>
#include <vector>

#include "common/base/duration.h"
#include "common/base/ip_network.h"
#include "ctl/cli/command.h"
#include "ctl/radar/journal_radar.h"
#include "ctl/who/who_logs.h"
#include "ctl/who/who_page.h"

namespace postern::ctl {
namespace {

struct WhoOptions {
  std::vector<std::string> files;  // none: standard input; `-` is it, too
  std::vector<std::string> domains;
  std::vector<std::string> senders;
  std::vector<std::string> clients;
  std::string proposal;
  std::string rule;
  std::string entry;
  std::string since;
  bool delivered = false;
  bool recipients = false;
};

// One of several that an option was said with.
Result<void> add_patterns(MailChoice& choice, const std::string& option,
                          const std::vector<std::string>& texts,
                          Result<void> (MailPatterns::*add)(const std::string&)) {
  if (texts.empty()) return {};
  MailPatterns patterns;
  const auto wrong = [&](const std::string& text, const Error& error) -> Result<void> {
    return failure(option + " " + text + ": " + error.text);
  };
  for (const std::string& text : texts) {
    const auto added = (patterns.*add)(text);
    if (!added) return wrong(text, added.error());
  }
  if (const auto built = patterns.build(); !built) {
    return failure(option + ": " + built.error().text);
  }
  choice.patterns.push_back(std::move(patterns));
  return {};
}

// An entry that the radar has proposed: by the words of each kind of list.
Result<void> add_entry(MailPatterns& patterns, const std::string& entry) {
  constexpr std::string_view kHelo = "helo:";
  if (entry.starts_with(kHelo)) return patterns.add_helo(entry.substr(kHelo.size()));
  if (entry.ends_with('@')) return patterns.add_sender(entry);
  const bool is_client = IpNetwork::parse(entry) || IpAddress::parse(entry);
  return is_client ? patterns.add_client(entry) : patterns.add_domain(entry);
}

// Mail that any of the entries of a campaign would stop.
Result<void> add_campaign(MailChoice& choice, const std::string& name,
                          const CommandContext& context) {
  if (name.empty()) return {};
  const auto kept = read_journal_radar(radar_places(context), context);
  if (!kept) return tl::unexpected(kept.error());
  const auto campaign = campaign_named(*kept->feed, name);
  if (!campaign) return tl::unexpected(campaign.error());
  MailPatterns patterns;
  for (const radar::Proposal& proposal : campaign->proposals) {
    for (const std::string& entry : proposal.entries) {
      if (auto added = add_entry(patterns, entry); !added) return added;
    }
  }
  if (auto built = patterns.build(); !built) return built;
  choice.patterns.push_back(std::move(patterns));
  return {};
}

Result<MailChoice> choice_of(const WhoOptions& options, const CommandContext& context) {
  MailChoice choice;
  choice.rule = options.rule;
  choice.entry = options.entry;
  if (!options.since.empty()) {
    const auto time = parse_duration(options.since);
    if (!time) return failure("--since " + options.since + ": " + time.error().text);
    choice.since = std::chrono::floor<std::chrono::seconds>(context.now - *time);
  }
  return add_patterns(choice, "--domain", options.domains, &MailPatterns::add_domain)
      .and_then([&] {
        return add_patterns(choice, "--sender", options.senders, &MailPatterns::add_sender);
      })
      .and_then([&] {
        return add_patterns(choice, "--client", options.clients, &MailPatterns::add_client);
      })
      .and_then([&] { return add_campaign(choice, options.proposal, context); })
      .map([&] { return std::move(choice); });
}

void print_receipts(const WhoOptions& options, const std::vector<Receipt>& receipts,
                    const Console& console) {
  if (console.is_json()) return console.json(who_json(receipts));
  console.page(options.recipients ? who_recipients(receipts) : who_rows(receipts));
  // Addresses go to another program.
  if (options.recipients) return console.note(who_sum(receipts));
  console.line(who_sum(receipts));
}

CtlExit run_who(const WhoOptions& options, const CommandContext& context) {
  const auto choice = choice_of(options, context);
  if (!choice) {
    context.console.error(choice.error().text);
    return CtlExit::usage;
  }
  WhoLogs logs(*choice, context);
  bool all = true;
  for (const std::string& name :
       options.files.empty() ? std::vector<std::string>{"-"} : options.files) {
    all = logs.read(name) && all;
  }
  std::vector<Receipt> receipts = logs.take();
  if (options.delivered) {
    std::erase_if(receipts, [](const Receipt& one) { return !is_delivered(one.part.fate); });
  }
  print_receipts(options, receipts, context.console);
  if (!all) return CtlExit::failed;
  return receipts.empty() ? CtlExit::no : CtlExit::ok;
}

std::vector<OptionRow> who_options(WhoOptions& to) {
  return {
      {"[FILE]", "Logs of the MTA and of Postern, the oldest first; none: standard input",
       &to.files},
      {"--domain DOMAIN", "Of the envelope sender, as lists have it: .a.example, complains.*",
       &to.domains},
      {"--sender ADDRESS", "Envelope sender, as lists have it: a@b.example, support@", &to.senders},
      {"--client NETWORK", "Address or network of the client", &to.clients},
      {"--proposal CAMPAIGN", "Of a campaign that the radar has found in the journal: C7",
       &to.proposal},
      {"--rule RULE", "What this rule has decided about, or would have", &to.rule},
      {"--entry ENTRY", "What this entry of a list has decided about", &to.entry},
      {"--since TIME", "Mail from so long ago: 1h, 7d", &to.since},
      {"--delivered", "Only what was delivered", &to.delivered},
      {"--recipients", "Only the addresses, each once, one a line", &to.recipients}};
}

}  // namespace

extern const Command kWhoCommand{
    "who", "Says who has received a campaign, from the logs of the MTA and of Postern",
    "Examples:\n"
    "  posternctl who --domain .adp-mail.example --since 2d /var/log/mail.log\n"
    "  posternctl who --client 192.0.2.0/24 --delivered --recipients mail.log.1 mail.log\n"
    "A row for each message and recipient: delivered, deferred, bounced or refused, and what\n"
    "was decided, by Postern's log among the files or by the journal. The last line is the\n"
    "sum. An option said twice: either; several options: all of them. Needs no daemon.\n"
    "1: no such mail is in it.",
    prepare<who_options, run_who>};

}  // namespace postern::ctl
