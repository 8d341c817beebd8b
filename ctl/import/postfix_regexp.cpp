// pcre_table(5), regexp_table(5): the first line whose expression matches decides, in blocks of if
// and endif. Lines that follow each other are one list, whose first matching expression counts; an
// `if` or a `!` begins a rule of its own.
//
// An expression that RE2 does not have is refused, and with it every line below that is harder on
// mail: it could hit what the refused line lets in.
#include <algorithm>
#include <array>
#include <optional>

#include "common/ascii_case.h"
#include "ctl/import/access_table.h"
#include "ctl/import/formats.h"
#include "ctl/import/outcome_reader.h"
#include "ctl/import/postfix_result.h"
#include "ctl/import/re2_pattern.h"

namespace postern {
namespace {

// Rules that a table may become; each names those below it.
constexpr std::size_t kMaxSteps = 200;

constexpr std::array<std::string_view, 5> kExpressionsAbout = {"client_name", "reverse_client_name",
                                                               "helo", "sender", "recipient"};

// `/pattern/flags`, with `!` in front of it.
struct Expression {
  std::string entry;  // of a list
  bool wanted = true;
};

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
        ledger_(request),
        outcomes_(
            [](std::string_view text) { return read_postfix_result(text, Substitution::dollar); },
            ledger_) {}

  Imported run() {
    const std::vector<TableLine> lines = postfix_lines(request_.text);
    Imported imported;
    if (const std::string why = why_not_about(); !why.empty()) {
      ledger_.refuse_all(lines, why);
    } else {
      for (const TableLine& line : lines) read(line);
      if (!blocks_.empty()) ledger_.note("an 'if' has no 'endif'; it ends with the table");
      add_table(request_.name, steps(), imported);
    }
    ledger_.finish(imported);
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
    const WordAndRest words = cut_word(line.text);
    const std::string keyword = ascii_lower(words.word);
    if (keyword == "endif") {
      end_block(line);
    } else if (keyword == "if") {
      begin_block(line, words.rest);
    } else {
      entry(line);
    }
  }

  void end_block(const TableLine& line) {
    if (blocks_.empty()) {
      ledger_.leave_idle(line, line.text, "'endif' without 'if'");
      return;
    }
    blocks_.pop_back();
    ledger_.import(line);
  }

  void begin_block(const TableLine& line, std::string_view text) {
    std::string_view rest;
    auto condition = expression(text, rest);
    Block block{std::nullopt, line.number};
    if (condition) {
      block.condition = std::move(*condition);
      ledger_.import(line);
    } else {
      ledger_.refuse(line, text, condition.error().text);
    }
    blocks_.push_back(std::move(block));
  }

  void entry(const TableLine& line) {
    std::string_view rest;
    auto parsed = expression(line.text, rest);
    rest = trimmed(rest);
    if (rest.empty()) {
      ledger_.refuse(line, line.text,
                     parsed ? "no action behind the expression" : parsed.error().text);
      return;
    }
    const Outcome outcome = outcomes_.read(line, rest);
    if (!parsed) {
      leave_gap(line, outcome, parsed.error().text);
    } else if (const Block* block = unreadable_block()) {
      leave_gap(line, outcome,
                "the 'if' in line " + std::to_string(block->line) + " cannot be expressed");
    } else if (const Gap* gap = gap_before(outcome)) {
      ledger_.refuse(
          line, line.text,
          "line " + std::to_string(gap->line) +
              ", which is refused, stands before this one and is milder: without it this "
              "one would hit what it lets in");
    } else {
      add(line, std::move(*parsed), outcome);
    }
  }

  void add(const TableLine& line, Expression parsed, const Outcome& outcome) {
    Line read{std::move(parsed), {}, outcome};
    for (const Block& block : blocks_) read.blocks.push_back(*block.condition);
    if ((lines_.empty() || !goes_on(lines_.back(), read)) && ++steps_ > kMaxSteps) {
      leave_gap(line, outcome,
                "more than " + std::to_string(kMaxSteps) + " rules from 'if' and '!'");
      return;
    }
    lines_.push_back(std::move(read));
    ledger_.import(line);
  }

  void leave_gap(const TableLine& line, const Outcome& outcome, const std::string& why) {
    gaps_.push_back({line.number, outcome.severity()});
    ledger_.refuse(line, line.text, why);
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

  // Reads `!/pattern/flags`; `rest` is what follows, also after an error where that can be told.
  [[nodiscard]] Result<Expression> expression(std::string_view text, std::string_view& rest) const {
    Expression read;
    for (; text.starts_with('!') || text.starts_with(' '); text.remove_prefix(1)) {
      if (text.front() == '!') read.wanted = !read.wanted;
    }
    const std::size_t end = closing_delimiter(text);
    if (end == std::string_view::npos) {
      return failure("no expression between delimiters; want /expression/flags action");
    }
    const std::string_view pattern = text.substr(1, end - 1);
    const WordAndRest behind = cut_word(text.substr(end + 1));
    rest = behind.rest;
    auto entry = with_flags(pattern, behind.word);
    if (!entry) return tl::unexpected(entry.error());
    read.entry = std::move(*entry);
    return read;
  }

  static std::size_t closing_delimiter(std::string_view text) {
    const auto is_plain = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '\\' || c <= ' ';
    };
    if (text.empty() || is_plain(text.front())) return std::string_view::npos;
    for (std::size_t i = 1; i < text.size(); ++i) {
      if (text[i] == '\\') {
        ++i;
      } else if (text[i] == text.front()) {
        return i;
      }
    }
    return std::string_view::npos;
  }

  // What the flags of both kinds of tables mean; those about lines and greed change nothing here.
  [[nodiscard]] Result<std::string> with_flags(std::string_view pattern,
                                               std::string_view flags) const {
    PatternCase letters = PatternCase::ignored;
    bool anchored = false;
    const bool pcre = syntax_ == PatternSyntax::pcre;
    for (char flag : flags) {
      if (flag == 'i') {
        letters = letters == PatternCase::ignored ? PatternCase::matters : PatternCase::ignored;
      } else if (flag == 'A' && pcre) {
        anchored = !anchored;
      } else if (flag == 'x') {
        return failure(pcre ? "RE2 has no extended notation (flag x)"
                            : "basic POSIX expressions (flag x)");
      } else if (!(flag == 'm' || (pcre && (flag == 's' || flag == 'E' || flag == 'U')))) {
        return failure(std::string("flag '") + flag + "'");
      }
    }
    auto entry = re2_entry(pattern, syntax_, letters);
    if (!entry || !anchored) return entry;
    const std::size_t start = letters == PatternCase::matters ? 6 : 1;  // behind `~(?-i)`
    return entry->substr(0, start) + "^(?:" + entry->substr(start) + ")";
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
      steps.push_back(
          {"unknown", {}, ListKind::domain, {{"", *outcome}}, {{about_, "~.", Guard::Holds::no}}});
    } else if (about_ == "sender") {
      const Outcome* outcome = decision_for("<>");
      steps.push_back({"null",
                       about_,
                       ListKind::address,
                       {{"<>", outcome != nullptr ? *outcome : shield()}},
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
    const ListKind kind = is_about_address() ? ListKind::address : ListKind::domain;
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
  LineLedger ledger_;
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

}  // namespace postern
