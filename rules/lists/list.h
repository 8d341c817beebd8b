// A named list of a rule file: a set of values to compare with, each of which may carry its reason,
// owner, expiry and an action of its own. Built once by the loader, then immutable; any number of
// threads may ask. The kind says what the values are.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/domain_name.h"
#include "common/ip_address.h"
#include "common/mail_address.h"
#include "rules/lists/entry_table.h"

namespace postern {

enum class ListKind : std::uint8_t { network, domain, address, text };

std::string_view to_string(ListKind kind);
std::optional<ListKind> parse_list_kind(std::string_view text);

class List {
 public:
  explicit List(std::string name) : name_(std::move(name)) {}
  List(const List&) = delete;
  List& operator=(const List&) = delete;
  virtual ~List() = default;

  [[nodiscard]] virtual ListKind kind() const = 0;
  // Adds one value as it is written in a file. The error says what is wrong with it.
  virtual Result<void> add(std::string_view value, int line, EntryData data) = 0;
  // Call once after the last add(); only then may be asked.
  virtual Result<void> build() = 0;
  // As a person would write the entry.
  [[nodiscard]] virtual std::string entry_text(EntryId id) const = 0;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const EntryTable& entries() const { return table_; }
  // The file in which the entries stand.
  [[nodiscard]] const std::string& file() const { return file_; }
  void set_file(std::string file) { file_ = std::move(file); }
  // The list's own action for its entries, if it has one.
  [[nodiscard]] const std::optional<Action>& then() const { return then_; }
  void set_then(Action action) { then_ = std::move(action); }

  // The action for this entry that replaces the rule's: the entry's, else the list's, else null.
  [[nodiscard]] const Action* action_for(EntryId id) const;

 protected:
  EntryTable table_;

 private:
  std::string name_;
  std::string file_;
  std::optional<Action> then_;
};

std::unique_ptr<List> make_list(ListKind kind, std::string name);

}  // namespace postern
