// Spam: entries of sendmail's access map (FEATURE(`delay_checks', `friend') or `hater'): for which
// recipients the tables of clients and senders count at all. Pure.
#pragma once

#include <string>
#include <vector>

#include "ctl/import/access_table.h"
#include "ctl/import/sendmail_check_table.h"

namespace postern::import {

class SendmailSpam {
 public:
  // The log outlives this.
  explicit SendmailSpam(ImportLog& log);

  // REQUIRES: a key in lower case, without tag; the line outlives this.
  void add(const TableLine& line, const std::string& key, std::string_view result);
  // Appends the rules that skip `rules` for those whom they do not concern, and records the
  // statuses of the lines.
  void write(const std::string& name, const std::vector<std::string>& rules, Imported& imported);

 private:
  struct Entry {
    const TableLine* line;
    SendmailKey key;
    std::string result;  // in lower case
  };
  void place(const Entry& entry, std::string_view counts, const Outcome& outcome);

  ImportLog& log_;
  std::vector<Entry> entries_;
  KeySteps keys_;  // in the order in which check_rcpt looks them up
};

}  // namespace postern::import
