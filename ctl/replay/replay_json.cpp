#include <string>

#include "ctl/replay/replay_page.h"
#include "server/control/control_json.h"

namespace postern::ctl {
namespace {

namespace json = boost::json;
using control::json_text;

json::object entry_json(const replay::EntryPlace& entry) {
  return {{"list", json_text(entry.list)},
          {"entry", json_text(entry.entry)},
          {"file", json_text(entry.file)},
          {"line", entry.line}};
}

json::object counts_json(const std::map<std::string, std::uint64_t>& counts) {
  json::object all;
  for (const auto& [name, count] : counts) all.emplace(json_text(name), count);
  return all;
}

json::object change_json(const replay::Change& change, const replay::ChangeCounts& counts) {
  json::array entries;
  for (const auto& [entry, count] : counts.by_entry) {
    json::object one = entry_json(entry);
    one.emplace("decisions", count);
    entries.push_back(std::move(one));
  }
  return {{"then", to_string(change.then)},
          {"now", change.now ? json::value(to_string(*change.now)) : json::value()},
          {"decisions", counts.tally.decisions()},
          {"messages", counts.tally.messages()},
          {"by_rule", counts_json(counts.by_rule)},
          {"by_domain", counts_json(counts.by_domain)},
          {"by_entry", std::move(entries)}};
}

json::object lost_json(const replay::GoodMail& good) {
  const replay::LostMail& mail = good.mail;
  json::object one{
      {"time", format_utc(mail.time)},          {"sender", json_text(mail.sender)},
      {"recipient", json_text(mail.recipient)}, {"now", to_string(mail.now)},
      {"rule", json_text(mail.rule)},           {"standing", to_string(good.standing)}};
  if (!mail.entry.file.empty()) one.emplace("entry", entry_json(mail.entry));
  return one;
}

using Reasons = std::map<replay::Differences::Reason, replay::Tally>;

json::array reasons_json(const Reasons& reasons) {
  json::array all;
  for (const auto& [reason, tally] : reasons) {
    all.push_back({{"rule", json_text(reason.first)},
                   {"needs", reason.second},
                   {"decisions", tally.decisions()},
                   {"messages", tally.messages()}});
  }
  return all;
}

json::object read_json(const PastRead& read) {
  if (!read.journal) {
    return {
        {"lines", read.lines}, {"own", read.own}, {"without_beginning", read.without_beginning}};
  }
  const AsRecordedCounts& then = read.as_recorded;
  json::object not_kept;
  for (const auto& [generation, count] : then.not_kept) {
    not_kept.emplace(std::to_string(generation), count);
  }
  json::array others;
  for (const std::string& other : then.others) others.push_back(json_text(other));
  return {{"records", read.journal->records},
          {"torn", read.journal->torn},
          {"unreadable", read.journal->unreadable},
          {"as_recorded", json::object{{"same", then.same},
                                       {"other", then.other},
                                       {"first_others", std::move(others)},
                                       {"incomplete", counts_json(then.incomplete)},
                                       {"not_kept", std::move(not_kept)}}}};
}

}  // namespace

json::object replay_json(const ReplayAnswer& answer) {
  const replay::Differences& found = *answer.differences;
  json::array changes;
  for (const auto& [change, counts] : found.changes()) {
    changes.push_back(change_json(change, counts));
  }
  json::array would;
  for (const auto& [what, tally] : found.would()) {
    would.push_back({{"rule", json_text(what.first)},
                     {"action", to_string(what.second)},
                     {"decisions", tally.decisions()},
                     {"messages", tally.messages()}});
  }
  json::array lost;
  for (const replay::GoodMail& good : answer.lost) lost.push_back(lost_json(good));
  return {{"rules", json_text(answer.rules)},
          {"read", read_json(answer.read)},
          {"decisions", found.decisions()},
          {"unchanged", found.unchanged()},
          {"asked_today", found.asked()},
          {"other_text", found.other_text().tally.decisions()},
          {"changes", std::move(changes)},
          {"undecided", reasons_json(found.undecided())},
          {"would", std::move(would)},
          {"would_is_incomplete", reasons_json(found.not_looked_at())},
          {"good_mail_lost", std::move(lost)},
          {"lost_unseen", found.lost_unseen()}};
}

}  // namespace postern::ctl
