#include "ctl/replay/replay_page.h"

#include <algorithm>

#include "common/base/counted.h"
#include "ctl/cli/printing.h"
#include "rules/explain/condition_words.h"

namespace postern::ctl {
namespace {

using explain::for_terminal;
using replay::Change;
using replay::ChangeCounts;
using replay::EntryPlace;

constexpr std::size_t kShownNames = 5;
constexpr std::size_t kShownLost = 20;

std::string mail_text(const std::string& address) {
  return address.empty() ? "<>" : for_terminal(address);
}

// `snowshoe 201, adp 11`, the most first.
template <class Counts, class Name>
std::string most_of(const Counts& counts, Name name) {
  std::vector<std::pair<std::uint64_t, std::string>> all;
  all.reserve(counts.size());
  for (const auto& [key, count] : counts) all.emplace_back(count, name(key));
  const auto before = [](const auto& one, const auto& other) {
    return one.first != other.first ? one.first > other.first : one.second < other.second;
  };
  const std::size_t shown = std::min(kShownNames, all.size());
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(shown), all.end(),
                    before);
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) {
    text += (i == 0 ? "" : ", ") + all[i].second + " " + std::to_string(all[i].first);
  }
  if (all.size() > shown) text += " and " + std::to_string(all.size() - shown) + " more";
  return text;
}

class Page {
 public:
  explicit Page(const ReplayAnswer& answer) : answer_(answer), found_(*answer.differences) {}

  std::string take() {
    head();
    changes();
    undecided();
    would();
    lost();
    by_name();
    return std::move(text_);
  }

 private:
  void line(const std::string& text) { text_ += text + "\n"; }

  void head() {
    if (answer_.read.journal) {
      line("read " + counted(answer_.read.journal->records, "record", "records") + " in " +
           seconds() + " s: " + counted(found_.decisions(), "decision", "decisions"));
      as_recorded(answer_.read.as_recorded);
    } else {
      line("read " + counted(answer_.read.lines, "line", "lines") + " in " + seconds() +
           " s: " + counted(found_.decisions(), "decision", "decisions") +
           "; left out: " + std::to_string(answer_.read.own) +
           " of this machine or of clients that have authenticated");
    }
    line("rules: " + for_terminal(explain::short_path(answer_.rules, answer_.settings_file)));
    if (answer_.asked_dns) {
      line("DNS: " + counted(found_.asked(), "decision", "decisions") +
           " with answers of today, not of then");
    }
    line("as it was: " + std::to_string(found_.unchanged()));
  }

  void as_recorded(const AsRecordedCounts& then) {
    line("the rules of then, replayed: " + std::to_string(then.same) + " of " +
         std::to_string(found_.decisions()) + " as recorded");
    for (const auto& [what, count] : then.incomplete) {
      line("  " + std::to_string(count) + " not to be compared: the journal does not have " +
           for_terminal(what));
    }
    for (const auto& [generation, count] : then.not_kept) {
      line("  " + std::to_string(count) + " not to be compared: generation " +
           std::to_string(generation) + " is not kept");
    }
    if (then.other == 0) return;
    line("  " + std::to_string(then.other) +
         " OTHERWISE, which is a fault of Postern: believe no difference below, and report it");
    for (const std::string& other : then.others) line("    " + for_terminal(other));
  }

  [[nodiscard]] std::string seconds() const {
    constexpr int kTenth = 100;
    const auto tenths = answer_.took.count() / kTenth;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
  }

  void changes() {
    std::vector<std::vector<std::string>> rows{{"changed", "decisions", "messages", "by rule"}};
    for (const auto& [change, counts] : found_.changes()) {
      if (!change.now) continue;
      rows.push_back({"  " + to_string(change), std::to_string(counts.tally.decisions()),
                      std::to_string(counts.tally.messages()), by_rule(change, counts)});
    }
    const ChangeCounts& text = found_.other_text();
    if (text.tally.decisions() > 0) {
      rows.push_back(
          {"  other text", std::to_string(text.tally.decisions()),
           std::to_string(text.tally.messages()),
           most_of(text.by_rule, [](const std::string& rule) { return for_terminal(rule); })});
    }
    if (rows.size() == 1) return line("nothing differs");
    text_ += as_columns(rows);
  }

