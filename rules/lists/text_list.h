// A list of plain words, compared byte by byte (a SASL user name is one), and of `~regex`.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "rules/lists/key_index.h"
#include "rules/lists/list.h"

namespace postern::lists {

class TextList : public List {
 public:
  // Of a text that is compared with the regexes: as much as a door keeps of a header field.
  static constexpr std::size_t kMaxText = 32768;

  explicit TextList(std::string name) : List(std::move(name), kMaxText) {}
  [[nodiscard]] ListKind kind() const override { return ListKind::text; }
  Result<void> add(std::string_view value, int line, EntryData data) override;
  Result<void> build() override;
  [[nodiscard]] std::string entry_text(EntryId id) const override;

  // The first living entry that is this text, else the first expression that matches. `work` is for
  // the expressions, may be null.
  [[nodiscard]] EntryId find(std::string_view text, UtcTime now, Work* work = nullptr) const;
  // The same in the text as it is, else in what a reader sees of it (common/base/ignorable.h),
  // where of a word what a reader sees of it counts. An expression stays what it is: without
  // characters it could match anything.
  [[nodiscard]] EntryId find_as_read(std::string_view text, UtcTime now,
                                     Work* work = nullptr) const;
  // Every living entry that matches, in no order; of entries that say the same, one.
  [[nodiscard]] std::vector<EntryId> find_all(std::string_view text, UtcTime now) const;
  // The first living entry that is this word.
  [[nodiscard]] EntryId find_word(std::string_view word, UtcTime now) const;

 private:
  std::vector<EntryId> plain_;  // until build()
  KeyIndex keys_;
  // Words with characters that nobody sees, without them; sorted.
  std::vector<std::pair<std::string, EntryId>> as_read_;
};

}  // namespace postern::lists
