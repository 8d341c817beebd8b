// Any bytes give rules or an error; rules that load give a verdict at every stage.
#include "rules/load/rule_file.h"

#include "rules/decision.h"
#include "rules/load/shrunk_lists.h"
#include "tests/fuzz/require.h"

namespace postern::rule_file_fuzz {
namespace {

Result<std::string_view> read_list(const std::string&) {
  return "a.example\n192.0.2.1\n";
}

void decide(const std::shared_ptr<const Snapshot>& snapshot, Stage stage) {
  Transaction transaction;
  transaction.stage = stage;
  transaction.client = IpAddress::from_v4(0xc0000201);
  transaction.helo = "h.example";
  if (stage >= Stage::mail) transaction.sender = MailAddress::from_envelope("s@a.example");
  if (stage >= Stage::rcpt) transaction.recipient = MailAddress::from_envelope("r@b.example");
  Decision decision(snapshot, transaction, nullptr, std::chrono::system_clock::time_point{});
  if (decision.step() == Decision::Step::need_facts) {
    require(!decision.questions().empty() && stage >= Stage::mail);
    decision.give_up(dns::DnsReason::deadline);
    require(decision.step() == Decision::Step::done);
  }
  const Verdict& verdict = decision.verdict();
  require(verdict.pending_rule.empty() || verdict.rule.empty());
  // What could not be found out never costs a message.
  if (verdict.finding == "unknown") {
    require(verdict.action != Disposition::reject && verdict.action != Disposition::discard);
    require(verdict.action != Disposition::redirect);
  }
  require((verdict.action == Disposition::redirect) == !verdict.redirect.empty());
}

// Loaded again, list files give the same lists, and nothing has shrunk.
void reload(std::string_view text, const Snapshot& before) {
  Diagnostics diagnostics;
  const auto after = load::load_rules(text, "f", read_list, 2, {}, diagnostics, &before);
  require(after != nullptr && after->lists().size() == before.lists().size());
  for (const auto& list : before.lists()) {
    require(!list->origin().text || after->find_list(list->name()) == list);
  }
  require(load::find_shrunk(before, *after, text, "f").empty());
}

void check(std::string_view text) {
  Diagnostics diagnostics;
  const auto snapshot = load::load_rules(text, "f", read_list, 1, {}, diagnostics);
  require((snapshot != nullptr) == !diagnostics.has_errors());
  if (!snapshot) return;
  reload(text, *snapshot);
  for (Stage stage :
       {Stage::connect, Stage::helo, Stage::mail, Stage::rcpt, Stage::data, Stage::eom}) {
    decide(snapshot, stage);
  }
}

}  // namespace
}  // namespace postern::rule_file_fuzz

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  postern::rule_file_fuzz::check(postern::as_text(data, size));
  return 0;
}
