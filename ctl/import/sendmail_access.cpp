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
#include <iterator>
#include <set>

#include "common/base/ascii_case.h"
#include "common/base/whole_number.h"
#include "ctl/import/formats.h"
#include "ctl/import/sendmail_check_table.h"
#include "ctl/import/sendmail_spam.h"

namespace postern::import {
namespace {

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

// `5000` ms of GreetPause: are `5s`.
std::string pause_of(std::string_view milliseconds) {
  const auto value = parse_whole<unsigned>(milliseconds);
  if (!value) return {};
  return *value % 1000 == 0 ? std::to_string(*value / 1000) + "s" : std::to_string(*value) + "ms";
}

// Why Postern has nothing for a tag. Without a key behind the colon the entry is the default.
std::string why_no_check(const Key& key) {
  const std::string whom = key.text.empty() ? "every client" : key.text;
  if (key.tag == "greetpause") {
    const std::string pause = pause_of(key.result);
    return "GreetPause: is 'delay' in Postern; write a rule for it (here: for " + whom +
           (pause.empty() ? "" : ", " + pause) + ")";
  }
  if (key.tag == "clientrate" || key.tag == "clientconn") {
    return "Postern counts no connections (here: of " + whom + ")";
  }
  return "'" + key.tag + ":' is no table of checks that Postern has";
}

class AccessMap {
 public:
  explicit AccessMap(const ImportRequest& request) : request_(request), log_(request) {}

  Imported run() {
    lines_ = plain_lines(request_.text);
    for (const TableLine& line : lines_) read(line);
    find_out_about_recipients();
    for (const auto& [line, key] : tagged_) add_tagged(*line, key);
    for (const auto& [line, key] : untagged_) add_untagged(*line, key);
    Imported imported;
    write(imported);
    note_skip();
    log_.finish(imported);
    return imported;
  }

 private:
  using Read = std::pair<const TableLine*, Key>;

  void read(const TableLine& line) {
    if (line.text.empty() || line.text.front() == '#' || trimmed(line.text).empty()) return;
    if (line.text.front() == ' ' || line.text.front() == '\t') {
      log_.refuse(line, line.text, "a blank at the start of a line; makemap does not take that");
      return;
    }
    Key key = key_of(line.text);
    const bool is_check = std::find(kTags.begin(), kTags.end(), key.tag) != kTags.end();
    if (key.result.empty() || (key.text.empty() && key.tag.empty())) {
      log_.refuse(line, line.text, "want a key and what is to be done, with blanks between");
    } else if (key.tag.empty()) {
      untagged_.emplace_back(&line, std::move(key));
    } else if (!is_check) {
      log_.refuse(line, line.text, why_no_check(key));
    } else if (key.text.empty()) {
      log_.leave_idle(line, line.text,
                      "sendmail looks up '" + key.tag + ":' with a key behind it, never alone");
    } else {
      tagged_.emplace_back(&line, std::move(key));
    }
  }

  // To: entries other than permissions only count with FEATURE(blocklist_recipients), and with it
  // keys without tag are about recipients too.
  void find_out_about_recipients() {
    if (request_.blocklist_recipients != BlocklistRecipients::unknown) {
      blocklist_ = request_.blocklist_recipients;
      return;
    }
    const bool refuses = std::any_of(tagged_.begin(), tagged_.end(), [](const Read& read) {
      return read.second.tag == "to" && !is_permission(read.second.result);
    });
    if (!refuses) return;
    blocklist_ = BlocklistRecipients::on;
    if (!untagged_.empty()) {
      log_.note(
          "refusing To: entries mean FEATURE(`blocklist_recipients'): keys without tag are "
          "imported for recipients as well; if it is off, say so with --blocklist-recipients off");
    }
  }

  static bool is_permission(std::string_view result) {
    const std::string lower = ascii_lower(result);
    return lower == "ok" || lower == "relay" || lower == "skip";
  }

