// What posternctl explain is told of a transaction, by options, by a policy request or by a
// decision line of the log, as the transaction that rules look at. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "ctl/explain/explain.h"
#include "ctl/log/log_line.h"
#include "rules/model/transaction.h"

namespace postern::ctl {

struct TransactionInput {
  // With the first of `recipients`, if there are any.
  Transaction transaction;
  std::vector<MailAddress> recipients;
  // Whether the stage was asked for. Else it is the last one of which something was told.
  enum class StageFrom { asked, told } stage_from = StageFrom::told;
  // Attributes of the stage so far that nothing was said about, though an MTA would have known.
  std::vector<Attribute> untold;

  // Of a request and of a log line: through which door it came.
  std::optional<Door> door;
  // Of a log line: what was decided then, and by which rules.
  struct Logged {
    std::uint64_t generation = 0;
    std::string rule;
    std::string action;
    std::string mixed_recipients;  // empty: it was not about that
  };
  std::optional<Logged> logged;
  // No recipient was told: the one that is there stands for any that no rule names.
  bool any_recipient = false;
  // Keys of a log line whose value was cut there.
  std::vector<std::string> cut;
};

// Without recipient and stage, a mail of a sender is judged for any recipient that no rule names:
// an MTA asks before it takes the message, and no rule waits then. Error: an address, stage or
// header that is none.
Result<TransactionInput> transaction_from_options(const ExplainOptions& options);

// A request as Postfix sends it; the empty line at its end may be missing. Error: it is none, or
// about a state in which Postern decides nothing.
Result<TransactionInput> transaction_from_request(std::string_view text);

// The fields of a decision line. Error: they name no door or no stage, or hold no address where one
// has to be.
Result<TransactionInput> transaction_from_fields(const LogFields& fields);

// A text with one line of the log; of several decisions in it the first. Errors: as
// read_log_line().
Result<TransactionInput> transaction_from_log(std::string_view text);

// The decisions of a text with lines of the log, kMaxDecisions at most.
inline constexpr std::size_t kMaxDecisions = 100;
struct LoggedTransactions {
  std::vector<TransactionInput> inputs;
  std::vector<std::string> faults;  // `line 3: ...`, as read_log_line() has them
};
// Errors: there is no decision in it, or too many.
Result<LoggedTransactions> transactions_from_log(std::string_view text);

}  // namespace postern::ctl
