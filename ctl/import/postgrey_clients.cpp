// postgrey's whitelist_clients: names (with everything below them), /expressions/ (of Perl, case
// ignored), addresses, networks, and beginnings of three octets. # begins a comment anywhere.
#include <algorithm>

#include "ctl/import/address_word.h"
#include "ctl/import/flat_table.h"
#include "ctl/import/formats.h"
#include "ctl/import/re2_pattern.h"

namespace postern::import {
namespace {

void add_expression(FlatTable& table, ImportLog& log, const TableLine& line,
                    std::string_view word) {
  auto entry =
      re2_entry(word.substr(1, word.size() - 2), PatternSyntax::pcre, PatternCase::ignored);
  if (!entry) {
    log.refuse(line, word, entry.error().text);
    return;
  }
  if (entry_matches(*entry, "unknown")) {
    log.warn(line, word,
             "postgrey also compares 'unknown', for clients without a name; Postern does not");
  }
  table.add_name(line, word, *entry);
}

void add_octets(FlatTable& table, ImportLog& log, const TableLine& line, std::string_view word) {
  const auto dots = std::count(word.begin(), word.end(), '.');
  if (dots == 2) {
    const auto network = ipv4_octets(word);
    network ? table.add_network(line, word, *network)
            : log.refuse(line, word, network.error().text);
  } else if (looks_like_network(word)) {
    table.add_network(line, word, network_around(word));
  } else {
    log.refuse(line, word,
               "neither an address nor three octets; what postgrey makes of it depends on its "
               "version");
  }
}

void add_client(FlatTable& table, ImportLog& log, const TableLine& line, std::string_view word) {
  if (word.find_first_of(" \t") != word.npos) {
    log.refuse(line, word, "more than one word");
  } else if (word.size() > 2 && word.front() == '/' && word.back() == '/') {
    add_expression(table, log, line, word);
  } else if (looks_like_octets(word) || looks_like_network(word)) {
    add_octets(table, log, line, word);
  } else if (is_meant_as_addresses(word)) {
    log.refuse(line, word,
               no_name_but_addresses(word) + "; postgrey takes it for a name, which none is");
  } else if (word.ends_with('.')) {
    log.refuse(line, word, "postgrey finds a final dot in no name of a client; want it without");
  } else {
    table.add_name(line, word, "." + std::string(word));
  }
}

}  // namespace

Imported import_postgrey_clients(const ImportRequest& request) {
  return import_flat(
      request,
      {.about = "client",
       .without_then = "these clients are spared greylisting, which is --then 'skip greylist'"},
      without_comment, add_client);
}

}  // namespace postern::import
