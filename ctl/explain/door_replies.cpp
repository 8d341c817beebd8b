#include "ctl/explain/door_replies.h"

#include "common/base/duration.h"
#include "common/base/escape.h"
#include "common/base/words.h"
#include "policyd/dialogue.h"

namespace postern::ctl {
namespace {

// The address when there are others.
std::string for_whom(const Transaction& transaction, std::size_t recipients) {
  if (recipients < 2 || !transaction.recipient) return "";
  return " <" + printable(transaction.recipient->text()) + ">";
}

void note_policy(const Verdict& verdict, const Transaction& transaction, DoorReplies& replies) {
  if (verdict.delay.count() > 0) {
    replies.notes.push_back("the reply is held back for " + format_duration(verdict.delay));
  }
  const bool kept = verdict.action == Disposition::pass && transaction.stage < Stage::eom;
  if (kept && verdict.prepend.size() + verdict.copies.size() > 1) {
    replies.notes.emplace_back(
        "a policy reply carries one header or copy: the next one goes with the next "
        "reply for the same message");
  }
}

}  // namespace

std::string command_of(Stage stage) {
  using enum Stage;
  static constexpr Word<Stage> kWords[] = {{"CONNECT", connect}, {"HELO", helo},
                                           {"MAIL", mail},       {"RCPT", rcpt},
                                           {"DATA", data},       {"END-OF-MESSAGE", eom}};
  return std::string(word_of(kWords, stage));
}

void append_escaped(std::string& out, unsigned char byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += "\\x";
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

std::string escaped_bytes(std::string_view bytes) {
  std::string out;
  for (char c : bytes) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\\') {
      out += "\\\\";
    } else if (c >= ' ' && c <= '~') {
      out += c;
    } else {
      append_escaped(out, static_cast<unsigned char>(c));
    }
  }
  return out;
}

DoorReplies policy_replies(const std::shared_ptr<const Snapshot>& snapshot,
                           const Transaction& transaction,
                           const std::vector<MailAddress>& recipients, Evaluator& evaluator) {
  DoorReplies replies;
  replies.stage = transaction.stage;
  policyd::Dialogue dialogue([&] { return snapshot; });
  Transaction asked = transaction;
  // Requests of one message have one; a person who explains need not know it.
  if (asked.stage >= Stage::rcpt && asked.instance.empty()) asked.instance = "explain";
  const bool each = asked.stage == Stage::rcpt && recipients.size() > 1;
  // Postfix names a recipient after RCPT when there is only one.
  if (asked.stage > Stage::rcpt && recipients.size() > 1) asked.recipient.reset();
  for (std::size_t i = 0; i < (each ? recipients.size() : 1); ++i) {
    if (each) asked.recipient = recipients[i];
    dialogue.ask(asked);
    replies.verdict =
        evaluator.evaluate(dialogue.rules(), dialogue.transaction(), dialogue.effects()).verdict;
    dialogue.answer(replies.verdict);
    replies.sent.push_back(
        {"asked at " + command_of(asked.stage) + for_whom(asked, each ? recipients.size() : 1), "",
         escaped_bytes(dialogue.reply())});
    note_policy(replies.verdict, asked, replies);
    dialogue.replied();
  }
  return replies;
}

}  // namespace postern::ctl
