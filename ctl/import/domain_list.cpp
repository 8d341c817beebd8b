// A plain list: one name, network or mail address a line, as a Postern list takes them. # begins a
// comment.
#include <algorithm>

#include "ctl/import/flat_table.h"
#include "ctl/import/formats.h"

namespace postern {
namespace {

// A comment begins with # at the start of a word.
std::string_view without_comment(std::string_view line) {
  for (std::size_t at = line.find('#'); at != line.npos; at = line.find('#', at + 1)) {
    if (at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t') return line.substr(0, at);
  }
  return line;
}

void add_value(FlatTable& table, LineLedger& ledger, const TableLine& line,
               std::string_view content) {
  const WordAndRest words = cut_word(content);
  const std::string value(words.word);
  if (!words.rest.empty()) {
    ledger.refuse(line, words.rest,
                  "found '" + std::string(words.rest.substr(0, 40)) +
                      "' behind the value; a plain list has one value a line");
  } else if (value.starts_with('~')) {
    ledger.refuse(line, words.word, "an expression is no name");
  } else if (looks_like_network(value)) {
    table.add_network(line, words.word, value);
  } else if (value.find('@') != value.npos) {
    table.add_address(line, words.word, value);
  } else {
    table.add_name(line, words.word, value);
  }
}

}  // namespace

Imported import_domain_list(const ImportRequest& request) {
  LineLedger ledger(request);
  FlatTable table(request, "sender_domain", "log", ledger);
  for (const TableLine& line : plain_lines(request.text)) {
    const std::string_view content = trimmed(without_comment(line.text));
    if (!content.empty()) add_value(table, ledger, line, content);
  }
  if (request.then.empty()) {
    ledger.note(
        "a plain list says nothing of what to do: the rule only notes what it matches; say "
        "what it should do with --then");
  }
  Imported imported;
  table.write(imported);
  ledger.finish(imported);
  return imported;
}

}  // namespace postern
