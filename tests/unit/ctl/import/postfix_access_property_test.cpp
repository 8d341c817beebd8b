// Indexed tables that are made up, against a model of access(5) and smtpd_check.c
// (check_namadr_access, check_mail_access, split_addr).
#include <map>

#include "tests/support/transaction_builder.h"
#include "tests/unit/ctl/import/original_table.h"
#include "tests/unit/ctl/import/postfix_actions.h"

namespace postern::import::postfix_access_property_test {
namespace {

struct Found {
  int line = 0;
  std::string result;
};

// Look-ups, each with the keys in the order in which Postfix tries them.
class AccessModel {
 public:
  AccessModel(bool dotted, std::string delimiter)
      : dotted_(dotted), delimiter_(std::move(delimiter)) {}

  void add(const std::string& key, int line, const std::string& result) {
    table_.emplace(key, Found{line, result});  // the first of equal keys stays
  }

  [[nodiscard]] Found client(const std::string& name, const std::string& address) const {
    const Found found = by_name(name);
    return found.line > 0 ? found : by_address(address);
  }

  [[nodiscard]] Found mail(const std::string& address) const {
    if (address.empty()) return exact("<>");
    const std::size_t at = address.rfind('@');
    const std::string local = address.substr(0, at);
    const std::string bare = without_detail(local);
    const std::string domain = address.substr(at + 1);
    for (const std::string& user : {local, bare}) {
      if (const Found found = exact(user + "@" + domain); found.line > 0) return found;
    }
    if (const Found found = by_name(domain); found.line > 0) return found;
    const Found found = exact(local + "@");
    return found.line > 0 ? found : exact(bare + "@");
  }

  [[nodiscard]] Found exact(const std::string& key) const {
    const auto found = table_.find(key);
    return found != table_.end() ? found->second : Found{};
  }

  [[nodiscard]] Found by_name(std::string key) const {
    for (;;) {
      if (const Found found = exact(key); found.line > 0) return found;
      const std::size_t dot = key.find('.', 1);
      if (dot == key.npos) return {};
      key = key.substr(dotted_ ? dot : dot + 1);
    }
  }

 private:
  [[nodiscard]] std::string without_detail(const std::string& local) const {
    const std::size_t end = local.find_first_of(delimiter_);
    const bool whole =
        delimiter_.find('-') != delimiter_.npos &&
        (local.starts_with("owner-") || (local.ends_with("-request") && local.size() > 8));
    return end == local.npos || end == 0 || whole ? local : local.substr(0, end);
  }

  [[nodiscard]] Found by_address(std::string key) const {
    const char between = key.find(':') != key.npos ? ':' : '.';
    for (;;) {
      if (const Found found = exact(key); found.line > 0) return found;
      const std::size_t at = key.rfind(between);
      if (at == key.npos) return {};
      key.resize(at);
    }
  }

  bool dotted_;
  std::string delimiter_;
  std::map<std::string, Found> table_;
};

constexpr std::array<std::string_view, 7> kNames = {"x.test", "y.x.test", "z.y.x.test", "z.x.test",
                                                    "test",   "w.test",   "y.w.test"};
constexpr std::array<std::string_view, 11> kUsers = {
    "joe", "ann",   "bob",       "joe+a",       "joe+a+b",    "+a",
    "eve", "ann-x", "owner-ann", "ann-request", "joe+request"};
constexpr std::array<std::string_view, 16> kOctets = {
    "10",       "10.1",       "10.1.2",       "10.1.2.3", "10.2",        "11.0.0.1",
    "2001:db8", "2001:db8:1", "2001:db8:1:2", "2001:db9", "2001:db8::7", "2001",
    "fd00",     "cafe",       "10.1.",        "300.1"};
constexpr std::array<std::string_view, 15> kClients = {
    "10.1.2.3",    "10.1.2.4",    "10.1.3.1",        "10.2.0.1",      "11.0.0.1",
    "12.0.0.1",    "2001:db8::7", "2001:db8:1:2::1", "2001:db8:1::1", "2001:db8:2::1",
    "2001:db9::1", "2001:a:b::1", "fd00::1",         "fd00:1::2",     "cafe:1::2"};

class AccessProperty : public testing::Test {
 protected:
  // A table with keys of the kind, as text and as model.
  template <class Key>
  AccessModel make_table(bool dotted, const std::string& delimiter, Key random_key) {
    AccessModel model(dotted, delimiter);
    table_ = OriginalTable();
    table_.format = dotted ? "postfix-access-dotted" : "postfix-access";
    const auto lines = static_cast<int>(dice_.below(12));
    for (int number = 1; number <= lines; ++number) {
      const std::string key = random_key();
      const std::string result(dice_.one_of(kPostfixActions).text);
      table_.text += key + "\t" + result + "\n";
      model.add(key, number, result);
    }
    return model;
  }

