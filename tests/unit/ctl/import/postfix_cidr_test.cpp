#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>

#include "tests/support/transaction_builder.h"
#include "tests/unit/ctl/import/imported_rules.h"

namespace postern {
namespace {

using testing::HasSubstr;

std::string client_decision(const Snapshot& rules, std::string_view client) {
  return decision(rules, TransactionBuilder(Stage::rcpt)
                             .client(client)
                             .sender("a@a.example")
                             .recipient("b@b.example")
                             .transaction);
}

TEST(PostfixCidr, LongestPrefixIsFirstMatchWhenInnerNetworksStandFirst) {
  const auto rules = loaded(imported("postfix-cidr",
                                     "192.0.2.128/25 OK\n"
                                     "192.0.2.0/24   REJECT listed\n"
                                     "2001:db8::/32  450 4.7.1 later\n"));
  EXPECT_EQ(client_decision(*rules, "192.0.2.129"), "pass");
  EXPECT_EQ(client_decision(*rules, "192.0.2.1"), "reject 554 5.7.1 listed");
  EXPECT_EQ(client_decision(*rules, "2001:db8::1"), "defer 450 4.7.1 later");
  EXPECT_EQ(client_decision(*rules, "198.51.100.1"), "");
}

TEST(PostfixCidr, AnInnerNetworkBehindAnOuterOneNeverDecides) {
  const Imported table = imported("postfix-cidr",
                                  "192.0.2.0/24   REJECT\n"
                                  "192.0.2.128/25 OK\n"
                                  "192.0.2.7      REJECT\n");
  EXPECT_EQ(fates(table), "iIR");
  EXPECT_THAT(messages(table), HasSubstr("table:2:1: warning: never decides: line 1"));
  EXPECT_EQ(client_decision(*loaded(table), "192.0.2.129"), "reject 554 5.7.1 Access denied");
}

TEST(PostfixCidr, DunnoShieldsWhatLiesInIt) {
  const auto rules = loaded(imported("postfix-cidr",
                                     "192.0.2.0/28 DUNNO\n"
                                     "192.0.2.0/24 DISCARD\n"));
  EXPECT_EQ(client_decision(*rules, "192.0.2.3"), "");
  EXPECT_EQ(client_decision(*rules, "192.0.2.200"), "discard");
}

TEST(PostfixCidr, AnActionOfTheMtaIsRefusedAndItsNetworkStaysFree) {
  const Imported table = imported("postfix-cidr",
                                  "# filtered\n"
                                  "192.0.2.0/28 FILTER smtp:[a.example]\n"
                                  "192.0.2.0/24 REJECT\n");
  EXPECT_EQ(fates(table), "cXi");
  EXPECT_THAT(messages(table), HasSubstr("table:2:14: error: filter is the MTA's business"));
  EXPECT_EQ(client_decision(*loaded(table), "192.0.2.3"), "");
}

TEST(PostfixCidr, HostBitsAreRefusedAsInPostfix) {
  const Imported table = imported("postfix-cidr", "192.0.2.1/24 OK\n");
  EXPECT_EQ(fates(table), "X");
  EXPECT_THAT(messages(table), HasSubstr("192.0.2.0/24"));
}

TEST(PostfixCidr, LinesAreContinuedByABlank) {
  const Imported table = imported("postfix-cidr",
                                  "192.0.2.0/24\n"
                                  "# in between\n"
                                  "  REJECT one\n"
                                  "\ttwo\n");
  EXPECT_EQ(fates(table), "icii");
  EXPECT_EQ(client_decision(*loaded(table), "192.0.2.3"), "reject 554 5.7.1 one two");
}

TEST(PostfixCidr, AllOfIpv6IsNotIpv4) {
  const auto rules = loaded(imported("postfix-cidr",
                                     "::/0 REJECT six\n"
                                     "::ffff:192.0.2.0/120 REJECT mapped\n"));
  EXPECT_EQ(client_decision(*rules, "2001:db8::1"), "reject 554 5.7.1 six");
  EXPECT_EQ(client_decision(*rules, "192.0.2.1"), "");
}

TEST(PostfixCidr, TwoHeadersStayTwoHeaders) {
  const auto rules = loaded(imported("postfix-cidr",
                                     "192.0.2.0/28 PREPEND X-One: a\n"
                                     "192.0.2.16/28 REJECT\n"
                                     "192.0.2.0/24 PREPEND X-Two: b\n"));
  EXPECT_EQ(client_decision(*rules, "192.0.2.1"), "+X-One: a");
  EXPECT_EQ(client_decision(*rules, "192.0.2.17"), "reject 554 5.7.1 Access denied");
  EXPECT_EQ(client_decision(*rules, "192.0.2.33"), "+X-Two: b");
}

TEST(PostscreenAccess, PermitPassesAndRejectRefuses) {
  const Imported table = imported("postscreen-access",
                                  "192.0.2.0/28 permit\n"
                                  "192.0.2.16/28 dunno\n"
                                  "192.0.2.0/24 reject\n"
                                  "198.51.100.0/24 OK\n");
  const auto rules = loaded(table);
  EXPECT_EQ(fates(table), "iiiX");
  EXPECT_EQ(client_decision(*rules, "192.0.2.1"), "pass");
  EXPECT_EQ(client_decision(*rules, "192.0.2.17"), "");
  EXPECT_EQ(client_decision(*rules, "192.0.2.200"),
            "reject 550 5.3.2 Service currently unavailable");
}

TEST(PostscreenAccess, PermitCanMeanAnotherAction) {
  const Imported table =
      imported("postscreen-access", "192.0.2.0/28 permit\n", "", "skip sender_mx");
  ASSERT_EQ(table.rules.size(), 1U);
  EXPECT_EQ(table.rules[0].then, std::vector<std::string>{"skip sender_mx"});
}

// cidr_table(5) as it is written: from top to bottom, over address families and blocks.
class Reference {
 public:
  void add(std::string_view word, bool wanted, std::string_view network, std::string_view result) {
    Line line{std::string(word), wanted, {}, 0, 0, std::string(result)};
    const std::size_t slash = network.find('/');
    line.family = network.find(':') == network.npos ? AF_INET : AF_INET6;
    const std::string address(network.substr(0, slash));
    inet_pton(line.family, address.c_str(), line.bytes.data());
    line.bits = slash == network.npos ? (line.family == AF_INET ? 32 : 128)
                                      : std::stoi(std::string(network.substr(slash + 1)));
    lines_.push_back(std::move(line));
  }
  void end() { lines_.push_back({"endif", true, {}, 0, 0, ""}); }

