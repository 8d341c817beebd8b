// A table whose lines all say the same: names, networks, addresses and expressions, in any order.
// Pure.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <unordered_set>

#include "ctl/import/access_table.h"
#include "ctl/import/table_lines.h"

namespace postern {

class FlatTable {
 public:
  // `about` where the request does not say; `then` likewise. The ledger outlives the table.
  FlatTable(const ImportRequest& request, std::string_view about, std::string_view then,
            LineLedger& ledger);

  // Each records the fate of the line. `value` is as in a list file, `part` what of the line it
  // was.
  void add_name(const TableLine& line, std::string_view part, const std::string& value);
  void add_network(const TableLine& line, std::string_view part, const std::string& value);
  void add_address(const TableLine& line, std::string_view part, const std::string& value);

  // Names are compared with `sender_domain`, `client_name`, ...; networks with the client.
  [[nodiscard]] const std::string& names_about() const { return steps_[names].attribute; }
  void write(Imported& imported);

 private:
  enum Step : std::size_t { addresses, names, networks };
  void add(Step step, const TableLine& line, std::string_view part, const std::string& value);
  void warn_of_well_known();

  const ImportRequest& request_;
  LineLedger& ledger_;
  Outcome outcome_;
  std::array<TableStep, 3> steps_;
  std::array<std::unordered_set<std::string>, 3> seen_;
  std::vector<int> name_lines_;  // by entry of the names
};

// Whether a word is an address or a network in CIDR notation.
bool looks_like_network(std::string_view word);

}  // namespace postern
