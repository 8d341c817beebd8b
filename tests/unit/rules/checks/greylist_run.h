// For the tests of greylist: a site with DNS and a store, and messages that come to it, as a door
// has them judged.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "rules/model/message_effects.h"
#include "tests/support/state_map.h"
#include "tests/support/transaction_builder.h"
#include "tests/unit/rules/checks/check_run.h"

namespace postern::checks {

class GreylistTest : public testing::Test {
 protected:
  GreylistTest() { use("name: g"); }

  // Of shop.example the pool 198.51.100.0/24 and 203.0.113.0/24 pass; hoster.example confirms the
  // names of 192.0.3.x; broken.example and 192.0.9.x do not answer.
  static ZoneMap zone() {
    return ZoneMap::parse(R"(zone:
  shop.example: { TXT: ["v=spf1 ip4:198.51.100.0/24 ip4:203.0.113.0/24 ip6:2001:db8::/32 -all"] }
  news.shop.example: { TXT: ["v=spf1 ip4:198.51.100.0/24 -all"] }
  open.example: { TXT: ["v=spf1 +all"] }
  broken.example: { fault: servfail }
  1.3.0.192.in-addr.arpa: { PTR: [mx1.out.hoster.example] }
  mx1.out.hoster.example: { A: [192.0.3.1] }
  2.4.0.192.in-addr.arpa: { PTR: [mx2.hoster.example] }
  mx2.hoster.example: { A: [192.0.4.2] }
  3.5.0.192.in-addr.arpa: { PTR: [dyn-192-0-5-3.hoster.example] }
  dyn-192-0-5-3.hoster.example: { A: [192.0.5.3] }
  4.6.0.192.in-addr.arpa: { PTR: [mx2.hoster.example] }
  9.9.0.192.in-addr.arpa: { fault: servfail }
)")
        .value();
  }

  void use(const std::string& options) {
    check_ = make_check("greylist", options);
    Diagnostics diagnostics;
    check_->look_outside({}, diagnostics);
  }

  static Transaction at_rcpt(const std::string& sender, const std::string& client = "192.0.2.7") {
    return TransactionBuilder(Stage::rcpt)
        .client(client)
        .sender(sender)
        .recipient("r@d.example")
        .transaction;
  }

  // `new shop.example by spf, first try`
  std::string look(const Transaction& t) {
    MessageFacts facts(site_, message_, t);
    FactView view(&facts);
    report_ = check_->inspect(t, view);
    asked_ = view.evidence().size();
    if (report_.state == CheckReport::State::waiting) return "waiting";
    if (report_.state != CheckReport::State::found) return "-";
    return std::string(find_check("greylist")->findings[report_.finding].name) + " " +
           report_.detail;
  }
  // The same of the next recipient of the message, with the effects, as the shipped rule has them.
  std::string ask(const Transaction& t) {
    std::string said = look(t);
    const bool is_let_in = !said.starts_with("new ") && !said.starts_with("early ");
    if (!is_let_in) {
      std::erase_if(report_.effects,
                    [](const Effect& effect) { return effect.when == Effect::When::on_pass; });
    }
    message_.keep_new(report_.effects, t.recipient);
    site_.state.apply(report_.effects);
    return said;
  }
  // And of another message.
  std::string mail(const Transaction& t) {
    message_.clear();
    return ask(t);
  }
  std::string mail(const std::string& sender, const std::string& client) {
    return mail(at_rcpt(sender, client));
  }
  // Tried and tried again.
  void make_known(const std::string& sender, const std::string& client) {
    mail(sender, client);
    pass(std::chrono::minutes{3});
    mail(sender, client);
  }
  void pass(StateMap::Time time) { site_.state.pass(time); }

  struct Site : FactSource {
    std::optional<dns::DnsFact> find(const dns::DnsQuestion& question) override {
      if (is_waiting) return std::nullopt;
      const auto answer =
          is_dns_away ? dns::temporary_failure(dns::DnsReason::timeout) : names.answer(question);
      return dns::DnsFact{std::make_shared<const dns::DnsAnswer>(answer)};
    }
    std::optional<StateFact> find_state(const StateKey& key) override {
      return state.find_state(key);
    }
    ZoneMap names = zone();
    StateMap state;
    bool is_dns_away = false;
    bool is_waiting = false;
  } site_;
  MessageEffects message_;
  std::unique_ptr<Check> check_;
  CheckReport report_;
  std::size_t asked_ = 0;  // of DNS, by the last look
};

}  // namespace postern::checks