  void ask(const std::string& what, const Transaction& session, const Found& found,
           Refused refused) {
    Asked asked{what, session, "", {}};
    if (found.line > 0) {
      asked.answer = postfix_answer(found.result, refused);
      asked.lines = {found.line};
    }
    table_.asked.push_back(std::move(asked));
  }

  std::string address_key() {
    std::string key(dice_.one_of(kNames));
    switch (dice_.below(8)) {
      case 0:
      case 1:
        return std::string(dice_.one_of(kUsers)) + "@" + key;
      case 2:
        return std::string(dice_.one_of(kUsers)) + "@";
      case 3:
        return dice_.below(2) == 0 ? "<>" : "@" + key;
      case 4:
        return "." + key;
      default:
        return key;
    }
  }

  std::string client_key() {
    const std::size_t kind = dice_.below(8);
    if (kind < 4) return std::string(dice_.one_of(kOctets));
    if (kind == 4) return "unknown";
    return (kind > 6 ? "." : "") + std::string(dice_.one_of(kNames));
  }

  Dice dice_{41};
  OriginalTable table_;
  ComparisonCounts counts_;
};

Transaction mail_from(std::string_view sender, std::string_view recipient) {
  return TransactionBuilder(Stage::rcpt)
      .client("192.0.2.1")
      .sender(sender)
      .recipient(recipient)
      .transaction;
}

// check_reverse_client_hostname_access takes no OK: the answer is an error.
Found of_reverse_name(Found found) {
  if (found.line > 0 && postfix_answer(found.result, Refused::other) == "pass") {
    found.result = "451 4.3.5 Server configuration error";
  }
  return found;
}

// An address is no name that has others above it.
Found of_helo(const AccessModel& model, const std::string& name) {
  return name == "10.1.2.3" ? model.exact(name) : model.by_name(name);
}

TEST_F(AccessProperty, OfSendersAndRecipients) {
  constexpr std::array<const char*, 5> kDelimiters = {"", "+", "+", "-", "+-"};
  for (int round = 0; round < 200 && !HasFatalFailure(); ++round) {
    const std::string delimiter = dice_.one_of(kDelimiters);
    const bool sender = dice_.below(2) == 0;
    const AccessModel model =
        make_table(dice_.below(2) == 0, delimiter, [this] { return address_key(); });
    table_.request.about = sender ? "sender" : "recipient";
    table_.request.recipient_delimiter = delimiter;
    if (sender) ask("<>", mail_from("", "b@b.example"), model.mail(""), Refused::sender);
    for (std::string_view user : kUsers) {
      for (std::string_view domain : kNames) {
        const std::string address = std::string(user) + "@" + std::string(domain);
        ask(address, sender ? mail_from(address, "b@b.example") : mail_from("a@a.example", address),
            model.mail(address), sender ? Refused::sender : Refused::recipient);
      }
    }
    compare_with_original(table_, counts_);
  }
  expect_telling(counts_);
}

TEST_F(AccessProperty, OfClients) {
  for (int round = 0; round < 300 && !HasFatalFailure(); ++round) {
    const bool reverse = dice_.below(3) == 0;
    const AccessModel model = make_table(dice_.below(2) == 0, "", [this] { return client_key(); });
    table_.request.about = reverse ? "reverse_client_name" : "client";
    for (std::string_view client : kClients) {
      for (std::string_view name : {"unknown", "x.test", "y.x.test", "y.w.test", "a.cafe"}) {
        TransactionBuilder session(Stage::rcpt);
        session.client(client).sender("a@a.example").recipient("b@b.example");
        const std::string_view known = name == "unknown" ? "" : name;
        reverse ? session.reverse_client_name(known) : session.client_name(known);
        ask(std::string(client) + " " + std::string(name), session.transaction,
            reverse ? of_reverse_name(model.client(std::string(name), std::string(client)))
                    : model.client(std::string(name), std::string(client)),
            Refused::other);
      }
    }
    compare_with_original(table_, counts_);
  }
  expect_telling(counts_);
}

TEST_F(AccessProperty, OfHelo) {
  for (int round = 0; round < 600 && !HasFatalFailure(); ++round) {
    const AccessModel model = make_table(dice_.below(2) == 0, "", [this] { return client_key(); });
    table_.request.about = "helo";
    for (std::string_view name :
         {"x.test", "y.x.test", "z.y.x.test", "test", "w.test", "y.w.test", "v.test", "cafe",
          "a.cafe", "fd00", "10.1.2.3", "unknown", "a.example", "localhost"}) {
      ask(std::string(name),
          TransactionBuilder(Stage::rcpt).client("192.0.2.1").helo(name).transaction,
          of_helo(model, std::string(name)), Refused::other);
    }
    compare_with_original(table_, counts_);
  }
  expect_telling(counts_);
}

}  // namespace
}  // namespace postern::import::postfix_access_property_test
