// pcre_table(5), regexp_table(5): the first line whose expression matches decides, in blocks of if
// and endif. Lines that follow each other are one list, whose first matching expression counts; an
// `if` or a `!` begins a rule of its own.
//
// An expression that RE2 does not have is refused, and with it every line below that is harder on
// mail: it could hit what the refused line lets in. A line that Postfix itself leaves out when it
// loads the table is refused and leaves no such gap.
#include <algorithm>
#include <array>
#include <optional>

#include "ctl/import/access_table.h"
#include "ctl/import/formats.h"
#include "ctl/import/postfix_lines.h"
#include "ctl/import/postfix_result.h"
#include "ctl/import/postfix_use.h"
#include "ctl/import/re2_pattern.h"
#include "ctl/import/regexp_line.h"

namespace postern::import {
namespace {

// Rules that a table may become; each names those below it.
constexpr std::size_t kMaxSteps = 200;

constexpr std::array<std::string_view, 5> kExpressionsAbout = {"client_name", "reverse_client_name",
                                                               "helo", "sender", "recipient"};

struct Line {
  Expression expression;
  std::vector<Expression> blocks;  // around it
  Outcome outcome;
};

class RegexpTable {
 public:
  RegexpTable(const ImportRequest& request, PatternSyntax syntax)
      : request_(request),
        about_(request.about.empty() ? about_from_name(request.file) : request.about),
        syntax_(syntax),
        log_(request),
        outcomes_([context = ResultContext::of(about_, ResultContext::Substitution::dollar)](
                      std::string_view text) { return read_postfix_result(text, context); },
                  log_) {}

  Imported run() {
    const std::vector<TableLine> lines = postfix_lines(request_.text, log_);
    Imported imported;
    if (const std::string why = why_not(lines); !why.empty()) {
      log_.refuse_all(lines, why);
    } else {
      for (const TableLine& line : lines) read(line);
      if (!blocks_.empty()) log_.note("an 'if' has no 'endif'; it ends with the table");
      add_table(request_.name, steps(), imported);
    }
    log_.finish(imported);
    return imported;
  }

 private:
  struct Block {
    std::optional<Expression> condition;  // none: it cannot be expressed
    int line = 0;
  };
  // A line that is not there any more, though it would have decided.
  struct Gap {
    int line = 0;
    int severity = 0;
  };

  [[nodiscard]] std::string why_not(const std::vector<TableLine>& lines) const {
    std::string why = why_header_checks(request_, lines);
    if (why.empty()) why = why_about_servers(request_);
    return why.empty() ? why_not_about() : why;
  }

  [[nodiscard]] std::string why_not_about() const {
    if (about_ == "client") {
      return "Postfix compares expressions with the name and with the address of a client, Postern "
             "with names alone; want --about client_name if these are about names, and a cidr "
             "table for addresses";
    }
    if (std::find(kExpressionsAbout.begin(), kExpressionsAbout.end(), about_) !=
        kExpressionsAbout.end())
      return {};
    return "the table does not say what it is compared with; want --about client_name, "
           "reverse_client_name, helo, sender or recipient";
  }

  [[nodiscard]] bool is_about_address() const {
    return about_ == "sender" || about_ == "recipient";
  }
  [[nodiscard]] bool is_about_client() const {
    return about_ == "client_name" || about_ == "reverse_client_name";
  }

  void read(const TableLine& line) {
    const BlockWord word = block_word(line.text);
    if (word.kind == BlockWord::Kind::endif) {
      end_block(line);
    } else if (word.kind == BlockWord::Kind::begin) {
      begin_block(line, word.rest);
    } else if (const auto written = written_line(line.text, syntax_)) {
      entry(line, *written);
    } else {
      log_.refuse(line, line.text, not_taken(written.error().text));
    }
  }

