#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>

#include <optional>
#include <utility>

#include "common/base/duration.h"
#include "common/base/escape.h"
#include "ctl/explain/door_replies.h"
#include "milter/dialogue.h"

namespace postern::ctl {
namespace {

constexpr milter::MilterOffer kWholeOffer{~0UL, ~0UL};
constexpr const char* kAtEnd = "at the end of the message";

std::string big_endian(std::size_t number) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) {
    append_escaped(out, static_cast<unsigned char>(number >> shift));
  }
  return out;
}

// One packet of libmilter: length, letter, payload.
std::string packet(char letter, std::string_view payload = {}) {
  return big_endian(payload.size() + 1) + letter + escaped_bytes(payload);
}

std::string with_nul(const std::string& text) {
  return text + '\0';
}

SentBytes header_packet(const Header& header) {
  const std::string strings = with_nul(header.name) + with_nul(header.value);
  constexpr std::size_t kIndexBytes = 4;
  return {kAtEnd, "SMFIR_INSHEADER",
          big_endian(1 + kIndexBytes + strings.size()) + static_cast<char>(SMFIR_INSHEADER) +
              big_endian(0) + escaped_bytes(strings)};
}

SentBytes reply_packet(std::string when, const milter::MilterReply& reply) {
  switch (reply.status) {
    case milter::MilterReply::Status::unanswered:
      return {std::move(when), "the MTA is told not to wait for one", ""};
    case milter::MilterReply::Status::proceed:
      return {std::move(when), "SMFIR_CONTINUE", packet(SMFIR_CONTINUE)};
    case milter::MilterReply::Status::discard:
      return {std::move(when), "SMFIR_DISCARD", packet(SMFIR_DISCARD)};
    case milter::MilterReply::Status::reject:
    case milter::MilterReply::Status::tempfail:
      break;
  }
  // The text is a format for the MTA.
  const std::string text = milter::as_format(reply.refusal->to_string());
  return {std::move(when), "SMFIR_REPLYCODE", packet(SMFIR_REPLYCODE, with_nul(text))};
}

// Plays the MTA of one session, from connect to the stage that is explained.
class ExplainedSession {
 public:
  ExplainedSession(const std::shared_ptr<const Snapshot>& snapshot,
                   const config::MilterSettings& settings, const Transaction& transaction,
                   Evaluator& evaluator)
      : transaction_(transaction), evaluator_(evaluator), dialogue_(snapshot) {
    const auto transport =
        settings.listen ? settings.listen->kind : ListenAddress::Kind::unix_socket;
    const auto agreed =
        milter::negotiate(snapshot->needs(), settings.refuse_clients, transport, kWholeOffer);
    if (agreed) dialogue_.begin(*agreed, snapshot, settings);
    replies_.door = Door::milter;
    replies_.stage = transaction.stage;
  }

  DoorReplies run(const std::vector<MailAddress>& recipients) {
    for (const Stage stage : kStages) {
      if (stage > transaction_.stage) break;
      const bool goes_on = stage == Stage::rcpt && !recipients.empty()
                               ? tell_recipients(recipients)
                               : tells_on(explain::at_stage(transaction_, stage), "");
      if (!goes_on) return std::move(replies_);
    }
    send_actions();
    return std::move(replies_);
  }

 private:
  using Status = milter::MilterReply::Status;

  [[nodiscard]] bool is_last(Stage stage) const { return stage == transaction_.stage; }

  // Whether the session goes on.
  bool tells_on(const Transaction& known, const std::string& whom) {
    const Status status = tell(known, whom);
    return status == Status::proceed || status == Status::unanswered;
  }