  // What the MTA has refused by itself it still refuses.
  static std::string by_rule(const Change& change, const ChangeCounts& counts) {
    const bool passes = !change.then.is_accepted() && change.now->is_accepted();
    if (passes && counts.by_rule.size() == 1 && counts.by_rule.contains("-")) {
      return "no rule: it was for the MTA, or other rules, to refuse it";
    }
    return most_of(counts.by_rule, [](const std::string& rule) { return for_terminal(rule); });
  }

  void undecided() {
    if (found_.undecided().empty()) return;
    std::vector<std::vector<std::string>> rows{{"undecided", "decisions", "messages", "by rule"}};
    for (const auto& [reason, tally] : found_.undecided()) {
      const bool dns = reason.second == "DNS";
      const bool advise = dns && !answer_.asked_dns;
      rows.push_back({"", std::to_string(tally.decisions()), std::to_string(tally.messages()),
                      for_terminal(reason.first) + " needs " + reason.second + ", which is not " +
                          in_what() + (advise ? " (--ask-dns asks now)" : "")});
    }
    text_ += as_columns(rows);
  }

  void would() {
    for (const auto& [what, tally] : found_.would()) {
      line("in mode log: " + for_terminal(what.first) + " would have " +
           std::string(to_string(what.second)) + ": " +
           counted(tally.decisions(), "decision", "decisions") + ", " +
           counted(tally.messages(), "message", "messages"));
    }
    for (const auto& [reason, tally] : found_.not_looked_at()) {
      line("in mode log: " + for_terminal(reason.first) + " needs " + reason.second +
           ", which is not " + in_what() + ": " +
           counted(tally.decisions(), "decision", "decisions"));
    }
  }

  void lost() {
    line("good mail lost: " + std::to_string(answer_.lost.size()));
    const std::size_t shown = std::min(kShownLost, answer_.lost.size());
    for (std::size_t i = 0; i < shown; ++i) {
      const replay::LostMail& mail = answer_.lost[i].mail;
      const std::string place = mail.entry.file.empty() ? "" : ", " + place_of(mail.entry);
      line("  " + format_utc(mail.time) + "  " + mail_text(mail.sender) + " -> " +
           for_terminal(mail.recipient) + ": " + to_string(mail.now) + " by rule " +
           for_terminal(mail.rule) + place + "; " + for_terminal(mail.domain) + " is " +
           to_string(answer_.lost[i].standing));
    }
    if (answer_.lost.size() > shown) {
      line("  and " + std::to_string(answer_.lost.size() - shown) + " more (--json has all)");
    }
    if (found_.lost_unseen() > 0) {
      line("  more than " + std::to_string(replay::Differences::kMaxLost) +
           " would be lost; nobody has looked whether the other " +
           std::to_string(found_.lost_unseen()) + " are good");
    }
  }

  // Of what would come in no more.
  void by_name() {
    for (const auto& [change, counts] : found_.changes()) {
      if (!change.now || !change.then.is_accepted() || change.now->is_accepted()) continue;
      line(to_string(change) + ", by sender domain: " +
           most_of(counts.by_domain, [](const std::string& name) { return mail_text(name); }));
      if (counts.by_entry.empty()) continue;
      line(to_string(change) +
           ", by entry: " + most_of(counts.by_entry, [&](const EntryPlace& entry) {
             return for_terminal(entry.entry) + " (" + place_of(entry) + ")";
           }));
    }
    const bool differs = std::ranges::any_of(
        found_.changes(), [](const auto& one) { return one.first.now.has_value(); });
    if (differs) {
      line("--show '" + first_change() + "' prints each with the explanation");
    }
  }

  [[nodiscard]] std::string first_change() const {
    const auto first = std::ranges::find_if(
        found_.changes(), [](const auto& one) { return one.first.now.has_value(); });
    return to_string(first->first);
  }

  [[nodiscard]] std::string place_of(const EntryPlace& entry) const {
    return for_terminal(explain::short_path(entry.file, answer_.settings_file)) + ":" +
           std::to_string(entry.line);
  }

  [[nodiscard]] std::string in_what() const {
    return answer_.read.journal ? "in the journal" : "in the log";
  }

  const ReplayAnswer& answer_;
  const replay::Differences& found_;
  std::string text_;
};

}  // namespace

std::string replay_text(const ReplayAnswer& answer) {
  return Page(answer).take();
}

}  // namespace postern::ctl