  void end_block(const TableLine& line) {
    if (blocks_.empty()) {
      log_.leave_idle(line, line.text, "'endif' without 'if'");
      return;
    }
    // Whether Postfix takes an `if` that RE2 does not have, and so which one this ends, is not
    // known.
    if (const Block* block = unreadable_block()) {
      log_.refuse(line, line.text,
                  "the 'if' in line " + std::to_string(block->line) + " cannot be expressed");
      return;
    }
    blocks_.pop_back();
    log_.import(line);
  }

  // An `if` that Postfix leaves out begins no block.
  void begin_block(const TableLine& line, std::string_view text) {
    const auto parts = known_parts(text, syntax_);
    if (!parts) {
      log_.refuse(line, text, not_taken(parts.error().text));
      return;
    }
    if (!parts->rest.empty()) {
      log_.warn(line, parts->rest, "Postfix minds no text behind the condition of an 'if'");
    }
    auto condition = read_expression(*parts, syntax_);
    Block block{std::nullopt, line.number};
    if (condition) {
      block.condition = std::move(*condition);
      log_.import(line);
    } else {
      log_.refuse(line, text, condition.error().text);
    }
    blocks_.push_back(std::move(block));
  }

  void entry(const TableLine& line, const WrittenLine& written) {
    if (const std::string why = why_not_taken(written, syntax_); !why.empty()) {
      log_.refuse(line, written.rest, not_taken(why));
      return;
    }
    const Outcome outcome =
        written.rest.empty() ? nothing(line) : outcomes_.read(line, written.rest);
    auto first = read_expression(written.first, syntax_);
    if (first && !knows_its_references(written, syntax_)) {
      first = failure("which groups '(?|...)' has, and so whether Postfix takes the $number");
    }
    auto second = written.second ? read_expression(*written.second, syntax_) : Result<Expression>();
    if (const auto& parsed = first ? second : first; !parsed) {
      leave_gap(line, outcome, parsed.error().text);
    } else if (const Block* block = unreadable_block()) {
      leave_gap(line, outcome,
                "the 'if' in line " + std::to_string(block->line) + " cannot be expressed");
    } else if (const std::string why = why_never_matches(line, *first); !why.empty()) {
      leave_gap(line, outcome, why);
    } else if (const Gap* gap = gap_before(outcome)) {
      log_.refuse(line, line.text,
                  "line " + std::to_string(gap->line) +
                      ", which is refused, stands before this one and is milder: without it this "
                      "one would hit what it lets in");
    } else {
      Line read{std::move(*first), {}, outcome};
      for (const Block& open : blocks_) read.blocks.push_back(*open.condition);
      if (written.second) read.blocks.push_back(std::move(*second));
      add(line, std::move(read));
    }
  }

  // Of an expression without an action: Postfix answers 451 to what it matches.
  Outcome nothing(const TableLine& line) {
    log_.refuse(line, line.text,
                "no action behind the expression; it stays, and does nothing, so that no other "
                "line takes its place");
    return no_op();
  }

  // What no name can match in Postern. `!` makes it match all of them, which is no surprise.
  std::string why_never_matches(const TableLine& line, const Expression& parsed) {
    if (!parsed.wanted || can_match_ascii(parsed.entry)) return {};
    if (!is_about_address()) {
      return "this matches only what is not ASCII; Postern compares names in ASCII "
             "(xn--bcher-kva.example), so no name can match it";
    }
    log_.warn(line, line.text,
              "this matches only what is not ASCII; Postern finds it before the @ alone, since "
              "it compares domains in ASCII (xn--bcher-kva.example)");
    return {};
  }

  void add(const TableLine& line, Line read) {
    if ((lines_.empty() || !goes_on(lines_.back(), read)) && ++steps_ > kMaxSteps) {
      leave_gap(line, read.outcome,
                "more than " + std::to_string(kMaxSteps) + " rules from 'if' and '!'");
      return;
    }
    lines_.push_back(std::move(read));
    log_.import(line);
  }

  void leave_gap(const TableLine& line, const Outcome& outcome, const std::string& why) {
    gaps_.push_back({line.number, outcome.severity()});
    log_.refuse(line, line.text, why);
  }

