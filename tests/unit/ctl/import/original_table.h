// Whether rules that were imported decide like the table that they come from: the property that
// every importer has to have.
//
// How to use it, for a format:
//   1. Write a model of the original in the test: from the text (or the lines that were thrown) to
//      what the program answers to a session, and by which line. Nothing of the importer in it.
//   2. Make tables up with `Dice` (seed fixed: the same tables in every run), with all that the
//      format knows and some that it does not.
//   3. Ask the model about sessions that come near the table, and fill an `OriginalTable`.
//   4. `compare_with_original(table, counts)` imports the text, loads what comes out, and lets the
//      engine decide each session. It fails unless the decision is the original's, or the import
//      said something about a line that the original's answer depends on.
//   5. `expect_telling(counts)` at the end: a comparison in which nothing is ever decided, or in
//      which nearly all is excused, shows nothing.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/ctl/import/imported_rules.h"

namespace postern::import {

// A session, and what the original does with it.
struct Asked {
  std::string what;  // of the session, for a person
  Transaction session;
  std::string answer;      // as decision() says it: `reject 550 5.7.1 no`, `pass`, or empty
  std::vector<int> lines;  // that the answer depends on, from 1: first the one that decides
};

struct OriginalTable {
  std::string_view format;
  std::string text;
  ImportRequest request;  // about, then and the like; name and text are filled in
  std::vector<Asked> asked;
};

struct ComparisonCounts {
  std::size_t decided = 0;    // the same, by a line
  std::size_t undecided = 0;  // the same: no line
  std::size_t excused = 0;    // not the same, and the line was named
};

inline std::set<int> lines_named(const Imported& imported) {
  std::set<int> lines;
  for (const Diagnostic& diagnostic : imported.diagnostics.all()) {
    lines.insert(diagnostic.where.line);
  }
  return lines;
}

inline void compare_with_original(const OriginalTable& table, ComparisonCounts& counts) {
  const Imported result = imported(table.format, table.text, table.request);
  ASSERT_TRUE(result.count(LineStatus::refused) == 0 || result.diagnostics.has_errors());
  const auto rules = loaded(result);
  const std::set<int> named = lines_named(result);
  for (const Asked& asked : table.asked) {
    const bool excused = std::any_of(asked.lines.begin(), asked.lines.end(),
                                     [&](int line) { return named.count(line) > 0; });
    const std::string decided = decision(*rules, asked.session);
    if (decided == asked.answer) {
      ++(asked.lines.empty() ? counts.undecided : counts.decided);
      continue;
    }
    ++counts.excused;
    ASSERT_TRUE(excused) << asked.what << ": the original says '" << asked.answer << "' by line "
                         << (asked.lines.empty() ? 0 : asked.lines.front()) << ", the import '"
                         << decided << "', of\n"
                         << table.text << messages(result) << rule_files(result, "table").rules;
  }
}

// Of every ten decisions of the originals at least six are the same.
inline void expect_telling(const ComparisonCounts& counts) {
  EXPECT_GT(counts.decided, 1000U);
  EXPECT_GT(counts.undecided, 100U);
  EXPECT_GE(counts.decided * 2, counts.excused * 3);
}

}  // namespace postern::import
