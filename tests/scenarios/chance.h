// Rules and sessions made up from a seed, for tests that compare two ways of judging them.
#pragma once

#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace postern {

using Words = std::vector<std::string>;

// What the domains of the sessions are.
inline constexpr const char* kZoneOfChance = R"(
zone:
  good.example:    { MX: [10 mx.good.example] }
  mx.good.example: { A: [198.51.100.25] }
  fail.example:    { fault: servfail }
)";

struct Message {
  std::string sender;
  std::string user;
  Words recipients;
  std::string subject;
  std::string from;
};

struct Session {
  std::string client;
  std::string helo;
  std::vector<Message> messages;
};

class Chance {
 public:
  explicit Chance(std::uint32_t seed) : random_(seed) {}

  std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
  }
  bool one_in(std::size_t times) { return below(times) == 0; }
  std::string any(const Words& of) { return of[below(of.size())]; }

  std::string rule_file() {
    std::string text =
        "version: 1\ncapture_domains: cap.example\nlists:\n  nets: { kind: network, entries: "
        "[192.0.2.1, { entry: 192.0.2.2, "
        "then: " +
        any({"hold", "pass", "reject", "discard", "redirect c@cap.example"}) + " }] }\nrules:\n";
    for (std::size_t i = 0, count = 1 + below(7); i < count; ++i) text += rule(i);
    return text;
  }

  Session session() {
    Session result{
        any({"192.0.2.1", "192.0.2.2", "192.0.2.3"}), any({"a.example", "b.example"}), {}};
    for (std::size_t i = 0, count = 1 + below(2); i < count; ++i) {
      Message message{any({"s@good.example", "s@bad.example", "x@fail.example", ""}),
                      any({"", "u"}),
                      {},
                      any({"one", "two", "three"}),
                      any({"s@good.example", "q@bad.example"})};
      for (std::size_t j = 0, rcpts = 1 + below(3); j < rcpts; ++j) {
        message.recipients.push_back(
            any({"r1@d.example", "r2@d.example", "r3@d.example", "r4@e.example"}));
      }
      result.messages.push_back(std::move(message));
    }
    return result;
  }

 private:
  std::string condition() {
    return any({"client: nets", "client: 192.0.2.3", "helo: a.example", "sender: s@good.example",
                "sender: '<>'", "sender_domain: bad.example", "recipient: r1@d.example",
                "recipient: r2@d.example", "recipient_domain: d.example", "authenticated: yes",
                "header.subject: '~one'", "header.from_differs: domain",
                "header.from_domain: bad.example"});
  }

  std::string when() {
    std::set<std::string> keys;
    std::string text;
    for (std::size_t i = below(3); i > 0; --i) {
      const std::string one = condition();
      if (keys.insert(one.substr(0, one.find(':'))).second) {
        text += (text.empty() ? "" : ", ") + one;
      }
    }
    if (one_in(4)) text += (text.empty() ? "" : ", ") + ("not: { " + condition() + " }");
    return text.empty() ? "" : ", when: { " + text + " }";
  }

  std::string what() {
    const std::string decides =
        any({"pass", "reject 550 5.7.1 one", "reject 554 5.7.1 two", "defer later", "discard",
             "hold", "redirect c@cap.example", "redirect d@cap.example", "skip r0", "skip r3",
             "skip sender_mx"});
    switch (below(8)) {
      case 0:
        return ", then: { prepend: 'X-R: {rule}' }";
      case 1:
        return ", then: [ { prepend: 'X-S: {rule}' }, '" + decides + "' ]";
      case 2:
        return one_in(2) ? ", then: log" : ", then: copy e@cap.example";
      case 3:
        return ", check: sender_mx, on: { missing: reject, unknown: defer, null_mx: reject }";
      case 4:
        return ", check: sender_mx, on: { missing: { prepend: 'X-M: {rule}' } }";
      default:
        return ", then: '" + decides + "'";
    }
  }

  std::string rule(std::size_t number) {
    static const Words kLate = {
        "[mail, rcpt, data, eom]", "[rcpt, data, eom]", "rcpt", "data", "eom", "[data, eom]"};
    return "  - { name: r" + std::to_string(number) + when() + what() +
           (one_in(4) ? ", stage: " + any(kLate) : "") + (one_in(6) ? ", mode: log" : "") + " }\n";
  }

  std::mt19937 random_;
};

}  // namespace postern
