// One of the three tables that sendmail's access map is: that of Connect:, From: or To:. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/import/key_steps.h"
#include "ctl/import/outcome_reader.h"
#include "ctl/import/sendmail_result.h"

namespace postern::import {

class SendmailCheckTable {
 public:
  // The log outlives the table.
  SendmailCheckTable(SendmailCheck check, ImportLog& log);

  // Whether the table can hold the key at all.
  [[nodiscard]] bool takes(const std::string& key) const;
  // Adds what `key` and `result` of the line are, and records its status. The outcome: one that
  // does nothing when it is refused. REQUIRES: a key in lower case, without tag.
  Outcome add(const TableLine& line, const std::string& key, std::string_view result);
  // The names of the rules.
  std::vector<std::string> write(const std::string& name, Imported& imported);

 private:
  struct Placed {
    std::size_t step = 0;
    std::string value;
  };
  [[nodiscard]] Result<Placed> place(const std::string& key) const;
  [[nodiscard]] std::optional<Placed> place_wider(const std::string& key) const;
  void warn_of(const TableLine& line, const std::string& key);

  SendmailCheck check_;
  OutcomeReader outcomes_;
  ImportLog& log_;
  KeySteps keys_;
};

// Whether the key is of addresses of clients: never of a mail address.
bool is_sendmail_client_address(std::string_view key);

}  // namespace postern::import
