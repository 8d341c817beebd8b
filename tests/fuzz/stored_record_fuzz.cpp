// What is in the file of a store: refused, or a record that has the same bytes again, and of which
// any effect makes another that has bytes, too.
#include <optional>
#include <string>

#include "server/state/stored_record.h"
#include "tests/fuzz/require.h"

namespace postern::stored_record_fuzz {
namespace {

using namespace std::chrono_literals;

void check_record(std::string_view bytes) {
  const auto record = state::record_in(bytes);
  if (!record) return;
  require(state::bytes_of(*record) == bytes);
  const state::StoreTime now(1'800'000'000s);
  const decltype(state::Change::what) all[] = {Touch{},
                                               Mark{},
                                               Take{3, 36s},
                                               Take{0xffffffff, std::chrono::days(400)},
                                               state::AddHash{7, 1h, 5},
                                               state::Forget{}};
  for (const auto& what : all) {
    std::optional<state::StoredRecord> changed = record;
    state::carry_out({{}, record->kind, what, 1h, now}, changed);
    const StateFact fact = state::fact_of(changed, now);
    require(fact.record.debt <= state::kMaxDebt && fact.record.members <= kMaxMembers);
    require(fact.record.since_first >= 0s && fact.record.since_last >= 0s);
    if (changed) require(state::record_in(state::bytes_of(*changed)).has_value());
  }
}

}  // namespace
}  // namespace postern::stored_record_fuzz

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  postern::stored_record_fuzz::check_record(postern::as_text(data, size));
  return 0;
}
