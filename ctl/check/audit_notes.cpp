#include "ctl/check/audit_notes.h"

#include <algorithm>

#include "ctl/lists/list_use.h"
#include "rules/lists/list_audit.h"

namespace postern::ctl {
namespace {

// `other` with where it stands.
std::string place(const lists::AuditExample& example) {
  const std::string line =
      example.other_line > 0 ? " of line " + std::to_string(example.other_line) : "";
  return example.other + line;
}

// Field by field: g++ 12 takes the temporary for uninitialized when optimizing.
void add_note(const lists::List& list, int line, std::string message,
              std::vector<ListNote>& notes) {
  ListNote& note = notes.emplace_back();
  note.where.file = list.file();
  note.where.line = line;
  note.message = std::move(message);
}

template <class Words>
void add_notes(const lists::List& list, const lists::AuditFinding& finding, const std::string& kind,
               Words words, std::vector<ListNote>& notes) {
  for (const lists::AuditExample& example : finding.examples) {
    add_note(list, example.line, example.entry + words(example), notes);
  }
  const std::size_t rest = finding.count - std::min(finding.count, finding.examples.size());
  if (rest > 0) add_note(list, 0, "and " + std::to_string(rest) + " more " + kind, notes);
}

bool is_used_against(const std::vector<ListUse>& uses, const lists::List& list) {
  return std::any_of(uses.begin(), uses.end(),
                     [&](const ListUse& use) { return use.list == &list && blocks(use); });
}

}  // namespace

std::vector<ListNote> audit_notes(const Snapshot& snapshot, UtcTime now) {
  const auto uses = uses_of_lists(snapshot);
  std::vector<ListNote> notes;
  for (const auto& list : snapshot.lists()) {
    // What domains publish nobody here can put in order.
    if (!list->origin().spf.empty()) continue;
    const auto popular = is_used_against(uses, *list) ? snapshot.well_known()
                                                      : std::vector<const lists::DomainList*>{};
    const lists::ListAudit audit = lists::audit_list(*list, now, popular);
    add_notes(
        *list, audit.duplicates, "duplicates",
        [](const auto& example) { return " is there already: " + place(example); }, notes);
    add_notes(
        *list, audit.covered, "entries that others cover",
        [](const auto& example) { return " could go: covered by " + place(example); }, notes);
    add_notes(
        *list, audit.below_exact, "such names",
        [](const auto& example) {
          return " is below " + place(example) + ", which stands for itself alone; was ." +
                 example.other + " meant?";
        },
        notes);
    add_notes(
        *list, audit.expired, "expired entries",
        [](const auto&) { return " has expired and matches nothing"; }, notes);
    add_notes(
        *list, audit.well_known, "that hit popular domains",
        [](const auto& example) { return " hits " + place(example) + ", a popular domain"; },
        notes);
  }
  return notes;
}

}  // namespace postern::ctl
