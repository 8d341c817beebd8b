// Messages of which the lines stand between each other's: each is told once, with what is known.
#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <set>

#include "tests/unit/ctl/maillog/mail_assembler_fixture.h"

namespace postern::ctl::maillog_test::mail_assembler_property_test {
namespace {

// A message, its lines, and what is to be told of it.
struct Written {
  std::string sender;  // no other has it
  std::deque<std::string> lines;
  std::set<std::string> decided;
  std::map<std::string, Fate> fates;
};

class Writer {
 public:
  explicit Writer(std::uint32_t seed) : random_(seed) {}

  int below(int end) { return std::uniform_int_distribution<>(0, end - 1)(random_); }

  Written postfix(const std::string& id) {
    Written mail = next();
    const std::string front = "postfix/x[1]: " + id + ": ";
    mail.lines = {front + "client=a[11.0.0.7]",
                  front + "from=<" + mail.sender + ">, size=9, nrcpt=1 (queue active)"};
    for (int i = 0; i <= below(4); ++i) deliver(mail, front, i);
    mail.lines.push_back(front + "removed");
    return mail;
  }

  Written sendmail(const std::string& id) {
    Written mail = next();
    const std::string front = "sm-mta[1]: " + id + ": ";
    if (below(3) == 0) {
      mail.lines.push_back(front + "<none@box.example>... User unknown");
      mail.fates["none@box.example"] = Fate::refused;
    }
    mail.lines.push_back(front + "from=<" + mail.sender + ">, size=9, nrcpts=2, relay=[11.0.0.7]");
    mail.lines.push_back(front + "to=<u0@box.example>,<u1@box.example>, delay=0, stat=Deferred: x");
    mail.lines.push_back(front + "to=<u0@box.example>, delay=0, dsn=2.0.0, stat=Sent (ok)");
    mail.fates["u0@box.example"] = Fate::delivered;
    mail.fates["u1@box.example"] = Fate::deferred;
    for (const auto& [to, fate] : mail.fates) mail.decided.insert(to);
    return mail;
  }

  Written refused() {
    Written mail = next();
    mail.lines = {"postfix/x[1]: NOQUEUE: reject: RCPT from a[11.0.0.7]: 550 5.7.1 no; from=<" +
                  mail.sender + "> to=<u0@box.example> proto=ESMTP helo=<x>"};
    mail.fates["u0@box.example"] = Fate::refused;
    mail.decided = {"u0@box.example"};
    return mail;
  }

  void shuffle(std::deque<std::string>& lines) {
    std::shuffle(lines.begin(), lines.end(), random_);
  }

 private:
  // Deferred as often as it happens, and then delivered or not.
  void deliver(Written& mail, const std::string& front, int recipient) {
    const std::string to = "u" + std::to_string(recipient) + "@box.example";
    std::string lines_begin = front;
    lines_begin.append("to=<").append(to).append(">, relay=local, delay=0, dsn=2.0.0, status=");
    for (int tries = below(3); tries > 0; --tries) {
      mail.lines.emplace_back(lines_begin).append("deferred (x)");
    }
    const bool is_sent = below(2) == 0;
    mail.lines.push_back(lines_begin + (is_sent ? "sent (x)" : "bounced (x)"));
    mail.fates[to] = is_sent ? Fate::delivered : Fate::bounced;
    mail.decided.insert(to);
  }

  Written next() { return {"m" + std::to_string(count_++) + "@a.example", {}, {}, {}}; }

  std::mt19937 random_;
  int count_ = 0;
};

class Interleaved : public Assembled {
 protected:
  // Writes that many messages; at most `at_once` have lines yet to come.
  void write(int count, std::size_t at_once, const std::function<Written()>& make) {
    std::vector<Written> begun;
    while (count > 0 || !begun.empty()) {
      while (count > 0 && begun.size() < at_once) {
        begun.push_back(make());
        all_[begun.back().sender] = begun.back();
        --count;
      }
      const auto one = begun.begin() + writer_.below(static_cast<int>(begun.size()));
      line(written_++ / kLinesASecond, one->lines.front());
      one->lines.pop_front();
      if (one->lines.empty()) begun.erase(one);
    }
    mails_.end();
  }

  // Each once, with all that was written.
  void check() {
    ASSERT_EQ(ended_.size(), all_.size());
    for (const LoggedMail& mail : ended_) {
      const auto written = all_.find(mail.sender.value_or("?"));
      ASSERT_NE(written, all_.end()) << mail.queue_id << " was told twice, or without its sender";
      std::map<std::string, Fate> fates;
      for (const LoggedPart& part : mail.parts) fates[part.recipient] = part.fate;
      EXPECT_EQ(fates, written->second.fates) << mail.queue_id;
      EXPECT_EQ(mail.client->address->to_string(), "11.0.0.7");
      for (const std::string& to : written->second.decided) {
        const auto is_it = [&](const std::string& told) {
          return told.starts_with(*mail.sender + " " + to + " ");
        };
        EXPECT_EQ(std::count_if(decided_.begin(), decided_.end(), is_it), 1) << to;
      }
      decisions_ += written->second.decided.size();
      all_.erase(written);
    }
    EXPECT_EQ(decided_.size(), decisions_);
    EXPECT_EQ(mails_.without_beginning(), 0U);
  }

  static constexpr int kLinesASecond = 20;

  Writer writer_{20261121};
  std::map<std::string, Written> all_;  // by sender
  int written_ = 0;
  std::size_t decisions_ = 0;
};

TEST_F(Interleaved, EachIsToldOnce) {
  int number = 0;
  std::deque<std::string> ids;  // Postfix gives an id again when its message is removed
  for (int i = 0; i < 40; ++i) ids.push_back("AB" + std::to_string(1000 + i));
  write(200, 20, [&] {
    const int kind = writer_.below(3);
    if (kind == 0) return writer_.refused();
    if (kind == 1) return writer_.sendmail("u31FF" + std::to_string(1000 + number++));
    ids.push_back(ids.front());
    ids.pop_front();
    return writer_.postfix(ids.back());
  });
  check();
}

// As a collector of logs may write them down.
TEST_F(Interleaved, WhateverTheOrderOfLinesWithinAMoment) {
  int number = 0;
  write(200, 5, [&] {
    Written mail = writer_.postfix("AB" + std::to_string(1000 + number++));
    // A deferral behind the delivery would not be one.
    std::erase_if(mail.lines, [](const std::string& line) {
      return line.find("status=deferred") != std::string::npos;
    });
    writer_.shuffle(mail.lines);
    return mail;
  });
  check();
}

}  // namespace
}  // namespace postern::ctl::maillog_test::mail_assembler_property_test
