// Generated access maps: sendmail's rule sets and the imported rules give the same mail the same
// answer, or the line was named.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>

#include "common/base/ascii_case.h"
#include "tests/support/transaction_builder.h"
#include "tests/unit/ctl/import/imported_rules.h"

namespace postern::import::sendmail_property_test {
namespace {

struct Mail {
  std::string client;
  std::string name;  // empty: none
  std::string sender;
  std::string recipient;
};

std::string decision_of(const Snapshot& rules, const Mail& mail) {
  return decision(rules, TransactionBuilder(Stage::rcpt)
                             .client(mail.client)
                             .client_name(mail.name)
                             .sender(mail.sender)
                             .recipient(mail.recipient)
                             .transaction);
}

enum class Delay { none, friends, haters };

// The rule sets check_relay, check_mail, check_rcpt, SearchList, D, A, F and U of cf/m4/proto.m4
// over the lines of a map, with every domain of a recipient in class w.
class Reference {
 public:
  Reference(Delay delay, BlocklistRecipients blocklist) : delay_(delay), blocklist_(blocklist) {}

  void add(const std::string& key, const std::string& result) { map_.emplace(key, result); }

  // Of the answers the one that comes first.
  [[nodiscard]] std::string answer(const Mail& mail) const {
    const std::string connect = says(connect_result(mail), "reject 550 5.7.1 Access denied");
    const std::string from =
        mail.sender.empty()
            ? ""
            : says(search("from", mail.sender, {'F', 'U', 'D'}), "reject 550 5.7.1 Access denied");
    const std::string to = blocklist_ == BlocklistRecipients::off
                               ? ""
                               : says(search("to", mail.recipient, {'F', 'U', 'D'}),
                                      "reject 550 5.2.1 Mailbox disabled for this recipient");
    if (delay_ == Delay::none) return first_of({connect, from, to});
    return first_of({to, concerns(mail.recipient) ? first_of({from, connect}) : ""});
  }

 private:
  using Order = std::array<char, 3>;

  static std::string first_of(std::initializer_list<std::string> answers) {
    for (const std::string& answer : answers) {
      if (!answer.empty()) return answer;
    }
    return "";
  }

  // What a check makes of a right-hand side, as decision() says it.
  static std::string says(const std::string& result, const std::string& rejected) {
    const std::string lower = ascii_lower(result);
    if (lower == "?" || lower == "ok" || lower == "relay" || lower == "skip") return "";
    if (lower == "reject") return rejected;
    if (lower == "discard") return "discard";
    if (lower.starts_with("quarantine:")) return "hold " + result.substr(11);
    if (lower == "error:5.7.9:550 no") return "reject 550 5.7.9 no";
    if (lower == "error:\"450 later\"") return "defer 450 4.7.1 later";
    std::string text = lower.starts_with("error:") ? result.substr(6) : result;
    if (text.starts_with('"')) text = text.substr(1, text.size() - 2);
    return "reject 553 5.3.0 " + text;
  }

  // Whether Connect: and From: count for the recipient.
  [[nodiscard]] bool concerns(const std::string& recipient) const {
    const std::string found =
        ascii_lower(search("spam", recipient, {'F', 'D', 'U'}, Exactness::tag_only));
    return delay_ == Delay::friends ? found != "friend" : found == "hater";
  }

  enum class Exactness { either, tag_only };

  [[nodiscard]] std::string connect_result(const Mail& mail) const {
    const std::string client =
        mail.client.find(':') != mail.client.npos ? "ipv6:" + mail.client : mail.client;
    const std::string found =
        domain("connect", mail.name.empty() ? "[" + client + "]" : mail.name, Exactness::either);
    return found != "?" ? found : address("connect", client);
  }

  [[nodiscard]] std::string look_up(const std::string& tag, const std::string& key,
                                    Exactness exactness) const {
    if (const auto found = map_.find(tag + ":" + key); found != map_.end()) return found->second;
    const auto found = exactness == Exactness::either ? map_.find(key) : map_.end();
    return found != map_.end() ? found->second : "?";
  }

