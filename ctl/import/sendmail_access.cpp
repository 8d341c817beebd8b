// sendmail's access map (cf/README; the rule sets check_relay, check_mail, check_rcpt, D, A, F, U
// of cf/m4/proto.m4). Each of Connect:, From: and To: is a table of its own; a key without tag
// belongs to those of them that have no such key with their tag. A host or domain matches what is
// below it.
//   Connect:  the client's name and those above it, then its address and the networks around it
//   From:     user@domain (also for user+detail), user@, then the domain and those above it
//   To:       the same
// Spam: entries (FEATURE(delay_checks)) say for which recipients Connect: and From: count at all.
#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "common/ascii_case.h"
#include "common/domain_name.h"
#include "ctl/import/formats.h"
#include "ctl/import/key_steps.h"
#include "ctl/import/octet_prefix.h"
#include "ctl/import/outcome_reader.h"
#include "ctl/import/re2_pattern.h"
#include "ctl/import/sendmail_result.h"

namespace postern {
namespace {

// More expressions than this for user+detail would cost more than they are worth.
constexpr std::size_t kMaxDetails = 500;

constexpr std::array<std::string_view, 4> kTags = {"connect", "from", "to", "spam"};

struct Key {
  std::string tag;  // one of kTags, or empty
  std::string text;
  std::string_view result;
};

// A tag is letters in front of the first colon; `IPv6:` is none.
Key key_of(std::string_view line) {
  const WordAndRest words = cut_word(line);
  Key key{{}, ascii_lower(words.word), words.rest};
  const std::size_t colon = key.text.find(':');
  const bool address = key.text.starts_with("ipv6:") || key.text.starts_with('[');
  if (colon == std::string::npos || address) return key;
  key.tag = key.text.substr(0, colon);
  key.text.erase(0, colon + 1);
  return key;
}

// One of the three tables.
class CheckTable {
 public:
  CheckTable(SendmailCheck check, LineLedger& ledger)
      : check_(check),
        outcomes_([check](std::string_view text) { return read_sendmail_result(text, check); },
                  ledger),
        ledger_(ledger),
        keys_(steps_for(check), ledger) {}

  // Whether the table can hold the key at all.
  [[nodiscard]] bool takes(const std::string& key) const {
    return check_ != SendmailCheck::connect || key.find('@') == std::string::npos;
  }

  void add(const TableLine& line, const Key& key) {
    if (key.text.find('@') != std::string::npos && ascii_lower(key.result) == "skip") {
      ledger_.refuse(line, key.result, "SKIP is for hosts, domains and networks");
      return;
    }
    const Outcome outcome = outcomes_.read(line, key.result);
    auto placed =
        check_ == SendmailCheck::connect ? place_client(key.text) : place_address(key.text);
    if (!placed && outcome.severity() == 0) {
      if (auto wider = place_wider(key.text)) {
        ledger_.warn(line, line.text, placed.error().text + "; imported, since it lets mail in");
        placed = std::move(*wider);
      }
    }
    if (!placed) {
      ledger_.refuse(line, line.text, placed.error().text + what_it_leaves(outcome));
      return;
    }
    const TableStep& step = keys_.steps()[placed->step];
    if (const std::string fault = value_fault(step.kind, placed->value); !fault.empty()) {
      ledger_.refuse(line, line.text, fault + what_it_leaves(outcome));
      return;
    }
    keys_.add(placed->step, placed->value, outcome, line);
    if (check_ == SendmailCheck::to && key.text.ends_with('@')) {
      ledger_.warn(line, line.text,
                   "sendmail compares a key 'user@' with recipients in its own domains (class w); "
                   "Postern does with all");
    }
  }

  // The names of the rules.
  std::vector<std::string> write(const std::string& name, Imported& imported) {
    if (check_ != SendmailCheck::connect) add_details();
    return add_table(name, keys_.steps(), imported);
  }

