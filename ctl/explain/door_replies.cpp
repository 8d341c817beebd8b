#include "ctl/explain/door_replies.h"

#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>

#include <cstdint>
#include <optional>
#include <utility>

#include "common/base/duration.h"
#include "common/base/escape.h"
#include "milter/end_of_message_actions.h"
#include "milter/message_group.h"
#include "milter/negotiation.h"
#include "milter/reply.h"
#include "policyd/message_memory.h"
#include "policyd/reply.h"

namespace postern::ctl {
namespace {

constexpr milter::MilterOffer kWholeOffer{~0UL, ~0UL};

std::string command_of(Stage stage) {
  switch (stage) {
    case Stage::connect:
      return "CONNECT";
    case Stage::helo:
      return "HELO";
    case Stage::mail:
      return "MAIL";
    case Stage::rcpt:
      return "RCPT";
    case Stage::data:
      return "DATA";
    case Stage::eom:
      return "END-OF-MESSAGE";
  }
  return "";
}

// The address when there are others.
std::string for_whom(const Transaction& transaction, std::size_t recipients) {
  if (recipients < 2 || !transaction.recipient) return "";
  return " <" + printable(transaction.recipient->text()) + ">";
}

void append_byte(std::string& out, unsigned char byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += "\\x";
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

std::string big_endian(std::size_t number) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) {
    append_byte(out, static_cast<unsigned char>(number >> shift));
  }
  return out;
}

// One packet of libmilter: length, letter, payload. Numbers are shown as such even where a byte of
// them could be read as a letter.
std::string packet(char letter, std::string_view payload = {}) {
  return big_endian(payload.size() + 1) + letter + escaped_bytes(payload);
}

std::string with_nul(const std::string& text) {
  return text + '\0';
}

SentBytes header_packet(const Header& header) {
  const std::string strings = with_nul(header.name) + with_nul(header.value);
  constexpr std::size_t kIndexBytes = 4;
  return {"at the end of the message", "SMFIR_INSHEADER",
          big_endian(1 + kIndexBytes + strings.size()) + static_cast<char>(SMFIR_INSHEADER) +
              big_endian(0) + escaped_bytes(strings)};
}

SentBytes reply_packet(std::string when, const milter::MilterReply& reply) {
  switch (reply.status) {
    case milter::MilterReply::Status::proceed:
      return {std::move(when), "SMFIR_CONTINUE", packet(SMFIR_CONTINUE)};
    case milter::MilterReply::Status::discard:
      return {std::move(when), "SMFIR_DISCARD", packet(SMFIR_DISCARD)};
    case milter::MilterReply::Status::reject:
    case milter::MilterReply::Status::tempfail:
      break;
  }
  // The text is a format for the MTA.
  const std::string text = reply.code + " " + reply.enhanced + " " + milter::as_format(reply.text);
  return {std::move(when), "SMFIR_REPLYCODE", packet(SMFIR_REPLYCODE, with_nul(text))};
}

// SMFIP_NR_: what the MTA is told not to wait for.
unsigned long no_reply_at(Stage stage) {
  switch (stage) {
    case Stage::connect:
      return SMFIP_NR_CONN;
    case Stage::helo:
      return SMFIP_NR_HELO;
    case Stage::mail:
      return SMFIP_NR_MAIL;
    case Stage::rcpt:
      return SMFIP_NR_RCPT;
    case Stage::data:
      return SMFIP_NR_DATA;
    case Stage::eom:
      return 0;
  }
  return 0;
}

// One session through the milter door, as milter/session has it.
class MilterRun {
 public:
  MilterRun(const std::shared_ptr<const Snapshot>& snapshot, const config::MilterSettings& settings,
            const Transaction& transaction, std::vector<MailAddress> recipients, Judge& judge)
      : snapshot_(snapshot),
        settings_(settings),
        transaction_(transaction),
        recipients_(std::move(recipients)),
        judge_(judge),
        mixed_(settings.mixed_recipients) {
    const auto transport =
        settings.listen ? settings.listen->kind : ListenAddress::Kind::unix_socket;
    const auto agreed =
        milter::negotiate(snapshot->needs(), settings.refuse_clients, transport, kWholeOffer);
    if (agreed) unanswered_ = agreed->steps;
  }

  DoorReplies run() {
    replies_.door = Door::milter;
    replies_.stage = transaction_.stage;
    if (client(Stage::connect) && client(Stage::helo) && sender() && each_recipient() &&
        message(Stage::data) && message(Stage::eom)) {
      effects();
    }
    return std::move(replies_);
  }

 private:
  [[nodiscard]] bool comes_to(Stage stage) const { return stage <= transaction_.stage; }
  [[nodiscard]] bool is_last(Stage stage) const { return stage == transaction_.stage; }