  [[nodiscard]] std::string domain(const std::string& tag, std::string key,
                                   Exactness exactness) const {
    for (;;) {
      const std::string found = look_up(tag, key, exactness);
      if (found != "?") return ascii_lower(found) == "skip" ? "?" : found;
      if (key.starts_with('[')) {
        const std::size_t at = key.find_last_of(".:");
        if (at == key.npos) return "?";
        key = key.substr(0, at) + "]";
      } else {
        const std::size_t dot = key.find('.');
        if (dot == key.npos) return "?";
        key = key.substr(dot + 1);
      }
    }
  }

  [[nodiscard]] std::string address(const std::string& tag, std::string key) const {
    for (;;) {
      const std::string found = look_up(tag, key, Exactness::either);
      if (found != "?") return ascii_lower(found) == "skip" ? "?" : found;
      const std::size_t at = key.find_last_of(".:");
      if (at == key.npos) return "?";
      key.resize(at);
    }
  }

  [[nodiscard]] std::string search(const std::string& tag, const std::string& address,
                                   const Order& order,
                                   Exactness exactness = Exactness::either) const {
    const std::size_t at = address.rfind('@');
    const std::string user = address.substr(0, at);
    const std::string host = address.substr(at + 1);
    const std::string bare = user.substr(0, user.find('+'));
    for (const char kind : order) {
      std::string found = "?";
      if (kind == 'D') {
        found = domain(tag, host, exactness);
      } else {
        const std::string end = "@" + (kind == 'F' ? host : std::string());
        found = look_up(tag, user + end, exactness);
        if (found == "?" && user != bare) found = look_up(tag, bare + "+*" + end, exactness);
        if (found == "?" && user != bare) found = look_up(tag, bare + end, exactness);
      }
      if (found != "?") return found;
    }
    return "?";
  }

  Delay delay_;
  BlocklistRecipients blocklist_;
  std::map<std::string, std::string> map_;
};

constexpr std::array<std::string_view, 13> kResults = {"OK",
                                                       "RELAY",
                                                       "SKIP",
                                                       "REJECT",
                                                       "ERROR:5.7.9:550 no",
                                                       "ERROR:\"450 later\"",
                                                       "DISCARD",
                                                       "QUARANTINE:why",
                                                       "Go away",
                                                       "REJECT # ticket 12",
                                                       "OK # fine",
                                                       "\"ERROR:550 closed\"",
                                                       "ERROR:stay away"};
constexpr std::array<std::string_view, 6> kNames = {"x.test",   "y.x.test", "z.y.x.test",
                                                    "z.x.test", "test",     "w.test"};
constexpr std::array<std::string_view, 3> kUsers = {"joe", "ann", "bob"};
constexpr std::array<std::string_view, 12> kOctets = {"10",
                                                      "10.1",
                                                      "10.1.2",
                                                      "10.1.2.3",
                                                      "10.2",
                                                      "ipv6:2001:db8",
                                                      "IPv6:2001",
                                                      "[10.1]",
                                                      "ipv6:2001:db8:0",
                                                      "IPv6",
                                                      "[IPv6:2001:db8]",
                                                      "[10.1.2.3]"};
// Found nowhere by sendmail, or only as the end of a name that nobody has.
constexpr std::array<std::string_view, 7> kOdd = {"10.1.2.",
                                                  "10.1.2.1-9",
                                                  "10.1.2.*",
                                                  "10.1.2.0/24",
                                                  "2001:db8",
                                                  "1.2.3.4.5",
                                                  "10.1.2.0/255.255.255.0"};
constexpr std::array<std::string_view, 5> kClients = {
    "10.1.2.3", "10.1.2.4", "10.2.0.1", "2001:db8:0:0:0:0:0:7", "2001:db8:1:0:0:0:0:7"};
constexpr std::array<std::string_view, 6> kTags = {"Connect:", "From:", "To:", "", "", "Spam:"};

std::string random_name(Dice& dice) {
  return std::string(dice.one_of(kNames));
}

std::string random_mail_key(Dice& dice) {
  const std::string user(dice.one_of(kUsers));
  switch (dice.below(4)) {
    case 0:
      return user + "@";
    case 1:
      return user + "+d@" + random_name(dice);
    case 2:
      return user + "+*@" + random_name(dice);
    default:
      return user + "@" + random_name(dice);
  }
}

std::string random_key(Dice& dice, const std::string& tag) {
  const std::size_t kind = dice.below(10);
  if (kind == 0) return std::string(dice.one_of(kOdd));
  if (kind < 4 && (tag == "Connect:" || tag.empty())) return std::string(dice.one_of(kOctets));
  if (kind < 6 && tag != "Connect:") return random_mail_key(dice);
  return random_name(dice);
}

std::string random_result(Dice& dice, const std::string& tag, Delay delay) {
  if (tag != "Spam:") return std::string(dice.one_of(kResults));
  if (dice.below(5) == 0) return "OK";
  return delay == Delay::friends ? "FRIEND" : "HATER";
}

Mail random_mail(Dice& dice) {
  const auto address = [&] {
    return std::string(dice.one_of(kUsers)) + (dice.below(4) == 0 ? "+d" : "") + "@" +
           random_name(dice);
  };
  Mail mail{std::string(dice.one_of(kClients)), "", "", address()};
  if (dice.below(3) != 0) mail.name = random_name(dice);
  if (dice.below(8) != 0) mail.sender = address();
  return mail;
}

// A map of up to 14 lines, without those that the import named as refused: what they leave is for
// the person who reads the message.
class Comparison {
 public:
  Comparison(Dice& dice, Delay delay, BlocklistRecipients blocklist)
      : delay_(delay), reference_(delay, blocklist) {
    request_.file = "table";
    request_.name = "t";
    request_.blocklist_recipients = blocklist;
    for (std::size_t count = dice.below(14); count > 0; --count) add_line(dice);
    if (delay != Delay::none)
      add("Spam:nobody@nowhere.test", delay == Delay::friends ? "FRIEND" : "HATER");
  }

