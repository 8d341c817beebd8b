// A table whose lines all say the same: names, networks, addresses and expressions, in any order.
// Pure.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <unordered_set>

#include "ctl/import/access_table.h"
#include "ctl/import/table_lines.h"

namespace postern::import {

// What a format says of all its lines.
struct FlatFormat {
  enum class About {
    said,     // of the format itself
    assumed,  // where the request does not say: said once, and not enough to let mail in
  };

  std::string_view about;
  About how = About::said;
  std::string_view then = "log";       // where the request does not say
  std::string_view without_then = {};  // why nothing is done then: a clause
};

class FlatTable {
 public:
  // The log outlives the table.
  FlatTable(const ImportRequest& request, const FlatFormat& format, ImportLog& log);

  // Each records the status of the line. `value` is as in a list file, `part` what of the line it
  // was.
  void add_name(const TableLine& line, std::string_view part, const std::string& value);
  void add_network(const TableLine& line, std::string_view part, const std::string& value);
  void add_address(const TableLine& line, std::string_view part, const std::string& value);

  // Says what there is to say of the table as a whole. Ends the log.
  Imported finish();

 private:
  enum Step : std::size_t { addresses, names, networks };
  void add(Step step, const TableLine& line, std::string_view part, const std::string& value);
  // Why the line is refused; empty: it is not.
  [[nodiscard]] std::string fault_of(const TableStep& to, const std::string& value) const;
  void note_what_is_assumed();
  void warn_of_well_known();

  const ImportRequest& request_;
  FlatFormat format_;
  ImportLog& log_;
  bool is_assumed_ = false;  // what names and addresses are compared with
  Outcome outcome_;
  std::array<TableStep, 3> steps_;
  std::array<std::unordered_set<std::string>, 3> seen_;
  std::vector<int> name_lines_;  // by entry of the names
};

// The table whose lines `add` takes: each of which `content_of` leaves something.
Imported import_flat(const ImportRequest& request, const FlatFormat& format,
                     std::string_view (*content_of)(std::string_view line),
                     void (*add)(FlatTable& table, ImportLog& log, const TableLine& line,
                                 std::string_view content));

// A line without its comment, which begins with a # wherever it stands, and without blanks.
std::string_view without_comment(std::string_view line);

// Whether a word is an address or a network in CIDR notation.
bool looks_like_network(std::string_view word);

}  // namespace postern::import