  Verdict verdict_at(Stage stage, const MailAddress* recipient) {
    Transaction transaction = explain::at_stage(transaction_, stage);
    if (recipient != nullptr) transaction.recipient = *recipient;
    if (!snapshot_->needs().stages.contains(stage)) return {};
    Verdict verdict = judge_.judge(snapshot_, transaction).verdict;
    if (!snapshot_->needs().deciding.contains(stage)) keep_notes(verdict);
    return verdict;
  }

  // Whether the session goes on.
  bool client(Stage stage) {
    if (!comes_to(stage)) return true;
    Verdict verdict = verdict_at(stage, nullptr);
    if (verdict.delay.count() > 0) {
      replies_.notes.push_back("the answer to " + command_of(stage) + " is held back for " +
                               format_duration(verdict.delay));
    }
    const milter::MilterReply reply = milter::reply_for(verdict);
    const bool refuses = reply.status != milter::MilterReply::Status::proceed;
    const bool at_once =
        settings_.refuse_clients == config::RefuseClients::at_greeting && stage == Stage::connect &&
        (reply.status == milter::MilterReply::Status::reject || reply.code == "421");
    if (refuses && at_once) return finish(stage, "", std::move(verdict));
    if (refuses && !refusal_) refusal_ = verdict;
    if (!is_last(stage)) return true;
    send_continue(stage, "");
    replies_.verdict = verdict;
    if (refusal_)
      replies_.sent.push_back(reply_packet("in answer to MAIL", milter::reply_for(*refusal_)));
    return true;
  }

  bool sender() {
    if (!comes_to(Stage::mail)) return true;
    if (refusal_) return finish(Stage::mail, "", std::move(*refusal_));
    return conclude(Stage::mail, "", verdict_at(Stage::mail, nullptr));
  }

  bool each_recipient() {
    if (!comes_to(Stage::rcpt)) return true;
    std::vector<MailAddress> taken;
    for (const MailAddress& recipient : recipients_) {
      const std::string whom =
          recipients_.size() < 2 ? "" : " <" + printable(recipient.text()) + ">";
      Verdict verdict = verdict_at(Stage::rcpt, &recipient);
      const bool discards = verdict.action == Disposition::discard;
      const bool shares = shares_message(recipient, verdict);
      if (!shares) defer_as_mixed(verdict);
      if (conclude(Stage::rcpt, whom, std::move(verdict))) taken.push_back(recipient);
      if (!shares) note_split(recipient);
      if (discards) return false;
    }
    if (recipients_.empty()) return conclude(Stage::rcpt, "", verdict_at(Stage::rcpt, nullptr));
    recipients_ = std::move(taken);
    return !recipients_.empty();
  }

  // Whether the recipient may have the message together with those before it.
  bool shares_message(const MailAddress& recipient, const Verdict& verdict) {
    const bool splits = mixed_ == MixedRecipients::split && snapshot_->needs().may_mix_recipients();
    if (!splits || milter::reply_for(verdict).status != milter::MilterReply::Status::proceed)
      return true;
    Transaction transaction = explain::at_stage(transaction_, Stage::rcpt);
    transaction.recipient = recipient;
    const auto put_aside = verdict.action == Disposition::hold ? PutAside::yes : PutAside::no;
    const auto group = recipient_group(*snapshot_, transaction, put_aside, judge_.now());
    return group_.place(group, milter::MessageGroup::Room::left) ==
           milter::MessageGroup::Place::taken;
  }

  void note_split(const MailAddress& recipient) {
    replies_.notes.push_back("for " + printable(recipient.text()) +
                             " other rules may decide at the end of the message than for the first "
                             "recipient, so it is to come separately (mixed_recipients: split)");
  }

  // Judged for each recipient; when they do not get the same, the setting says what the message
  // gets.
  bool message(Stage stage) {
    if (!comes_to(stage)) return true;
    const std::size_t count = recipients_.size();
    if (count < 2 || !snapshot_->needs().about_recipients()) {
      return conclude(stage, "", verdict_at(stage, count == 1 ? recipients_.data() : nullptr));
    }
    std::optional<Verdict> mildest;
    bool same = true;
    const PutAside put_aside = effects_.hold_reason() ? PutAside::yes : PutAside::no;
    for (const MailAddress& recipient : recipients_) {
      Verdict verdict = verdict_at(stage, &recipient);
      effects_.note_headers(verdict);
      same = same && (!mildest || milter::get_the_same(verdict, *mildest, put_aside));
      if (!mildest || is_milder(verdict, *mildest)) mildest = std::move(verdict);
    }
    if (!same) {
      milter::settle_mixed(*mildest, mixed_);
      replies_.notes.push_back("at " + command_of(stage) + " the " + std::to_string(count) +
                               " recipients do not all get the same (mixed_recipients: " +
                               std::string(to_string(mixed_)) + ")");
    }
    return conclude(stage, "", std::move(*mildest));
  }

