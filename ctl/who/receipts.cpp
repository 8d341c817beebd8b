#include "ctl/who/receipts.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "common/base/ascii_case.h"
#include "common/base/mail_address.h"
#include "ctl/maillog/mail_assembler.h"
#include "ctl/who/mail_passes.h"

namespace postern::ctl {
namespace {

std::string address_key(std::string_view address) {
  return ascii_lower(MailAddress::from_envelope(address).text());
}

std::string session_key(const std::optional<IpAddress>& client, std::string_view sender,
                        std::string_view recipient) {
  return (client ? client->to_string() : "-") + ' ' + address_key(sender) + ' ' +
         address_key(recipient);
}

void fill_from(LoggedMail& mail, const KnownDecision& decision) {
  if (!mail.client) mail.client = decision.client;
  if (!mail.helo) mail.helo = decision.helo;
  if (!mail.sender) mail.sender = MailAddress::from_envelope(decision.sender).text();
}

// A message to one recipient, and what is known of it so far.
struct Row {
  std::size_t mail;  // as it came from outside
  LoggedPart part;
  bool is_of_mta = false;  // whether the MTA's log has it
  std::optional<KnownDecision> decision = {};
  bool is_asked_for = false;
};

class Joining {
 public:
  explicit Joining(std::vector<LoggedMail> mails) : mails_(std::move(mails)), passes_(mails_) {
    for (std::size_t i = 0; i < mails_.size(); ++i) {
      for (LoggedPart& part : passes_.parts_of(i)) add_session(add_row({i, std::move(part), true}));
    }
  }

  void add(std::vector<KnownDecision> decisions) {
    std::stable_sort(decisions.begin(), decisions.end(),
                     [](const auto& one, const auto& other) { return one.time < other.time; });
    for (const KnownDecision& one : decisions) {
      if (!one.queue_id.empty() && !one.instance.empty()) ids_.emplace(one.instance, one.queue_id);
    }
    for (KnownDecision& one : decisions) add(std::move(one));
    for (const auto& [mail, decision] : of_rewritten_) {
      for (const std::size_t row : rows_of_[mail]) {
        if (!rows_[row].decision) attach(row, decision);
      }
    }
  }

  std::vector<Receipt> take(const MailChoice& choice) {
    std::vector<Receipt> receipts;
    for (Row& row : rows_) {
      const LoggedMail& mail = mails_[row.mail];
      if (choice.fit(envelope_of(mail)) != Fit::yes || !choice.is_in_time(mail.time)) continue;
      if (choice.is_about_decisions() && !row.is_asked_for) continue;
      receipts.push_back({mail.time, mail.queue_id, mail.client.value_or(LoggedClient{}),
                          mail.helo.value_or(""), mail.sender, std::move(row.part),
                          std::move(row.decision)});
    }
    std::stable_sort(receipts.begin(), receipts.end(),
                     [](const auto& one, const auto& other) { return one.time < other.time; });
    return receipts;
  }

 private:
  std::size_t add_row(Row row) {
    rows_of_[row.mail].push_back(rows_.size());
    rows_.push_back(std::move(row));
    return rows_.size() - 1;
  }

  void add_session(std::size_t row) {
    const LoggedMail& mail = mails_[rows_[row].mail];
    const LoggedPart& part = rows_[row].part;
    if (!mail.client || !mail.sender) return;
    sessions_.emplace(session_key(mail.client->address, *mail.sender, part.recipient), row);
    if (part.original.empty()) return;
    sessions_.emplace(session_key(mail.client->address, *mail.sender, part.original), row);
  }

  void add(KnownDecision decision) {
    if (decision.queue_id.empty()) {
      if (const auto later = ids_.find(decision.instance); later != ids_.end()) {
        decision.queue_id = later->second;
      }
    }
    std::size_t mail = mail_of(decision);
    if (mail == MailPasses::kNone) {
      const std::size_t row = row_of_session(decision);
      if (row != MailPasses::kNone) return attach(row, decision);
    }
    if (mail == MailPasses::kNone) mail = new_mail(decision);
    add_to(mail, std::move(decision));
  }

