// A line of the log, whatever it holds, is refused or becomes a transaction; and what is written
// about that transaction reads back as the same.
#include "ctl/log/log_line.h"

#include <string>

#include "ctl/explain/transaction_input.h"
#include "rules/explain/decision_line.h"
#include "tests/fuzz/require.h"

namespace postern::log_line_fuzz {
namespace {

std::string line_of(const ctl::TransactionInput& input) {
  Verdict verdict;
  verdict.rule = input.logged->rule;
  verdict.generation = input.logged->generation;
  const std::vector<DnsEvidence> evidence;
  return explain::decision_line(
      {to_string(*input.door), input.transaction, verdict, evidence, "-", {}});
}

void check(std::string_view text) {
  const auto input = ctl::transaction_from_log(text);
  if (!input) {
    require(!input.error().text.empty());
    return;
  }
  require(input->door.has_value() && input->logged.has_value());
  const std::string line = line_of(*input);
  const auto again = ctl::transaction_from_log(line);
  require(again.has_value());
  require(again->transaction.client == input->transaction.client);
  require(again->logged->generation == input->logged->generation);
  // Longer values are cut when they are written, and addresses settle once.
  if (!again->cut.empty()) return;
  require(again->transaction.stage == input->transaction.stage);
  require(line_of(*ctl::transaction_from_log(line_of(*again))) == line_of(*again));
}

}  // namespace
}  // namespace postern::log_line_fuzz

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  postern::log_line_fuzz::check(postern::as_text(data, size));
  return 0;
}