  bool conclude(Stage stage, const std::string& whom, Verdict verdict) {
    effects_.note(verdict);
    if (milter::reply_for(verdict).status != milter::MilterReply::Status::proceed) {
      return finish(stage, whom, std::move(verdict));
    }
    if (is_last(stage) && stage != Stage::eom) send_continue(stage, whom);
    replies_.verdict = std::move(verdict);
    return true;
  }

  bool finish(Stage stage, const std::string& whom, Verdict verdict) {
    replies_.sent.push_back(
        reply_packet("in answer to " + command_of(stage) + whom, milter::reply_for(verdict)));
    replies_.verdict = std::move(verdict);
    return false;
  }

  void send_continue(Stage stage, const std::string& whom) {
    std::string when = "in answer to " + command_of(stage) + whom;
    if ((unanswered_ & no_reply_at(stage)) != 0) {
      replies_.sent.push_back({std::move(when), "the MTA is told not to wait for one", ""});
    } else {
      replies_.sent.push_back(reply_packet(std::move(when), {}));
    }
  }

  // A message keeps what was decided about it until its end.
  void effects() {
    const bool at_end = is_last(Stage::eom);
    if (!at_end && effects_.empty()) return;
    for (auto header = effects_.headers().rbegin(); header != effects_.headers().rend(); ++header) {
      replies_.sent.push_back(header_packet(*header));
    }
    if (const auto& reason = effects_.hold_reason()) {
      replies_.sent.push_back({"at the end of the message", "SMFIR_QUARANTINE",
                               packet(SMFIR_QUARANTINE, with_nul(*reason))});
    }
    if (at_end) replies_.sent.push_back(reply_packet("at the end of the message", {}));
  }

  const std::shared_ptr<const Snapshot>& snapshot_;
  const config::MilterSettings& settings_;
  const Transaction& transaction_;
  std::vector<MailAddress> recipients_;
  Judge& judge_;
  unsigned long unanswered_ = 0;    // SMFIP_ bits
  std::optional<Verdict> refusal_;  // of the client, told in answer to MAIL
  milter::EndOfMessageActions effects_;
  const MixedRecipients mixed_;
  milter::MessageGroup group_;
  DoorReplies replies_;
};

void note_policy(const Verdict& verdict, const Transaction& transaction, DoorReplies& replies) {
  if (verdict.delay.count() > 0) {
    replies.notes.push_back("the reply is held back for " + format_duration(verdict.delay));
  }
  const bool kept = verdict.action == Disposition::pass && transaction.stage < Stage::eom;
  if (kept && verdict.prepend.size() > 1) {
    replies.notes.emplace_back(
        "a policy reply carries one header: the next one goes with the next "
        "reply for the same message");
  }
}

}  // namespace

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
      append_byte(out, static_cast<unsigned char>(c));
    }
  }
  return out;
}

DoorReplies policy_replies(const std::shared_ptr<const Snapshot>& snapshot,
                           const Transaction& transaction,
                           const std::vector<MailAddress>& recipients, Judge& judge) {
  DoorReplies replies;
  replies.stage = transaction.stage;
  policyd::MessageMemory memory;
  Transaction asked = transaction;
  // Requests of one message have one; a person who explains need not know it.
  if (asked.stage >= Stage::rcpt && asked.instance.empty()) asked.instance = "explain";
  const bool each = asked.stage == Stage::rcpt && recipients.size() > 1;
  // Postfix names a recipient after RCPT when there is only one.
  if (asked.stage > Stage::rcpt && recipients.size() > 1) asked.recipient.reset();
  for (std::size_t i = 0; i < (each ? recipients.size() : 1); ++i) {
    if (each) asked.recipient = recipients[i];
    replies.verdict = judge.judge(snapshot, asked).verdict;
    memory.enter(asked);
    std::string bytes;
    policyd::write_reply(replies.verdict, memory.header_for(replies.verdict), bytes);
    replies.sent.push_back(
        {"asked at " + command_of(asked.stage) + for_whom(asked, each ? recipients.size() : 1), "",
         escaped_bytes(bytes)});
    note_policy(replies.verdict, asked, replies);
  }
  return replies;
}

DoorReplies milter_replies(const std::shared_ptr<const Snapshot>& snapshot,
                           const config::MilterSettings& settings, const Transaction& transaction,
                           const std::vector<MailAddress>& recipients, Judge& judge) {
  return MilterRun(snapshot, settings, transaction, recipients, judge).run();
}

}  // namespace postern::ctl
