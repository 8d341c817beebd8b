// A list of envelope addresses:
//   user@example.org   this address
//   @example.org       every address of this domain (not of those below it)
//   user@              this local part at any domain, or none
//   <>                 the null sender
//   ~regex             RE2 over the whole address, case ignored
// They count in this order. Local parts are compared without regard to case. An address with a
// bounce tag (common/base/bounce_tag.h) is compared with and without it. A pattern may say
// `host!user` or `user%host`, as MailAddress::from_envelope() has it.
#pragma once

#include <string>
#include <utility>

#include "rules/lists/key_index.h"
#include "rules/lists/list.h"

namespace postern::lists {

class AddressList : public List {
 public:
  // Of an address that is compared with the regexes: at either end as much as one can have (RFC
  // 5321 4.5.3.1).
  static constexpr std::size_t kMaxText = std::size_t{2} * (64 + 1 + 255);

  explicit AddressList(std::string name) : List(std::move(name), kMaxText) {}
  [[nodiscard]] ListKind kind() const override { return ListKind::address; }
  Result<void> add(std::string_view value, int line, EntryData data) override;
  Result<void> build() override;
  [[nodiscard]] std::string entry_text(EntryId id) const override;

  // `work` is for the regexes, may be null.
  [[nodiscard]] EntryId find(const MailAddress& address, UtcTime now, Work* work = nullptr) const;
  // Every living entry that matches, in no order; of entries that say the same, one.
  [[nodiscard]] std::vector<EntryId> find_all(const MailAddress& address, UtcTime now) const;
  // The first living entry with this text (entry_text()) that is no regex.
  [[nodiscard]] EntryId find_pattern(std::string_view pattern, UtcTime now) const;

 private:
  std::vector<EntryId> plain_;  // until build()
  KeyIndex keys_;
};

}  // namespace postern::lists