  void check(Dice& dice) {
    request_.text = text_;
    const Imported table = import_sendmail_access(request_);
    ASSERT_EQ(statuses(table).find('X'), std::string::npos) << messages(table) << text_;
    const auto rules = loaded(table);
    for (int i = 0; i < 100; ++i) {
      const Mail mail = random_mail(dice);
      ASSERT_EQ(decision_of(*rules, mail), reference_.answer(mail))
          << mail.client << " '" << mail.name << "' " << mail.sender << " " << mail.recipient
          << " of\n"
          << text_ << rule_files(table, "t").rules;
    }
  }

  [[nodiscard]] std::size_t named() const { return named_; }
  [[nodiscard]] std::size_t lines() const { return lines_; }

 private:
  void add_line(Dice& dice) {
    const std::string tag(dice.one_of(kTags));
    if (tag == "Spam:" && delay_ == Delay::none) return;
    const std::string key = random_key(dice, tag);
    add(tag + key, random_result(dice, tag, delay_));
  }

  // A line that is refused by itself has to say so, and stays out.
  void add(const std::string& key, const std::string& result) {
    const std::string line = key + "\t" + result + "\n";
    // Spam: counts when there is something to spare.
    const std::string alone = line + "Connect:nothing.nowhere.test\tREJECT\n";
    request_.text = alone;
    const Imported table = import_sendmail_access(request_);
    if (table.lines.at(0).status == LineStatus::refused) {
      ASSERT_TRUE(table.diagnostics.has_errors());
      ++named_;
      return;
    }
    ++lines_;
    text_ += line;
    reference_.add(ascii_lower(key), result);
  }

  Delay delay_;
  Reference reference_;
  ImportRequest request_;
  std::string text_;
  std::size_t named_ = 0;
  std::size_t lines_ = 0;
};

void check_maps(Delay delay, unsigned seed) {
  Dice dice(seed);
  std::size_t named = 0;
  std::size_t lines = 0;
  for (int round = 0; round < 120; ++round) {
    const auto blocklist = dice.below(2) == 0 ? BlocklistRecipients::on : BlocklistRecipients::off;
    Comparison comparison(dice, delay, blocklist);
    comparison.check(dice);
    if (testing::Test::HasFatalFailure()) return;
    named += comparison.named();
    lines += comparison.lines();
  }
  EXPECT_GT(lines, 3 * named);  // else it shows little
}

TEST(SendmailProperty, DecidesLikeTheOriginalMap) {
  check_maps(Delay::none, 71);
}

TEST(SendmailProperty, WithFriends) {
  check_maps(Delay::friends, 72);
}

TEST(SendmailProperty, WithHaters) {
  check_maps(Delay::haters, 73);
}

}  // namespace
}  // namespace postern::import::sendmail_property_test
