// A list of envelope addresses:
//   user@example.org   this address
//   @example.org       every address of this domain (not of those below it)
//   user@              this local part at any domain, or none
//   <>                 the null sender
//   ~regex             RE2 over the whole address, case ignored
// They count in this order. Local parts are compared without regard to case. An address with a
// bounce tag (common/bounce_tag.h) is compared with and without it. A pattern may say `host!user`
// or `user%host`, as MailAddress::from_envelope() has it.
#pragma once

#include "rules/lists/key_index.h"
#include "rules/lists/list.h"
#include "rules/lists/pattern_set.h"

namespace postern {

class AddressList : public List {
 public:
  using List::List;
  [[nodiscard]] ListKind kind() const override { return ListKind::address; }
  Result<void> add(std::string_view value, int line, EntryData data) override;
  Result<void> build() override;
  [[nodiscard]] std::string entry_text(EntryId id) const override;

  [[nodiscard]] EntryId find(const MailAddress& address, UtcTime now) const;
  // Every living entry that matches, in no order; of entries that say the same, one.
  [[nodiscard]] std::vector<EntryId> find_all(const MailAddress& address, UtcTime now) const;
  // The first living entry with this text (entry_text()) that is no regex.
  [[nodiscard]] EntryId find_pattern(std::string_view pattern, UtcTime now) const;

 private:
  std::vector<EntryId> plain_;  // until build()
  KeyIndex keys_;
  PatternSet regexes_;
};

}  // namespace postern
