// postgrey's whitelist_clients: names (with everything below them), /expressions/ (of Perl, case
// ignored), addresses, networks, and beginnings of three octets. # begins a comment anywhere.
#include <algorithm>

#include "common/ip_network.h"
#include "ctl/import/flat_table.h"
#include "ctl/import/formats.h"
#include "ctl/import/octet_prefix.h"
#include "ctl/import/re2_pattern.h"

namespace postern {
namespace {

void add_expression(FlatTable& table, LineLedger& ledger, const TableLine& line,
                    std::string_view word) {
  auto entry =
      re2_entry(word.substr(1, word.size() - 2), PatternSyntax::pcre, PatternCase::ignored);
  if (!entry) {
    ledger.refuse(line, word, entry.error().text);
    return;
  }
  if (entry_matches(*entry, "unknown")) {
    ledger.warn(line, word,
                "postgrey also compares 'unknown', for clients without a name; Postern does not");
  }
  table.add_name(line, word, *entry);
}

// NetAddr::IP takes host bits, and means the network around the address.
std::string without_host_bits(std::string_view word) {
  const std::size_t slash = word.find('/');
  const auto address = IpAddress::parse(word.substr(0, slash));
  if (!address || slash == word.npos || IpNetwork::parse(word)) return std::string(word);
  IpAddress::Bytes bytes = address->bytes();
  for (std::size_t bit = 128; bit-- > 0;) {
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] & ~(0x80U >> bit % 8));
    std::string network = IpAddress(bytes).to_string() + std::string(word.substr(slash));
    if (IpNetwork::parse(network)) return network;
  }
  return std::string(word);
}

void add_octets(FlatTable& table, LineLedger& ledger, const TableLine& line,
                std::string_view word) {
  const auto dots = std::count(word.begin(), word.end(), '.');
  if (dots == 2) {
    const auto network = ipv4_octets(word);
    network ? table.add_network(line, word, *network)
            : ledger.refuse(line, word, network.error().text);
  } else if (looks_like_network(word)) {
    table.add_network(line, word, without_host_bits(word));
  } else {
    ledger.refuse(line, word,
                  "neither an address nor three octets; what postgrey makes of it depends on its "
                  "version");
  }
}

void add_client(FlatTable& table, LineLedger& ledger, const TableLine& line,
                std::string_view word) {
  if (word.find_first_of(" \t") != word.npos) {
    ledger.refuse(line, word, "more than one word");
  } else if (word.size() > 2 && word.front() == '/' && word.back() == '/') {
    add_expression(table, ledger, line, word);
  } else if (looks_like_octets(word) || looks_like_network(word)) {
    add_octets(table, ledger, line, word);
  } else {
    table.add_name(line, word, "." + std::string(word));
  }
}

}  // namespace

Imported import_postgrey_clients(const ImportRequest& request) {
  LineLedger ledger(request);
  FlatTable table(request, "client", "log", ledger);
  for (const TableLine& line : plain_lines(request.text)) {
    const std::string_view content = trimmed(
        std::string_view(line.text).substr(0, std::min(line.text.find('#'), line.text.size())));
    if (!content.empty()) add_client(table, ledger, line, content);
  }
  if (request.then.empty()) {
    ledger.note(
        "these clients are spared greylisting, which Postern does not do: the rule only "
        "notes them; say what it should do with --then");
  }
  Imported imported;
  table.write(imported);
  ledger.finish(imported);
  return imported;
}

}  // namespace postern
