// The words of a list file's line: what the loader takes and what an edit of the file goes by.
// Pure.
#pragma once

#include <string_view>

#include "common/base/result.h"

namespace postern::load {

// Takes words off the front of a line without its end. Blanks and tabs part them; a word may hold
// quoted parts, in which these count, and `\` stands before a quote that does not end its part. A
// word that begins with `#` is a comment and ends the line.
class ListWords {
 public:
  // `line` must outlive the words: they are views into it.
  explicit ListWords(std::string_view line) : rest_(line) { skip_blanks(); }

  [[nodiscard]] bool done() const { return rest_.empty() || rest_.front() == '#'; }

  // Precondition: not done(). The error is a quote without its partner: what stands behind it
  // cannot be told from what is quoted.
  Result<std::string_view> next();

 private:
  void skip_blanks();
  std::string_view rest_;
};

}  // namespace postern::load
