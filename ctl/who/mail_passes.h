// Messages that pass through this host more than once: a content filter brings one back under
// another queue id, and local(8) and sendmail's submission hand one on. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "ctl/maillog/logged_mail.h"

namespace postern::ctl {

// Between a time that may not be known and another.
std::chrono::seconds apart(const std::optional<UtcTime>& one, UtcTime other);

class MailPasses {
 public:
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  // `mails` outlives it; what comes behind those that are there now has passed once.
  explicit MailPasses(const std::vector<LoggedMail>& mails);

  // The message that had this id at that time, as an index; kNone: there is none. Ids are used
  // again: the one that began nearest to it.
  [[nodiscard]] std::size_t with_id(const std::string& id,
                                    const std::optional<UtcTime>& time) const;
  // As what a message came from outside.
  [[nodiscard]] std::size_t first_of(std::size_t mail) const;
  // What has become of it in the end, for each recipient; empty when it is not the first.
  [[nodiscard]] std::vector<LoggedPart> parts_of(std::size_t first) const;

 private:
  void link(std::size_t mail);
  [[nodiscard]] std::size_t next_of(std::size_t mail, const LoggedPart& part) const;
  void collect(std::size_t mail, int passes, std::vector<LoggedPart>& parts) const;

  const std::vector<LoggedMail>& mails_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_id_;
  std::vector<std::size_t> before_;                                  // of each message
  std::unordered_map<std::size_t, std::vector<std::size_t>> after_;  // of those that go on
};

}  // namespace postern::ctl
