// A list of domain patterns in the manner of nginx's server_name:
//   a.example     this name
//   .a.example    this name and all below it
//   *.a.example   all below it
//   a.*           this label (or labels) at the left, whatever follows
//   ~regex        RE2 over the whole name, case ignored
// Of several that match, the exact name counts first, then the longest suffix, then the longest
// beginning, then the first regex. Names in U-label or A-label form, any case.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "rules/lists/key_index.h"
#include "rules/lists/list.h"

namespace postern::lists {

enum class DomainPattern : std::uint8_t { exact, suffix, below, prefix, regex };

class DomainList : public List {
 public:
  // Of a text that is compared with the regexes: at either end as much as a name or a HELO can have
  // (RFC 5321 4.5.3.1.2).
  static constexpr std::size_t kMaxText = std::size_t{2} * 255;

  explicit DomainList(std::string name) : List(std::move(name), kMaxText) {}
  [[nodiscard]] ListKind kind() const override { return ListKind::domain; }
  void reserve(std::size_t entries, std::size_t bytes) override;
  Result<void> add(std::string_view value, int line, EntryData data) override;
  Result<void> build() override;
  [[nodiscard]] std::string entry_text(EntryId id) const override;

  // `name` is normalised (DomainName::text()). Other text is compared as it stands: no exact name
  // equals it, but its end can be a name that it is below. What is longer than a name can be is
  // compared with the regexes alone, as far as a name can be long. `work` is for these, may be
  // null.
  [[nodiscard]] EntryId find(std::string_view name, UtcTime now, Work* work = nullptr) const;
  // Every living entry that matches, in no order; of entries that say the same, one.
  [[nodiscard]] std::vector<EntryId> find_all(std::string_view name, UtcTime now) const;

  // An entry is a pattern and its name (EntryTable::key()), or its regex.
  [[nodiscard]] DomainPattern pattern(EntryId id) const { return patterns_[id]; }
  // The first living entry with this pattern and name; none for a regex.
  [[nodiscard]] EntryId find_pattern(DomainPattern pattern, std::string_view name,
                                     UtcTime now) const;

 private:
  template <class Text>  // or a KeyIndex::Key: the seed of all indexes is one
  [[nodiscard]] EntryId find_in_index(DomainPattern pattern, const Text& name, UtcTime now) const;
  [[nodiscard]] EntryId find_suffix(std::string_view name, UtcTime now) const;
  [[nodiscard]] EntryId find_prefix(std::string_view name, UtcTime now) const;
  [[nodiscard]] std::vector<EntryId> take_ids(DomainPattern first, DomainPattern last) const;

  std::string normal_;                   // of the name that is being added
  std::vector<DomainPattern> patterns_;  // by entry id
  // Apart from each other, so that a list of names alone costs one look-up, and one of suffixes no
  // more than the walk.
  KeyIndex names_;       // exact
  KeyIndex parents_;     // suffix, below
  KeyIndex beginnings_;  // prefix
};

// The name above `name`: empty when there is none.
std::string_view parent_name(std::string_view name);

}  // namespace postern::lists
