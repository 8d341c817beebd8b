// One of the three tables that sendmail's access map is: that of Connect:, From: or To:; and its
// keys that are about mail addresses (rule sets F, U and D of proto.m4). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "ctl/import/access_table.h"
#include "ctl/import/outcome.h"
#include "ctl/import/table_lines.h"

namespace postern::import {

// Where in the SMTP session the map is asked; OK and REJECT differ.
enum class SendmailCheck { connect, from, to };

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

// Where such a key is looked up, and as what of a Postern list.
struct SendmailKey {
  enum class Kind {
    address,  // user@domain, user+detail@domain, user+*@domain
    user,     // user@
    domain,   // with what is below it
  };
  Kind kind;
  std::string value;  // of an address list, or of a domain list
};

// REQUIRES: a key in lower case. Errors: what sendmail never looks up, or in another order.
Result<SendmailKey> place_sendmail_address(const std::string& key);
// The value of a domain list for a name and what is below it.
Result<std::string> place_sendmail_domain(const std::string& key);

// `user@domain` is also found for user+detail@domain, after everything that is exact: appends the
// expressions for that, or says that they are too many.
void add_details(std::vector<TableEntry>& entries, ImportLog& log);

// Reads the right-hand side (cf/README, "Access Database").
// What is no answer of an access map is a text with which sendmail refuses (the last rule of each
// check in proto.m4), and a change says what is odd about it.
// Errors: a reply code that refuses nothing; what depends on other settings of sendmail's.
Result<ReadOutcome> read_sendmail_result(std::string_view text, SendmailCheck check);

}  // namespace postern::import