  [[nodiscard]] const Block* unreadable_block() const {
    for (const Block& block : blocks_) {
      if (!block.condition) return &block;
    }
    return nullptr;
  }

  [[nodiscard]] const Gap* gap_before(const Outcome& outcome) const {
    for (const Gap& gap : gaps_) {
      if (gap.severity < outcome.severity()) return &gap;
    }
    return nullptr;
  }

  // The original table, asked for one subject.
  [[nodiscard]] const Outcome* decision_for(std::string_view subject) const {
    const auto holds = [&](const Expression& expression) {
      return entry_matches(expression.entry, subject) == expression.wanted;
    };
    for (const Line& line : lines_) {
      if (std::all_of(line.blocks.begin(), line.blocks.end(), holds) && holds(line.expression)) {
        return &line.outcome;
      }
    }
    return nullptr;
  }

  [[nodiscard]] std::vector<TableStep> steps() const {
    std::vector<TableStep> steps;
    if (lines_.empty()) return steps;
    add_special(steps);
    const Line* before = nullptr;
    for (const Line& line : lines_) {
      if (before == nullptr || !goes_on(*before, line))
        steps.push_back(new_step(line, steps.size()));
      steps.back().entries.push_back(
          {line.expression.wanted ? line.expression.entry : std::string(), line.outcome});
      before = &line;
    }
    // One list is the whole table.
    if (steps.size() == 1) steps.front().suffix.clear();
    return steps;
  }

  // What Postfix has a word for and Postern nothing: `unknown`, `<>`.
  void add_special(std::vector<TableStep>& steps) const {
    if (is_about_client()) {
      const Outcome* outcome = decision_for("unknown");
      if (outcome == nullptr) return;
      steps.push_back({"unknown",
                       {},
                       lists::ListKind::domain,
                       {{"", *outcome}},
                       {{about_, "~.", Guard::Holds::no}}});
    } else if (about_ == "sender") {
      const Outcome* outcome = decision_for("<>");
      steps.push_back({"null",
                       about_,
                       lists::ListKind::address,
                       {{"<>", outcome != nullptr ? *outcome : no_op()}},
                       {}});
    }
  }

  // Whether `next` can stand in the same list.
  static bool goes_on(const Line& line, const Line& next) {
    const auto alike = [](const Expression& one, const Expression& other) {
      return one.entry == other.entry && one.wanted == other.wanted;
    };
    return line.expression.wanted && next.expression.wanted &&
           std::equal(line.blocks.begin(), line.blocks.end(), next.blocks.begin(),
                      next.blocks.end(), alike);
  }

  [[nodiscard]] TableStep new_step(const Line& line, std::size_t number) const {
    const lists::ListKind kind =
        is_about_address() ? lists::ListKind::address : lists::ListKind::domain;
    TableStep step{std::to_string(number + 1), line.expression.wanted ? about_ : "", kind, {}, {}};
    for (const Expression& block : line.blocks) step.guards.push_back(guard(block));
    if (!line.expression.wanted) {
      // There is something to compare with at all.
      step.guards.push_back({about_, "~.", Guard::Holds::yes});
      step.guards.push_back(guard(line.expression));
    }
    return step;
  }

  [[nodiscard]] Guard guard(const Expression& expression) const {
    return {about_, expression.entry, expression.wanted ? Guard::Holds::yes : Guard::Holds::no};
  }

  const ImportRequest& request_;
  std::string about_;
  PatternSyntax syntax_;
  ImportLog log_;
  OutcomeReader outcomes_;
  std::vector<Block> blocks_;
  std::vector<Gap> gaps_;
  std::vector<Line> lines_;
  std::size_t steps_ = 0;
};

}  // namespace

Imported import_postfix_pcre(const ImportRequest& request) {
  return RegexpTable(request, PatternSyntax::pcre).run();
}

Imported import_postfix_regexp(const ImportRequest& request) {
  return RegexpTable(request, PatternSyntax::posix_extended).run();
}

}  // namespace postern::import