  Status tell(const Transaction& known, const std::string& whom) {
    const Stage stage = known.stage;
    const auto [reply, decided] = dialogue_.settle(
        dialogue_.told(known, evaluator_.now()), [&]() -> milter::Dialogue::Judgement {
          return {
              evaluator_.evaluate(dialogue_.rules(), dialogue_.transaction(), dialogue_.effects())
                  .verdict};
        });
    replies_.verdict = decided == nullptr ? Verdict{} : decided->verdict;
    note(stage);
    const bool goes_on = reply.status == Status::proceed || reply.status == Status::unanswered;
    if (!goes_on || (is_last(stage) && stage != Stage::eom)) {
      replies_.sent.push_back(reply_packet("in answer to " + command_of(stage) + whom, reply));
    }
    const auto* later = dialogue_.refusal_at_mail();
    if (later != nullptr && is_last(stage) && stage < Stage::mail) {
      replies_.sent.push_back(reply_packet("in answer to MAIL", milter::reply_for(later->verdict)));
    }
    return reply.status;
  }

  // Whether there is one for whom it goes on.
  bool tell_recipients(const std::vector<MailAddress>& recipients) {
    bool any = false;
    for (const MailAddress& recipient : recipients) {
      Transaction known = explain::at_stage(transaction_, Stage::rcpt);
      known.recipient = recipient;
      const std::string whom =
          recipients.size() < 2 ? "" : " <" + printable(recipient.text()) + ">";
      const Status status = tell(known, whom);
      if (status == Status::discard) return false;
      any = any || status == Status::proceed || status == Status::unanswered;
    }
    return any;
  }

  void note(Stage stage) {
    const Verdict& verdict = replies_.verdict;
    const Transaction& told = dialogue_.transaction();
    if (stage == Stage::connect && verdict.delay.count() > 0) {
      replies_.notes.push_back("the answer to CONNECT is held back for " +
                               format_duration(verdict.delay));
    }
    if (!verdict.mixed_recipients) return;
    if (stage == Stage::rcpt) {
      replies_.notes.push_back("for " + printable(told.recipient->text()) +
                               " other rules may decide at the end of the message than for the "
                               "first recipient, so it is to come separately "
                               "(mixed_recipients: split)");
    } else {
      replies_.notes.push_back("at " + command_of(stage) + " the " +
                               std::to_string(told.recipient_count) +
                               " recipients do not all get the same (mixed_recipients: " +
                               std::string(to_string(*verdict.mixed_recipients)) + ")");
    }
  }

  void send_recipients(char letter, const std::vector<std::string>& recipients) {
    for (const std::string& recipient : recipients) {
      replies_.sent.push_back({kAtEnd, letter == SMFIR_ADDRCPT ? "SMFIR_ADDRCPT" : "SMFIR_DELRCPT",
                               packet(letter, with_nul(recipient))});
    }
  }

  // A message keeps what was decided about it until its end.
  void send_actions() {
    const milter::EndOfMessageActions& actions = dialogue_.actions();
    const auto& headers = actions.headers();
    for (auto header = headers.rbegin(); header != headers.rend(); ++header) {
      replies_.sent.push_back(header_packet(*header));
    }
    const milter::RecipientChanges& changes = actions.recipients();
    send_recipients(SMFIR_ADDRCPT, changes.copies());
    send_recipients(SMFIR_ADDRCPT, changes.redirects());
    send_recipients(SMFIR_DELRCPT, changes.removed());
    if (const auto& reason = actions.hold_reason()) {
      replies_.sent.push_back(
          {kAtEnd, "SMFIR_QUARANTINE", packet(SMFIR_QUARANTINE, with_nul(*reason))});
    }
    if (is_last(Stage::eom)) replies_.sent.push_back(reply_packet(kAtEnd, {}));
  }

  const Transaction& transaction_;
  Evaluator& evaluator_;
  milter::Dialogue dialogue_;
  DoorReplies replies_;
};

}  // namespace

DoorReplies milter_replies(const std::shared_ptr<const Snapshot>& snapshot,
                           const config::MilterSettings& settings, const Transaction& transaction,
                           const std::vector<MailAddress>& recipients, Evaluator& evaluator) {
  return ExplainedSession(snapshot, settings, transaction, evaluator).run(recipients);
}

}  // namespace postern::ctl