  [[nodiscard]] std::string find(const std::string& client) const {
    const int family = client.find(':') == client.npos ? AF_INET : AF_INET6;
    std::array<unsigned char, 16> address{};
    inet_pton(family, client.c_str(), address.data());
    int closed = 0;  // depth of blocks that do not hold
    for (const Line& line : lines_) {
      if (line.word == "endif") {
        if (closed > 0) --closed;
        continue;
      }
      const bool holds = line.family == family && matches(line, address) == line.wanted;
      if (line.word == "if") {
        if (closed > 0 || !holds) ++closed;
      } else if (closed == 0 && holds) {
        return line.result;
      }
    }
    return "";
  }

 private:
  struct Line {
    std::string word;
    bool wanted;
    std::array<unsigned char, 16> bytes;
    int family;
    int bits;
    std::string result;
  };
  static bool matches(const Line& line, const std::array<unsigned char, 16>& address) {
    for (int bit = 0; bit < line.bits; ++bit) {
      const auto i = static_cast<std::size_t>(bit / 8);
      const int mask = 0x80 >> (bit % 8);
      if ((line.bytes[i] & mask) != (address[i] & mask)) return false;
    }
    return true;
  }
  std::vector<Line> lines_;
};

struct Action {
  const char* postfix;
  const char* postern;
};

constexpr std::array<Action, 9> kActions = {{
    {"OK", "pass"},
    {"DUNNO", ""},
    {"REJECT", "reject 554 5.7.1 Access denied"},
    {"REJECT 5.7.9 no", "reject 554 5.7.9 no"},
    {"451 4.3.0 later", "defer 451 4.3.0 later"},
    {"DISCARD", "discard"},
    {"HOLD please", "hold please"},
    {"PREPEND X-A: 1", "+X-A: 1"},
    {"PREPEND X-B: 2", "+X-B: 2"},
}};

std::string expected(const std::string& result) {
  for (const Action& action : kActions) {
    if (result == action.postfix) return action.postern;
  }
  return "";
}

std::string v4(std::size_t low) {
  return "192.0.2." + std::to_string(low);
}

std::string v6(std::size_t low) {
  std::array<char, 8> digits{};
  std::snprintf(digits.data(), digits.size(), "%zx", low);
  return std::string("2001:db8::") + digits.data();
}

// Networks of few addresses, so that many lie in each other; now and then a very large one.
std::string random_network(Dice& dice) {
  const std::size_t free_bits = dice.below(7);
  const std::size_t low = dice.below(64) >> free_bits << free_bits;
  const bool v4_family = dice.below(3) > 0;
  if (dice.below(12) == 0) return v4_family ? "0.0.0.0/0" : "::/0";
  if (dice.below(12) == 0) return v4_family ? "192.0.0.0/8" : "2000::/3";
  const std::string address = v4_family ? v4(low) : v6(low);
  if (free_bits == 0 && dice.below(2) == 0) return address;
  return address + "/" + std::to_string((v4_family ? 32 : 128) - free_bits);
}

struct RandomTable {
  std::string text;
  Reference reference;
};

RandomTable random_table(Dice& dice) {
  RandomTable table;
  std::size_t depth = 0;
  for (std::size_t lines = 1 + dice.below(14); lines > 0; --lines) {
    const std::size_t what = dice.below(10);
    const bool wanted = dice.below(4) > 0;
    const std::string network = random_network(dice);
    const std::string pattern = (wanted ? "" : "!") + network;
    if (what == 0) {
      table.text += "if " + pattern + "\n";
      table.reference.add("if", wanted, network, "");
      ++depth;
    } else if (what == 1 && depth > 0) {
      table.text += "endif\n";
      table.reference.end();
      --depth;
    } else {
      const std::string result = dice.one_of(kActions).postfix;
      table.text += pattern + " " + result + "\n";
      table.reference.add("", wanted, network, result);
    }
  }
  for (; depth > 0; --depth) {
    table.text += "endif\n";
    table.reference.end();
  }
  return table;
}

TEST(PostfixCidr, DecidesLikeTheOriginalTable) {
  Dice dice(20260101);
  for (int round = 0; round < 150; ++round) {
    const RandomTable table = random_table(dice);
    const Imported result = imported("postfix-cidr", table.text);
    ASSERT_EQ(result.count(LineFate::refused), 0U) << messages(result) << table.text;
    const auto rules = loaded(result);
    for (std::size_t low = 0; low < 66; ++low) {
      for (const std::string& client :
           {v4(low), v6(low), std::string("198.51.100.9"), std::string("fe80::1")}) {
        ASSERT_EQ(client_decision(*rules, client), expected(table.reference.find(client)))
            << client << " of\n"
            << table.text << rule_files(result, "table").rules;
      }
    }
  }
}

}  // namespace
}  // namespace postern
