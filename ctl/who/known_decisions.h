// What Postern has decided about the mail that is asked for, from the log of decisions or the
// journal. Pure; one thread; bounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/log/log_entry.h"
#include "ctl/maillog/fate.h"
#include "ctl/who/mail_choice.h"
#include "rules/journal/record.h"

namespace postern::ctl {

struct KnownDecision {
  UtcTime time;
  std::string door;
  std::string queue_id;  // empty: Postfix had none yet
  std::string instance;
  LoggedClient client;
  std::string helo;
  std::string sender;     // as the decision line has it, `<>` is the null sender
  std::string recipient;  // empty: it is of all of them, made at MAIL, at DATA or at the end
  Fate fate = Fate::let_in;
  std::string rule;  // `-`: none decided
  std::string entry;
  std::string list;
  std::string reply;
  std::string generation;
  bool is_asked_for = true;  // by its rule and entry, when there is a choice of these
};

class KnownDecisions {
 public:
  static constexpr std::size_t kMaxDecisions = 300000;

  // `choice` outlives it.
  explicit KnownDecisions(const MailChoice& choice) : choice_(choice) {}

  // Passes over what is no decision about a message: stages before its sender was known, and passes
  // before a recipient was.
  void add(const LogEntry& entry);
  void add(const journal::JournalRecord& record);
  std::vector<KnownDecision> take() { return std::move(all_); }

  [[nodiscard]] std::size_t left_out() const { return left_out_; }
  // Also those that do not fit.
  [[nodiscard]] std::size_t seen() const { return seen_; }

 private:
  void keep(KnownDecision one, std::string_view stage);

  const MailChoice& choice_;
  std::size_t seen_ = 0;
  std::vector<KnownDecision> all_;
  std::size_t left_out_ = 0;
};

}  // namespace postern::ctl
