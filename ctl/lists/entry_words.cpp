#include "ctl/lists/entry_words.h"

#include "ctl/cli/installation.h"
#include "ctl/cli/printing.h"
#include "server/control/control_json.h"

namespace postern::ctl {
namespace {

std::map<std::string, EntryCount> counts_of(const RulesOnDisk& rules, const lists::List& list) {
  if (list.file() == rules.read.files.front().path) return {};
  auto answers = ask_daemons(
      daemons_of(rules.settings),
      {"GET", "/v1/entries?list=" + percent_encoded(list.name()) + "&hit=yes&limit=10000", {}},
      kQuickAnswer);
  std::erase_if(answers, [](const DaemonAnswer& answer) { return !answer.ok(); });
  std::map<std::string, EntryCount> counts;
  for (EntryCount& count : sum_entries(answers)) counts.emplace(count.entry, std::move(count));
  return counts;
}

}  // namespace

EntryWords::EntryWords(const RulesOnDisk& rules, const std::vector<ListedEntry>& entries,
                       const CommandContext& context)
    : rules_(rules),
      context_(context),
      now_(std::chrono::floor<std::chrono::seconds>(context.now)) {
  for (const ListedEntry& entry : entries) {
    if (!counts_.contains(entry.list)) counts_.emplace(entry.list, counts_of(rules, *entry.list));
  }
}

const EntryCount* EntryWords::count_of(const ListedEntry& entry) const {
  const auto& counts = counts_.at(entry.list);
  const auto count = counts.find(entry.list->entry_text(entry.id));
  return count == counts.end() ? nullptr : &count->second;
}

std::uint64_t EntryWords::hits(const ListedEntry& entry) const {
  const EntryCount* count = count_of(entry);
  return count == nullptr ? 0 : count->hits;
}

std::string EntryWords::text_of(const ListedEntry& entry) const {
  return rules_.hidden.shown(entry.list->file_of(entry.id), entry.list->entry_text(entry.id));
}

lists::EntryData EntryWords::data_of(const ListedEntry& entry) const {
  const lists::EntryData* data = entry.list->entries().data(entry.id);
  return data == nullptr || !rules_.hidden.empty() ? lists::EntryData{} : *data;
}

std::string EntryWords::line(const ListedEntry& entry) const {
  const lists::EntryData data = data_of(entry);
  std::string text = explain::short_path(entry.list->file_of(entry.id), context_.settings_file) +
                     ":" + std::to_string(entry.list->entries().line(entry.id)) + ": " +
                     text_of(entry);
  if (!data.reason.empty()) text += ", \"" + data.reason + "\"";
  if (!data.owner.empty()) text += ", by " + data.owner;
  if (data.expires) {
    text += (*data.expires <= now_ ? ", EXPIRED " : ", until ") + format_utc(*data.expires);
  }
  if (const EntryCount* count = count_of(entry)) {
    text += "; " + std::to_string(count->hits) + " hits, last " + time_with_age(count->last, now_);
  }
  return text;
}

boost::json::object EntryWords::json(const ListedEntry& entry) const {
  const lists::EntryData data = data_of(entry);
  const EntryCount* count = count_of(entry);
  return {{"list", entry.list->name()},
          {"file", control::json_text(entry.list->file_of(entry.id))},
          {"line", entry.list->entries().line(entry.id)},
          {"entry", control::json_text(text_of(entry))},
          {"reason", control::json_text(data.reason)},
          {"owner", control::json_text(data.owner)},
          {"expires", data.expires ? boost::json::value(format_utc(*data.expires)) : nullptr},
          {"expired", !entry.list->entries().alive(entry.id, now_)},
          {"hits", hits(entry)},
          {"last", count == nullptr ? boost::json::value() : boost::json::value(count->last)}};
}

std::vector<std::string> EntryWords::columns(const ListedEntry& entry) const {
  const lists::EntryData data = data_of(entry);
  const EntryCount* count = count_of(entry);
  return {entry.list->name(),
          text_of(entry),
          data.reason,
          data.owner,
          data.expires ? format_utc(*data.expires) : "",
          std::to_string(hits(entry)),
          count == nullptr ? "" : count->last,
          entry.list->file_of(entry.id),
          std::to_string(entry.list->entries().line(entry.id))};
}

}  // namespace postern::ctl
