// What each door would send for a transaction, byte for byte: the policy door in answer to one
// request, the milter door over the whole session up to the stage that is explained. DNS comes from
// the evaluator, else pure.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/explain/evaluator.h"
#include "server/config/settings.h"

namespace postern::ctl {

struct SentBytes {
  std::string when;   // `in answer to MAIL`
  std::string what;   // `SMFIR_REPLYCODE`; empty for a policy reply
  std::string bytes;  // escaped: visible ASCII, \n, \\ and \xNN; empty: nothing is sent
};

struct DoorReplies {
  Door door = Door::policy;
  Stage stage = Stage::connect;  // at which the transaction was judged
  Verdict verdict;               // the last one; points into the door's snapshot
  std::vector<SentBytes> sent;
  std::vector<std::string> notes;  // what else a person should know about it
};

// `RCPT`, as a client or a policy request says it.
std::string command_of(Stage stage);

// `\xNN`, even where the byte could be read as a letter.
void append_escaped(std::string& out, unsigned char byte);
// `\n`, `\\` and `\xNN` for everything but visible ASCII and blanks.
std::string escaped_bytes(std::string_view bytes);

// In answer to one request at the transaction's stage, for each recipient.
DoorReplies policy_replies(const std::shared_ptr<const Snapshot>& snapshot,
                           const Transaction& transaction,
                           const std::vector<MailAddress>& recipients, Evaluator& evaluator);

// From connect to the transaction's stage.
DoorReplies milter_replies(const std::shared_ptr<const Snapshot>& snapshot,
                           const config::MilterSettings& settings, const Transaction& transaction,
                           const std::vector<MailAddress>& recipients, Evaluator& evaluator);

}  // namespace postern::ctl
