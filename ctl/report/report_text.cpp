#include <iomanip>
#include <sstream>

#include "common/base/counted.h"
#include "common/base/duration.h"
#include "ctl/report/report_page.h"
#include "rules/explain/condition_words.h"

namespace postern::report {
namespace {

constexpr int kNumberWidth = 9;

class ReportText {
 public:
  ReportText(const ReportCounts& counts, std::size_t top) : counts_(counts), top_(top) {}

  std::string all() {
    about();
    decisions();
    rules();
    table("Rules in mode log would have", counts_.would);
    table("Findings", counts_.findings);
    table("Refused: sender domains", counts_.refused_domains);
    table("Refused: clients", counts_.refused_clients);
    deferred();
    table("Discarded: sender domains", counts_.discarded_domains);
    slow();
    return out_.str();
  }

 private:
  void about() {
    if (counts_.first) {
      out_ << "From " << format_utc(*counts_.first) << " to " << format_utc(*counts_.last) << "\n";
    }
    out_ << counted(counts_.decisions, "decision", "decisions") << " in "
         << counted(counts_.decision_lines, "line", "lines") << "\n";
    note(counts_.sampled_lines, "line stands", "lines stand",
         " for several passes each (sampled): numbers of passes are estimates");
    note(counts_.unreadable, "line", "lines", " could not be read");
    const std::string behind = " a decision behind something that is not known, and ";
    quote(counts_.untrusted, "line has" + behind + "was not counted",
          "lines have" + behind + "were not counted", counts_.first_untrusted);
    quote(counts_.unknown, "line was not understood", "lines were not understood",
          counts_.first_unknown);
    note(counts_.without_time, "decision", "decisions", " left out: without a time in the line");
    note(counts_.errors, "error", "errors", " of the daemons in the log");
    note(counts_.warnings, "warning", "warnings", " of the daemons in the log");
    note(counts_.rules_not_told_apart, "hit", "hits", " of rules beyond those told apart");
  }

  void note(std::uint64_t count, const char* one, const char* many, const char* what) {
    if (count > 0) out_ << counted(count, one, many) << what << "\n";
  }

  void quote(std::uint64_t count, const std::string& one, const std::string& many,
             const std::string& first) {
    if (count == 0) return;
    out_ << counted(count, one, many) << (count == 1 ? ": " : ", the first: ")
         << explain::for_terminal(first) << "\n";
  }

  void title(const std::string& text) { out_ << "\n" << text << "\n"; }

  template <class Number>
  std::ostream& number(Number value) {
    return out_ << std::setw(kNumberWidth) << value;
  }

  void decisions() {
    title("Decisions");
    number("all");
    number("policy");
    number("milter") << "\n";
    for (std::size_t i = 0; i < kDecisionActions.size(); ++i) {
      const std::uint64_t policy = counts_.by_door[0][i];
      const std::uint64_t milter = counts_.by_door[1][i];
      number(policy + milter);
      number(policy);
      number(milter) << "  " << to_string(kDecisionActions[i]) << "\n";
    }
    number(counts_.delayed) << "  greetings delayed";
    if (counts_.delayed > 0)
      out_ << ", for " << format_duration(counts_.longest_delay) << " at most";
    out_ << "\n";
  }

  void rules() {
    if (counts_.rules.empty()) return;
    title("By rule");
    for (const Disposition action : kDecisionActions) number(to_string(action));
    number("beside") << "\n";
    for (const auto& [name, totals] : counts_.rules) {
      for (const std::uint64_t count : totals.decided) number(count);
      number(totals.also) << "  " << explain::for_terminal(name) << "\n";
    }
  }

  void table(const std::string& what, const TopCounts& counts) {
    if (counts.texts() == 0) return;
    const auto rows = counts.top(top_);
    std::string head = what;
    if (counts.was_cut()) {
      head += " (too many to count them all: the rarest are left out)";
    } else if (rows.size() < counts.texts()) {
      head += " (" + std::to_string(rows.size()) + " of " + std::to_string(counts.texts()) + ")";
    }
    title(head);
    for (const auto& row : rows)
      number(row.times) << "  " << explain::for_terminal(row.text) << "\n";
  }

  void deferred() {
    if (counts_.deferred_for_dns == 0) return;
    title("Deferred for DNS");
    number(counts_.deferred_for_dns) << "  in all\n";
    table("Deferred for DNS: reasons", counts_.dns_reasons);
    table("Deferred for DNS: sender domains", counts_.dns_domains);
  }

  void slow() {
    if (counts_.slow == 0) return;
    title("Slow: " + counted(counts_.slow, "decision", "decisions") +
          " of a second or more; the slowest");
    std::size_t shown = 0;
    for (const SlowDecision& one : counts_.slowest) {
      if (shown++ == top_) break;
      const auto time = std::chrono::milliseconds(one.microseconds / 1000);
      number(format_duration(time))
          << "  " << (one.time ? format_utc(*one.time) + " " : "")
          << explain::for_terminal(one.stage) << " " << explain::for_terminal(one.client) << " "
          << explain::for_terminal(one.sender_domain) << "  " << explain::for_terminal(one.dns)
          << "\n";
    }
  }

  const ReportCounts& counts_;
  std::size_t top_;
  std::ostringstream out_;
};

}  // namespace

std::string report_text(const ReportCounts& counts, std::size_t top) {
  return ReportText(counts, top).all();
}

}  // namespace postern::report