  [[nodiscard]] std::size_t mail_of(const KnownDecision& decision) const {
    if (decision.queue_id.empty()) return MailPasses::kNone;
    const std::size_t mail = passes_.with_id(decision.queue_id, decision.time);
    if (mail != MailPasses::kNone) return passes_.first_of(mail);
    const auto decided = decided_.find(decision.queue_id);
    return decided == decided_.end() ? MailPasses::kNone : decided->second;
  }

  // Nearest in time; of those that were decided in another session none.
  [[nodiscard]] std::size_t row_of_session(const KnownDecision& decision) const {
    std::size_t best = MailPasses::kNone;
    auto nearest = MailAssembler::kOneSession;
    const auto [first, last] = sessions_.equal_range(
        session_key(decision.client.address, decision.sender, decision.recipient));
    for (auto one = first; one != last; ++one) {
      const Row& row = rows_[one->second];
      // A milter of Postfix has neither id nor instance at the first recipient.
      const bool is_other =
          row.decision && row.decision->door == decision.door &&
          (decision.instance.empty() || row.decision->instance != decision.instance);
      const auto time = std::min(apart(mails_[row.mail].time, decision.time),
                                 apart(row.part.time, decision.time));
      if (is_other || time > nearest || (time == nearest && best < one->second)) continue;
      nearest = time;
      best = one->second;
    }
    return best;
  }

  // One that no log of an MTA has.
  std::size_t new_mail(const KnownDecision& decision) {
    if (!decision.queue_id.empty()) decided_[decision.queue_id] = mails_.size();
    LoggedMail& mail = mails_.emplace_back();
    mail.queue_id = decision.queue_id;
    mail.time = decision.time;
    return mails_.size() - 1;
  }

  void add_to(std::size_t mail, KnownDecision decision) {
    fill_from(mails_[mail], decision);
    const std::string recipient = address_key(decision.recipient);
    bool is_told = false;
    bool is_of_mta = false;
    for (const std::size_t row : rows_of_[mail]) {
      const LoggedPart& part = rows_[row].part;
      is_of_mta = is_of_mta || rows_[row].is_of_mta;
      if (!recipient.empty() && recipient != address_key(part.recipient) &&
          (part.original.empty() || recipient != address_key(part.original))) {
        continue;
      }
      attach(row, decision);
      is_told = true;
    }
    if (is_told) return;
    if (decision.fate == Fate::let_in && is_of_mta) {
      of_rewritten_.emplace_back(mail, std::move(decision));
    } else {
      LoggedPart part{decision.recipient, {}, Fate::let_in, decision.time, {}, {}};
      attach(add_row({mail, std::move(part)}), decision);
    }
  }

  // What is decided at the end of a message is about those that were let in until then.
  void attach(std::size_t place, const KnownDecision& decision) {
    Row& row = rows_[place];
    fill_from(mails_[row.mail], decision);
    row.is_asked_for = row.is_asked_for || decision.is_asked_for;
    if (row.decision && row.decision->fate != Fate::let_in) return;
    if (row.part.fate == Fate::let_in && decision.fate != Fate::let_in) {
      row.part.fate = decision.fate;
      row.part.text = decision.reply;
    }
    row.decision = decision;
  }

  std::vector<LoggedMail> mails_;
  MailPasses passes_;
  std::vector<Row> rows_;
  std::unordered_map<std::size_t, std::vector<std::size_t>> rows_of_;  // by message
  std::unordered_multimap<std::string, std::size_t> sessions_;         // rows
  std::unordered_map<std::string, std::string> ids_;                   // by instance
  std::unordered_map<std::string, std::size_t> decided_;  // messages of no MTA's log, by id
  // Passes of recipients to whom nothing was delivered under that name.
  std::vector<std::pair<std::size_t, KnownDecision>> of_rewritten_;
};

}  // namespace

std::vector<Receipt> receipts_of(std::vector<LoggedMail> mails,
                                 std::vector<KnownDecision> decisions, const MailChoice& choice) {
  Joining joining(std::move(mails));
  joining.add(std::move(decisions));
  return joining.take(choice);
}

}  // namespace postern::ctl