 private:
  struct Placed {
    std::size_t step = 0;
    std::string value;
  };
  enum ClientStep : std::size_t { host, bracketed, network };
  enum AddressStep : std::size_t { address, domain };

  static std::vector<TableStep> steps_for(SendmailCheck check) {
    if (check == SendmailCheck::connect) {
      return {{"names", "client_name", ListKind::domain, {}, {}},
              {"unnamed", "client", ListKind::network, {}, {{"client_name", "~."}}},
              {"networks", "client", ListKind::network, {}, {}}};
    }
    const std::string about = check == SendmailCheck::from ? "sender" : "recipient";
    return {{"addresses", about, ListKind::address, {}, {}},
            {"domains", about + "_domain", ListKind::domain, {}, {}}};
  }

  static Result<Placed> place_client(const std::string& key) {
    if (key.starts_with('[') && key.ends_with(']')) {
      // The name of a client that has none is its address in brackets.
      return network_of(std::string_view(key).substr(1, key.size() - 2)).map([](std::string value) {
        return Placed{bracketed, std::move(value)};
      });
    }
    if (key.starts_with("ipv6:") || looks_like_octets(key)) {
      return network_of(key).map([](std::string value) {
        return Placed{network, std::move(value)};
      });
    }
    return domain_of(key).map([](std::string value) { return Placed{host, std::move(value)}; });
  }

  // An IPv6 network in another spelling than sendmail's, taken for what is meant.
  [[nodiscard]] std::optional<Placed> place_wider(const std::string& key) const {
    constexpr std::string_view kTag = "ipv6:";
    if (check_ != SendmailCheck::connect || !key.starts_with(kTag)) return std::nullopt;
    auto meant = ipv6_groups(std::string_view(key).substr(kTag.size()), Ipv6Text::any);
    if (!meant) return std::nullopt;
    return Placed{network, std::move(*meant)};
  }

  static Result<Placed> place_address(const std::string& key) {
    if (key.find('@') == std::string::npos) {
      return domain_of(key).map([](std::string value) { return Placed{domain, std::move(value)}; });
    }
    if (key.starts_with('@')) return failure("sendmail looks up 'domain', never '@domain'");
    const std::size_t at = key.rfind('@');
    if (at + 1 == key.size() && key.find('+') != std::string::npos) {
      return failure("'user+detail@' is looked up in an order that Postern has not");
    }
    if (at > 2 && key.substr(at - 2, 2) == "+*") {
      return Placed{address, detail_pattern(key.substr(0, at - 2), key.substr(at + 1))};
    }
    const auto parsed = DomainName::parse(std::string_view(key).substr(at + 1));
    return Placed{address, parsed ? key.substr(0, at + 1) + parsed->text() : key};
  }

  static Result<std::string> network_of(std::string_view key) {
    constexpr std::string_view kTag = "ipv6:";
    if (key.starts_with(kTag)) return ipv6_groups(key.substr(kTag.size()), Ipv6Text::full);
    return ipv4_octets(key);
  }

  static Result<std::string> domain_of(const std::string& key) {
    const auto name = DomainName::parse(key);
    if (!name || key.ends_with('.')) return failure("'" + key + "' is no name");
    return "." + name->text();
  }

  // user+anything at the domain, or at any.
  static std::string detail_pattern(const std::string& user, const std::string& of_domain) {
    const std::string start = "~^" + literal_pattern(user).substr(1) + "\\+[^@]*";
    if (of_domain.empty()) return start + "(@|$)";
    return start + "@" + literal_pattern(of_domain).substr(1) + "$";
  }

