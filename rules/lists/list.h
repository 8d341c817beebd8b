// A named list of a rule file: a set of values to compare with, each of which may carry its reason,
// owner, expiry and an action of its own. Built once by the loader, then immutable; any number of
// threads may ask. The kind says what the values are.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/domain_name.h"
#include "common/base/fingerprint.h"
#include "common/base/ip_address.h"
#include "common/base/mail_address.h"
#include "common/base/words.h"
#include "rules/lists/entry_table.h"
#include "rules/lists/pattern_set.h"

namespace postern::lists {

enum class ListKind : std::uint8_t { network, domain, address, text };

inline constexpr Word<ListKind> kListKinds[] = {{"network", ListKind::network},
                                                {"domain", ListKind::domain},
                                                {"address", ListKind::address},
                                                {"text", ListKind::text}};
inline std::string_view to_string(ListKind kind) {
  return word_of(kListKinds, kind);
}

// Whether a list may lose most of its entries from one generation to the next.
enum class Shrinking : std::uint8_t { suspicious, expected };

// Where a list comes from, and what it says for all of its entries. Two lists of one kind that come
// from the same text, and whose origins are equal, are equal.
struct ListOrigin {
  std::string name{};
  std::string file{};  // in which the entries stand
  // Of that file's text; none when the entries stand in the rule file.
  std::optional<Fingerprint> text{};
  // Of a list out of SPF: the domains whose networks `file` has; and how many entries before those
  // stand in the rule file.
  std::vector<DomainName> spf{};
  std::string rule_file{};
  EntryId written{0};
  std::optional<Action> then{};  // for entries that have no action of their own
  Shrinking shrinking = Shrinking::suspicious;
  friend bool operator==(const ListOrigin&, const ListOrigin&) = default;
};

// An entry that matches far more than anybody means (rules/lists/safety_limits.h).
struct BroadEntry {
  EntryId entry = kNoEntry;
  std::string why;  // `it matches every name below 'com'`
};

class List {
 public:
  // `longest`: of the texts that are compared with regexes, in bytes.
  List(std::string name, std::size_t longest) : regexes_(longest) {
    origin_.name = std::move(name);
  }
  List(const List&) = delete;
  List& operator=(const List&) = delete;
  virtual ~List() = default;

  [[nodiscard]] virtual ListKind kind() const = 0;
  // Before the first add(); may be left out.
  void set_origin(ListOrigin origin) { origin_ = std::move(origin); }
  // Makes room for so many entries with so many bytes together. More may come.
  virtual void reserve(std::size_t entries, std::size_t bytes) { table_.reserve(entries, bytes); }
  // Adds one value as it is written in a file. The error says what is wrong with it.
  virtual Result<void> add(std::string_view value, int line, EntryData data) = 0;
  // Call once after the last add(); only then may be asked.
  virtual Result<void> build() = 0;
  // The entries that are regular expressions. build() has given them all the memory that they want.
  [[nodiscard]] const PatternSet& regexes() const { return regexes_; }
  // Gives them so many bytes instead (PatternSet::compile()), before anybody asks.
  void limit_regex_memory(std::size_t bytes) { regexes_.compile(bytes); }
  // Domains of a list out of SPF of which nobody knows yet what they publish: what is in no network
  // of the list may be in one of theirs.
  void set_unknown(std::vector<DomainName> domains) { unknown_ = std::move(domains); }
  [[nodiscard]] const std::vector<DomainName>& unknown() const { return unknown_; }
  // What find_broad() has found, once it is built: generations share lists that did not change.
  void set_broad(std::vector<BroadEntry> broad) { broad_ = std::move(broad); }
  [[nodiscard]] const std::vector<BroadEntry>& broad() const { return broad_; }
  // As a person would write the entry.
  [[nodiscard]] virtual std::string entry_text(EntryId id) const = 0;

  [[nodiscard]] const ListOrigin& origin() const { return origin_; }
  [[nodiscard]] const std::string& name() const { return origin_.name; }
  [[nodiscard]] const EntryTable& entries() const { return table_; }
  // How many entries have stopped matching.
  [[nodiscard]] std::size_t expired(UtcTime now) const { return table_.expired(now); }
  // The file in which the entries stand; of a list out of SPF, those that it publishes.
  [[nodiscard]] const std::string& file() const { return origin_.file; }
  // The one in which this entry stands.
  [[nodiscard]] const std::string& file_of(EntryId id) const {
    return id < origin_.written ? origin_.rule_file : origin_.file;
  }
  // The list's own action for its entries, if it has one.
  [[nodiscard]] const std::optional<Action>& then() const { return origin_.then; }

  // The action for this entry that replaces the rule's: the entry's, else the list's, else null.
  [[nodiscard]] const Action* action_for(EntryId id) const;

 protected:
  // For KeyIndex: whoever writes a list file would have to know it before it is written.
  [[nodiscard]] std::uint64_t hash_seed() const { return origin_.text ? origin_.text->low : 0; }

  EntryTable table_;
  PatternSet regexes_;

 private:
  ListOrigin origin_;
  std::vector<BroadEntry> broad_;
  std::vector<DomainName> unknown_;
};

std::unique_ptr<List> make_list(ListKind kind, std::string name);

}  // namespace postern::lists
