// What a journal says: refused with a reason, or read as what is the same when it is written and
// read again, in one line that is no longer than a journal's.
#include <string>
#include <variant>

#include "rules/journal/journal_line.h"
#include "tests/fuzz/require.h"

namespace postern::journal_line_fuzz {
namespace {

std::string journal_line_of(const journal::JournalLine& line) {
  std::string text;
  std::visit([&](const auto& one) { journal::append_line(text, one); }, line);
  return text;
}

void check_journal_line(std::string_view text) {
  const auto line = journal::read_line(text);
  if (!line) {
    require(!line.error().text.empty());
    return;
  }
  const std::string written = journal_line_of(*line);
  require(written.find('\n') == written.size() - 1);
  const auto again = journal::read_line(written);
  require(again.has_value() && again->index() == line->index());
  require(journal_line_of(*again) == written);
}

}  // namespace
}  // namespace postern::journal_line_fuzz

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  postern::journal_line_fuzz::check_journal_line(postern::as_text(data, size));
  return 0;
}