  // `user@domain` is also found for user+detail@domain, after everything that is exact.
  void add_details() {
    std::vector<TableEntry>& entries = keys_.steps()[address].entries;
    if (entries.size() > kMaxDetails) {
      ledger_.note(
          "addresses are compared without regard to +detail by sendmail; there are too "
          "many here for that");
      return;
    }
    std::vector<TableEntry> users;
    const std::size_t exact = entries.size();
    for (std::size_t i = 0; i < exact; ++i) {
      const TableEntry entry = entries[i];
      if (entry.value.find('+') != std::string::npos) continue;
      const std::size_t at = entry.value.rfind('@');
      const std::string of_domain = entry.value.substr(at + 1);
      (of_domain.empty() ? users : entries)
          .push_back({detail_pattern(entry.value.substr(0, at), of_domain), entry.outcome});
    }
    entries.insert(entries.end(), users.begin(), users.end());
  }

  SendmailCheck check_;
  OutcomeReader outcomes_;
  LineLedger& ledger_;
  KeySteps keys_;
};

class AccessMap {
 public:
  explicit AccessMap(const ImportRequest& request) : request_(request), ledger_(request) {}

  Imported run() {
    lines_ = plain_lines(request_.text);
    for (const TableLine& line : lines_) read(line);
    find_out_about_recipients();
    for (const auto& [line, key] : tagged_) add_tagged(*line, key);
    for (const auto& [line, key] : untagged_) add_untagged(*line, key);
    Imported imported;
    write(imported);
    ledger_.finish(imported);
    return imported;
  }

 private:
  using Read = std::pair<const TableLine*, Key>;
  enum class Spam { friends, haters };

  void read(const TableLine& line) {
    if (line.text.empty() || line.text.front() == '#' || trimmed(line.text).empty()) return;
    if (line.text.front() == ' ' || line.text.front() == '\t') {
      ledger_.refuse(line, line.text, "a blank at the start of a line; makemap does not take that");
      return;
    }
    Key key = key_of(line.text);
    if (key.text.empty() || key.result.empty()) {
      ledger_.refuse(line, line.text, "want a key and what is to be done, with blanks between");
    } else if (key.tag.empty()) {
      untagged_.emplace_back(&line, std::move(key));
    } else if (std::find(kTags.begin(), kTags.end(), key.tag) == kTags.end()) {
      ledger_.refuse(line, line.text, why_not(key.tag));
    } else {
      tagged_.emplace_back(&line, std::move(key));
    }
  }

  static std::string why_not(const std::string& tag) {
    if (tag == "greetpause") return "GreetPause: is 'delay' in Postern; write a rule for it";
    if (tag == "clientrate" || tag == "clientconn") return "Postern counts no connections";
    return "'" + tag + ":' is no table of checks that Postern has";
  }

  // To: entries other than permissions only count with FEATURE(blocklist_recipients), and with it
  // keys without tag are about recipients too.
  void find_out_about_recipients() {
    checks_recipients_ = std::any_of(tagged_.begin(), tagged_.end(), [](const Read& read) {
      const std::string result = ascii_lower(read.second.result);
      return read.second.tag == "to" && result != "ok" && result != "relay" && result != "skip";
    });
    if (checks_recipients_ && !untagged_.empty()) {
      ledger_.note(
          "refusing To: entries mean FEATURE(blocklist_recipients): keys without tag are "
          "imported for recipients as well");
    }
  }

  void add_tagged(const TableLine& line, const Key& key) {
    if (key.tag == "spam") {
      add_spam(line, key);
    } else if (key.tag == "connect" && !connect_.takes(key.text)) {
      ledger_.refuse(line, line.text, "Connect: compares clients, and this is a mail address");
    } else {
      with_tag_.insert(key.tag + ":" + key.text);
      (key.tag == "connect" ? connect_ : key.tag == "from" ? from_ : to_).add(line, key);
    }
  }