  void add_tagged(const TableLine& line, const Key& key) {
    if (key.tag == "spam") {
      spam_.add(line, key.text, key.result);
    } else if (key.tag == "connect" && !connect_.takes(key.text)) {
      log_.refuse(line, line.text, "Connect: compares clients, and this is a mail address");
    } else if (key.tag == "to" && blocklist_ == BlocklistRecipients::off &&
               !is_permission(key.result)) {
      log_.leave_idle(line, line.text,
                      "counts with FEATURE(`blocklist_recipients') alone, which is off");
    } else {
      with_tag_.insert(key.tag + ":" + key.text);
      (key.tag == "connect" ? connect_
       : key.tag == "from"  ? from_
                            : to_)
          .add(line, key.text, key.result);
    }
  }

  void add_untagged(const TableLine& line, const Key& key) {
    const bool is_client = is_sendmail_client_address(key.text);
    bool counts = false;
    int severity = 0;
    const auto add = [&](SendmailCheckTable& table, const std::string& tag) {
      if (with_tag_.count(tag + ":" + key.text) > 0) return;
      counts = true;
      severity = std::max(severity, table.add(line, key.text, key.result).severity());
    };
    if (connect_.takes(key.text)) add(connect_, "connect");
    if (!is_client) add(from_, "from");
    if (!is_client && blocklist_ == BlocklistRecipients::on) add(to_, "to");
    if (key.text.starts_with('[') && severity > 0) {
      log_.warn(line, line.text,
                "sendmail compares it with senders 'user@" + key.text +
                    "' as well; it is imported for clients alone");
    }
    if (!counts) {
      log_.leave_idle(line, line.text, "never decides: the same key is there with each tag");
    } else if (!is_client && severity > 0 && blocklist_ == BlocklistRecipients::unknown) {
      log_.warn(line, line.text,
                "with FEATURE(`blocklist_recipients') '" + key.text +
                    "' refuses the recipient as well, which the map does not say: not imported "
                    "for recipients; say it with --blocklist-recipients on (or off)");
    }
  }

  // Where Spam: counts, the checks are delayed: check_rcpt comes first, then check_mail and
  // check_relay for those whom they concern.
  void write(Imported& imported) {
    Imported connect;
    Imported from;
    Imported to;
    std::vector<std::string> rules = connect_.write(request_.name + "-connect", connect);
    const std::vector<std::string> of_senders = from_.write(request_.name + "-from", from);
    rules.insert(rules.end(), of_senders.begin(), of_senders.end());
    to_.write(request_.name + "-to", to);
    Imported spam;
    spam_.write(request_.name, rules, spam);
    const std::array<Imported*, 4> at_once{&connect, &from, &to, &spam};
    const std::array<Imported*, 4> delayed{&to, &spam, &from, &connect};
    for (Imported* part : spam.rules.empty() ? at_once : delayed) {
      std::move(part->lists.begin(), part->lists.end(), std::back_inserter(imported.lists));
      std::move(part->rules.begin(), part->rules.end(), std::back_inserter(imported.rules));
    }
  }

  void note_skip() {
    const auto skips = [](const Read& read) { return ascii_lower(read.second.result) == "skip"; };
    if (std::any_of(tagged_.begin(), tagged_.end(), skips) ||
        std::any_of(untagged_.begin(), untagged_.end(), skips)) {
      log_.note(
          "SKIP is imported as of FEATURE(`access_db', , `skip'); without `skip' sendmail takes it "
          "for a text and refuses");
    }
  }

  const ImportRequest& request_;
  ImportLog log_;
  std::vector<TableLine> lines_;
  std::vector<Read> tagged_;
  std::vector<Read> untagged_;
  std::set<std::string> with_tag_;
  BlocklistRecipients blocklist_ = BlocklistRecipients::unknown;
  SendmailCheckTable connect_{SendmailCheck::connect, log_};
  SendmailCheckTable from_{SendmailCheck::from, log_};
  SendmailCheckTable to_{SendmailCheck::to, log_};
  SendmailSpam spam_{log_};
};

}  // namespace

Imported import_sendmail_access(const ImportRequest& request) {
  return AccessMap(request).run();
}

}  // namespace postern::import
