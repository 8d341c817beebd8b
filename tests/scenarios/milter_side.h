// The milter's half of both_doors.h: its dialogue, told of a session in the words of a policy
// request.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "milter/dialogue.h"
#include "tests/scenarios/both_doors.h"

namespace postern {

struct HeaderLine {
  std::string name;
  std::string value;
};

// What a policy request cannot say.
struct MilterExtras {
  std::vector<std::string> recipients;  // of the message, when there are several
  std::vector<HeaderLine> headers;
  RecipientState recipient_state = RecipientState::accepted;
  // The arguments of MAIL and RCPT where they are not what `sender` and `recipient` would be, and
  // the macros that the MTA hands over with them.
  std::optional<std::string> mail_from{};
  std::optional<std::string> rcpt_to{};
  std::optional<std::string> mail_addr{};
  std::optional<std::string> rcpt_addr{};
};

// What is agreed on with an MTA that waits for an answer at every command, or would be if rules had
// something to say at every stage. `tls`: whether the MTA says that there is none.
milter::Negotiated negotiated_for(const Snapshot& snapshot, milter::SessionState::Tls tls);
milter::Negotiated negotiated_for_every_stage(const Snapshot& snapshot,
                                              milter::SessionState::Tls tls);

// `550 5.7.1 text`, DISCARD, CONTINUE.
std::string in_words(const milter::MilterReply& reply);

class MilterSide {
 public:
  explicit MilterSide(DoorsFixture fixture)
      : fixture_(std::move(fixture)), dialogue_(fixture_.snapshot) {}
  // Tells of all that has to come before the stage and has not been told yet, and lets all of it
  // pass: as Postfix asks the policy door, at this stage alone. The reply is that which the client
  // hears of it: of a refusal at connect or HELO the answer to MAIL.
  Outcome step(const Attributes& attributes, const MilterExtras& extras);
  // What is to be done to the message at its end.
  [[nodiscard]] const milter::EndOfMessageActions& actions() const { return dialogue_.actions(); }

 private:
  void settle(milter::Dialogue::Next next);
  void tell_client(const Attributes& attributes);
  void tell_helo(const std::string& name);
  void tell_sender(const Attributes& attributes, const MilterExtras& extras);
  void tell_recipient(const std::string& recipient, RecipientState state,
                      const MilterExtras& extras);
  void tell_recipients(const Attributes& attributes, const MilterExtras& extras);

  DoorsFixture fixture_;
  milter::Dialogue dialogue_;
  Stage asked_ = Stage::connect;        // at which rules are judged
  milter::Dialogue::Answer answer_;     // to what was told last
  std::vector<std::string> questions_;  // to DNS, in this step
  std::optional<Attributes> client_;    // as told last
  std::string helo_;
  std::optional<Attributes> sender_;
  std::optional<std::string> mail_from_;
};

}  // namespace postern