  void add_untagged(const TableLine& line, const Key& key) {
    const bool octets =
        key.text.starts_with("ipv6:") || looks_like_octets(key.text) || key.text.starts_with('[');
    bool counts = false;
    const auto add = [&](CheckTable& table, const std::string& tag) {
      if (with_tag_.count(tag + ":" + key.text) > 0) return;
      counts = true;
      table.add(line, key);
    };
    if (connect_.takes(key.text)) add(connect_, "connect");
    if (!octets) add(from_, "from");
    if (!octets && checks_recipients_) add(to_, "to");
    if (!counts) {
      ledger_.leave_idle(line, line.text, "never decides: the same key is there with each tag");
    }
  }

  void add_spam(const TableLine& line, const Key& key) {
    const std::string result = ascii_lower(key.result);
    const bool is_friend = result == "friend" || result == "spamfriend";
    if (!is_friend && result != "hater" && result != "spamhater") {
      ledger_.refuse(line, line.text, "a Spam: entry is FRIEND or HATER");
      return;
    }
    const Spam kind = is_friend ? Spam::friends : Spam::haters;
    if (spam_ && *spam_ != kind) {
      ledger_.refuse(line, line.text,
                     "FEATURE(delay_checks) is for friends or for haters; this map began with the "
                     "other");
      return;
    }
    const bool address = key.text.find('@') != std::string::npos;
    const std::string value = address ? key.text : "." + key.text;
    const ListKind list = address ? ListKind::address : ListKind::domain;
    if (const std::string fault = value_fault(list, value); !fault.empty()) {
      ledger_.refuse(line, line.text, fault);
      return;
    }
    spam_ = kind;
    spam_keys_.add(address ? 0 : 1, value, shield(), line);
  }

  void write(Imported& imported) {
    Imported checks;
    std::vector<std::string> rules = connect_.write(request_.name + "-connect", checks);
    const std::vector<std::string> from = from_.write(request_.name + "-from", checks);
    rules.insert(rules.end(), from.begin(), from.end());
    if (spam_ && !rules.empty()) write_spam(rules, imported);
    to_.write(request_.name + "-to", checks);
    std::move(checks.lists.begin(), checks.lists.end(), std::back_inserter(imported.lists));
    std::move(checks.rules.begin(), checks.rules.end(), std::back_inserter(imported.rules));
  }

  // Connect: and From: do not count for a friend, and for haters alone.
  void write_spam(const std::vector<std::string>& rules, Imported& imported) {
    std::string skip = "skip";
    for (const std::string& rule : rules) skip += " " + rule;
    const bool friends = *spam_ == Spam::friends;
    std::vector<std::string> conditions;
    for (const TableStep& step : spam_keys_.steps()) {
      if (step.entries.empty()) continue;
      ImportedList list{request_.name + "-" + step.suffix, step.kind, {}};
      for (const TableEntry& entry : step.entries) list.entries.push_back({entry.value, {}});
      conditions.push_back(step.attribute + ": " + list.name);
      if (friends) imported.rules.push_back({list.name, {conditions.back()}, {skip}});
      imported.lists.push_back(std::move(list));
    }
    if (friends) return;
    std::vector<std::string> when{"not:"};
    for (const std::string& condition : conditions) when.push_back("  - { " + condition + " }");
    imported.rules.push_back({request_.name + "-no-haters", when, {skip}});
  }

  const ImportRequest& request_;
  LineLedger ledger_;
  std::vector<TableLine> lines_;
  std::vector<Read> tagged_;
  std::vector<Read> untagged_;
  std::set<std::string> with_tag_;
  bool checks_recipients_ = false;
  std::optional<Spam> spam_;
  CheckTable connect_{SendmailCheck::connect, ledger_};
  CheckTable from_{SendmailCheck::from, ledger_};
  CheckTable to_{SendmailCheck::to, ledger_};
  KeySteps spam_keys_{{{"spam-addresses", "recipient", ListKind::address, {}, {}},
                       {"spam-domains", "recipient_domain", ListKind::domain, {}, {}}},
                      ledger_};
};

}  // namespace

Imported import_sendmail_access(const ImportRequest& request) {
  return AccessMap(request).run();
}

}  // namespace postern
