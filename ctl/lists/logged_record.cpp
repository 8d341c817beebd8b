#include "ctl/lists/logged_record.h"

#include <algorithm>

#include "ctl/log/logged_transaction.h"
#include "rules/attribute.h"
#include "rules/journal/verdict_members.h"

namespace postern::ctl {
namespace {

bool is_told(const AttributeInfo& info, const LogFields& fields) {
  const auto field = fields.find(info.word);
  const bool is_cut = field != fields.end() && field->second.cut;
  return !is_cut && info.told_with != Attribute::header;
}

}  // namespace

std::optional<journal::JournalRecord> record_of(const LogEntry& entry) {
  const auto door = door_named(field_of(entry.fields, "door"));
  const auto stage = parse_stage(field_of(entry.fields, "stage"));
  const auto action =
      std::ranges::find(journal::kDispositions, field_of(entry.fields, "action"),
                        [](Disposition disposition) { return to_string(disposition); });
  if (!entry.time || !door || !stage || action == journal::kDispositions.end()) {
    return std::nullopt;
  }
  journal::JournalRecord record;
  record.time = *entry.time;
  record.door = *door;
  record.verdict.action = *action;
  record.verdict.reply = field_of(entry.fields, "reply");
  record.transaction.stage = *stage;
  if (!fill_from_log(entry.fields, record.transaction)) return std::nullopt;
  for (const AttributeInfo& info : attributes()) {
    if (is_told(info, entry.fields)) continue;
    record.transaction.untold.set(static_cast<std::size_t>(info.attribute));
  }
  return record;
}

}  // namespace postern::ctl
