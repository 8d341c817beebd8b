// cidr tables that are made up, against a model of cidr_table(5), dict_cidr.c and cidr_match.c.
#include <arpa/inet.h>
#include <strings.h>

#include <cctype>
#include <sstream>

#include "tests/support/transaction_builder.h"
#include "tests/unit/ctl/import/original_table.h"
#include "tests/unit/ctl/import/postfix_actions.h"

namespace postern::import::postfix_cidr_property_test {
namespace {

struct Pattern {
  int family = AF_INET;
  std::array<unsigned char, 16> bytes{};
  int bits = 0;
  bool wanted = true;

  [[nodiscard]] bool holds(int of, const std::array<unsigned char, 16>& address) const {
    if (of != family) return false;
    for (int bit = 0; bit < bits; ++bit) {
      const auto i = static_cast<std::size_t>(bit / 8);
      const int mask = 0x80 >> (bit % 8);
      if (((bytes[i] ^ address[i]) & mask) != 0) return !wanted;
    }
    return wanted;
  }
};

std::string without_blanks_before(std::string text) {
  return text.substr(std::min(text.find_first_not_of(' '), text.size()));
}

// A pattern that Postfix does not understand is none.
std::optional<Pattern> pattern_of(std::string text) {
  Pattern pattern;
  while (!text.empty() && (text[0] == '!' || text[0] == ' ')) {
    if (text[0] == '!') pattern.wanted = !pattern.wanted;
    text.erase(0, 1);
  }
  std::string length;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == text.npos) return std::nullopt;
    const std::string behind = text.substr(end + 1);
    if (!behind.empty() && behind[0] != '/') return std::nullopt;
    text = text.substr(1, end - 1) + behind;
  }
  if (const std::size_t slash = text.find('/'); slash != text.npos) {
    length = text.substr(slash + 1);
    text.resize(slash);
    if (length.empty() || length.find_first_not_of("0123456789") != length.npos) {
      return std::nullopt;
    }
  }
  pattern.family = text.find(':') == text.npos ? AF_INET : AF_INET6;
  const int all = pattern.family == AF_INET ? 32 : 128;
  pattern.bits = length.empty() ? all : std::atoi(length.c_str());
  if (pattern.bits > all) return std::nullopt;
  if (inet_pton(pattern.family, text.c_str(), pattern.bytes.data()) != 1) return std::nullopt;
  for (int bit = pattern.bits; bit < all; ++bit) {
    if ((pattern.bytes[static_cast<std::size_t>(bit / 8)] & (0x80 >> (bit % 8))) != 0) {
      return std::nullopt;
    }
  }
  return pattern;
}

class CidrModel {
 public:
  explicit CidrModel(const std::string& text) {
    std::istringstream in(text);
    std::string line;
    int depth = 0;
    for (int number = 1; std::getline(in, line); ++number) read(line, number, depth);
  }

  // The line that decides (0: none) and its right-hand side.
  [[nodiscard]] std::pair<int, std::string> find(const std::string& client) const {
    const int family = client.find(':') == client.npos ? AF_INET : AF_INET6;
    std::array<unsigned char, 16> address{};
    inet_pton(family, client.c_str(), address.data());
    int closed = 0;  // depth of blocks that do not hold
    for (const Rule& rule : rules_) {
      if (rule.kind == Rule::endif) {
        if (closed > 0) --closed;
      } else if (rule.kind == Rule::block) {
        if (closed > 0 || !rule.pattern.holds(family, address)) ++closed;
      } else if (closed == 0 && rule.pattern.holds(family, address)) {
        return {rule.line, rule.result};
      }
    }
    return {};
  }

 private:
  struct Rule {
    enum Kind { entry, block, endif } kind = entry;
    Pattern pattern;
    int line = 0;
    std::string result;
  };

  void read(std::string line, int number, int& depth) {
    if (line.empty() || line[0] == '#') return;
    if (strncasecmp(line.c_str(), "endif", 5) == 0 && std::isalnum(line[5]) == 0) {
      if (line.size() > 5 || depth == 0) return;
      --depth;
      rules_.push_back({Rule::endif, {}, number, ""});
      return;
    }
    if (strncasecmp(line.c_str(), "if", 2) == 0 && std::isalnum(line[2]) == 0) {
      const auto pattern = pattern_of(without_blanks_before(line.substr(2)));
      if (!pattern) return;
      ++depth;
      rules_.push_back({Rule::block, *pattern, number, ""});
      return;
    }
    const std::size_t start = std::min(line.find_first_not_of("! "), line.size());
    const std::size_t end = std::min(line.find(' ', start), line.size());
    const std::string result = without_blanks_before(line.substr(end));
    const auto pattern = pattern_of(line.substr(0, end));
    if (pattern && !result.empty()) rules_.push_back({Rule::entry, *pattern, number, result});
  }

  std::vector<Rule> rules_;
};

std::string v4(std::size_t low) {
  return "192.0.2." + std::to_string(low);
}

std::string v6(std::size_t low) {
  std::ostringstream text;
  text << "2001:db8::" << std::hex << low;
  return text.str();
}

