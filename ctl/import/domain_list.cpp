// A plain list: one name, network or mail address a line, as a Postern list takes them. # and ;
// begin a comment (; as in Spamhaus' DROP).
#include "ctl/import/address_word.h"
#include "ctl/import/flat_table.h"
#include "ctl/import/formats.h"

namespace postern::import {
namespace {

void add_value(FlatTable& table, ImportLog& log, const TableLine& line, std::string_view content) {
  const WordAndRest words = cut_word(content);
  const std::string value(words.word);
  if (!words.rest.empty()) {
    log.refuse(line, words.rest,
               "found '" + std::string(words.rest.substr(0, 40)) +
                   "' behind the value; a plain list has one value a line");
  } else if (value.starts_with('~')) {
    log.refuse(line, words.word, "an expression is no name");
  } else if (const auto meant = network_meant_by(value)) {
    log.warn(line, words.word, "'" + value + "' is taken for the network " + *meant);
    table.add_network(line, words.word, *meant);
  } else if (looks_like_network(value)) {
    table.add_network(line, words.word, value);
  } else if (value.find('@') != value.npos) {
    table.add_address(line, words.word, value);
  } else {
    table.add_name(line, words.word, value);
  }
}

}  // namespace

// A # stands for itself inside of a mail address, and a ; nowhere.
std::string_view plain_list_content(std::string_view line) {
  line = line.substr(0, line.find(';'));
  for (std::size_t at = line.find('#'); at != line.npos; at = line.find('#', at + 1)) {
    const std::string_view before = line.substr(0, at);
    const std::string_view value = trimmed(before);
    if (value.size() < before.size() || value.empty() || looks_like_network(value)) return value;
  }
  return trimmed(line);
}

Imported import_domain_list(const ImportRequest& request) {
  return import_flat(request,
                     {.about = "sender_domain",
                      .how = FlatFormat::About::assumed,
                      .without_then = "a plain list says nothing of what to do"},
                     plain_list_content, add_value);
}

}  // namespace postern::import
