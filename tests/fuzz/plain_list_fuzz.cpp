// Any bytes as a list file of every kind; the first byte says which.
#include "rules/load/plain_list.h"

#include "rules/lists/list_audit.h"
#include "tests/fuzz/require.h"

namespace postern::plain_list_fuzz {
namespace {

void check(lists::ListKind kind, std::string_view text) {
  Diagnostics diagnostics;
  const auto list = lists::make_list(kind, "l");
  load::load_plain_list(text, "l.txt", *list, diagnostics);
  require(diagnostics.errors() <= load::kMaxReported + 1);
  if (!list->build()) return;
  const lists::ListAudit audit = lists::audit_list(*list, UtcTime{}, {});
  require(audit.duplicates.count + audit.covered.count + audit.below_exact.count +
              audit.expired.count <=
          audit.entries);
  require(list->expired(UtcTime{}) == audit.expired.count);
  int line = 0;
  for (lists::EntryId id = 0; id < list->entries().size(); ++id) {
    require(list->entries().line(id) > line);
    line = list->entries().line(id);
    require(list->entry_text(id).size() <= load::kMaxListLine);
    const lists::EntryData* data = list->entries().data(id);
    require(data == nullptr || !data->empty());
    const Action* action = list->action_for(id);
    require(action == nullptr || is_final(kind_of(*action)) || kind_of(*action) == ActionKind::log);
  }
}

}  // namespace
}  // namespace postern::plain_list_fuzz

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  postern::plain_list_fuzz::check(static_cast<postern::lists::ListKind>(data[0] % 4),
                                  postern::as_text(data + 1, size - 1));
  return 0;
}