// Networks of few addresses, so that many lie in each other; now and then a very large one, or one
// that Postfix does not take.
std::string random_network(Dice& dice) {
  const std::size_t free_bits = dice.below(7);
  const std::size_t low = dice.below(64) >> free_bits << free_bits;
  const bool is_v4 = dice.below(3) > 0;
  switch (dice.below(40)) {
    case 0:
    case 1:
      return is_v4 ? "0.0.0.0/0" : "::/0";
    case 2:
    case 3:
      return is_v4 ? "192.0.0.0/8" : "2000::/3";
    case 4:
      return is_v4 ? "192.0.2.1/24" : "2001:db8::1/64";
    case 5:
      return is_v4 ? "192.0.2.0/33" : "2001:db8::/x";
    case 6:
      return is_v4 ? "192.0.2" : "[2001:db8::1";
    case 7:
      return is_v4 ? "192.0.2.0/024" : "2001:db8::/032";
    default:
      break;
  }
  const std::string address = is_v4 ? v4(low) : v6(low);
  const std::string length = "/" + std::to_string((is_v4 ? 32U : 128U) - free_bits);
  switch (dice.below(6)) {
    case 0:
      return free_bits == 0 ? "[" + address + "]" : "[" + address + length + "]";
    case 1:
      return "[" + address + "]" + length;
    default:
      return free_bits == 0 && dice.below(2) == 0 ? address : address + length;
  }
}

std::string random_pattern(Dice& dice) {
  constexpr std::array<std::string_view, 8> kBefore = {"", "", "", "", "", "!", "! ", "!!"};
  return std::string(dice.one_of(kBefore)) + random_network(dice);
}

std::string random_line(Dice& dice) {
  constexpr std::array<std::string_view, 6> kIf = {"if ", "if ", "if ", "IF ", "if", "if  "};
  constexpr std::array<std::string_view, 6> kEndif = {"endif", "endif",   "endif",
                                                      "ENDIF", "endif #", "endifs"};
  switch (dice.below(12)) {
    case 0: {
      const std::string pattern = random_pattern(dice);
      // `if192.0.2.1` is no block.
      return std::string(dice.one_of(kIf)) + pattern + (dice.below(8) == 0 ? " more" : "");
    }
    case 1:
      return std::string(dice.one_of(kEndif));
    case 2:
      return dice.below(3) == 0 ? random_pattern(dice) : "# a remark";
    default:
      return random_pattern(dice) + " " + std::string(dice.one_of(kPostfixActions).text);
  }
}

TEST(PostfixCidrProperty, DecidesLikeTheOriginal) {
  Dice dice(20260101);
  ComparisonCounts counts;
  for (int round = 0; round < 250 && !testing::Test::HasFatalFailure(); ++round) {
    OriginalTable table;
    table.format = "postfix-cidr";
    table.request.about = "client";
    for (std::size_t lines = 1 + dice.below(14); lines > 0; --lines) {
      table.text += random_line(dice) + "\n";
    }
    const CidrModel model(table.text);
    for (std::size_t low = 0; low < 66; ++low) {
      for (const std::string& client :
           {v4(low), v6(low), std::string("198.51.100.9"), std::string("fe80::1")}) {
        const auto [line, result] = model.find(client);
        const Transaction session =
            TransactionBuilder(Stage::rcpt).client(client).sender("a@a.example").transaction;
        Asked asked{client, session, "", {}};
        if (line > 0) asked.answer = postfix_answer(result, Refused::other);
        if (line > 0) asked.lines = {line};
        table.asked.push_back(std::move(asked));
      }
    }
    compare_with_original(table, counts);
  }
  expect_telling(counts);
}

// server_acl.c: the first word decides; what is none of its words ends the search.
TEST(PostscreenAccessProperty, DecidesLikeTheOriginal) {
  constexpr std::array<std::string_view, 9> kResults = {
      "permit", "permit # ours", "PERMIT", "reject",           "reject, permit",
      "dunno",  "dunno permit",  "OK",     "permit_mynetworks"};
  const auto answer = [](std::string result) {
    result.resize(std::min(result.find_first_of(", "), result.size()));
    if (strcasecmp(result.c_str(), "permit") == 0) return "pass";
    if (result == "reject") return "reject 550 5.3.2 Service currently unavailable";
    return result == "permit_mynetworks" ? "who knows" : "";
  };
  Dice dice(20260102);
  ComparisonCounts counts;
  for (int round = 0; round < 100 && !testing::Test::HasFatalFailure(); ++round) {
    OriginalTable table;
    table.format = "postscreen-access";
    for (std::size_t lines = 1 + dice.below(14); lines > 0; --lines) {
      table.text += random_network(dice) + " " + std::string(dice.one_of(kResults)) + "\n";
    }
    const CidrModel model(table.text);
    for (std::size_t low = 0; low < 66; ++low) {
      for (const std::string& client : {v4(low), v6(low), std::string("198.51.100.9")}) {
        const auto [line, result] = model.find(client);
        const Transaction session =
            TransactionBuilder(Stage::rcpt).client(client).sender("a@a.example").transaction;
        Asked asked{client, session, line > 0 ? answer(result) : "", {}};
        if (line > 0) asked.lines = {line};
        table.asked.push_back(std::move(asked));
      }
    }
    compare_with_original(table, counts);
  }
  expect_telling(counts);
}

}  // namespace
}  // namespace postern::import::postfix_cidr_property_test
