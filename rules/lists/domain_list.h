// A list of domain patterns in the manner of nginx's server_name:
//   a.example     this name
//   .a.example    this name and all below it
//   *.a.example   all below it
//   a.*           this label (or labels) at the left, whatever follows
//   ~regex        RE2 over the whole name, case ignored
// Of several that match, the exact name counts first, then the longest suffix, then the longest
// beginning, then the first regex. Names in U-label or A-label form, any case.
#pragma once

#include "rules/lists/key_index.h"
#include "rules/lists/list.h"
#include "rules/lists/pattern_set.h"

namespace postern {

class DomainList : public List {
 public:
  using List::List;
  [[nodiscard]] ListKind kind() const override { return ListKind::domain; }
  Result<void> add(std::string_view value, int line, EntryData data) override;
  Result<void> build() override;
  [[nodiscard]] std::string entry_text(EntryId id) const override;

  // `name` is normalised (DomainName::text()). Other text is compared as it stands: no exact name
  // equals it, but its end can be a name that it is below. What is longer than a name can be is
  // compared with the regexes alone.
  [[nodiscard]] EntryId find(std::string_view name, UtcTime now) const;

 private:
  enum class Pattern : std::uint8_t { exact, suffix, below, prefix, regex };
  [[nodiscard]] EntryId find_suffix(std::string_view name, UtcTime now) const;
  [[nodiscard]] EntryId find_prefix(std::string_view name, UtcTime now) const;

  std::vector<Pattern> patterns_;  // by entry id
  KeyIndex names_;                 // exact, suffix, below
  KeyIndex beginnings_;            // prefix
  PatternSet regexes_;
};

}  // namespace postern
