// Generated plain lists, rspamd maps, badmailfrom, hosts files and postgrey lists: the same mail is
// found in them before and after the import, or the line was named.
#include <gtest/gtest.h>

#include <array>
#include <regex>

#include "common/base/ascii_case.h"
#include "tests/unit/ctl/import/line_model.h"

namespace postern::import::flat_properties_test {
namespace {

using Maker = ModelLine (*)(Dice&);
using Matches = std::function<bool(const Query&)>;

constexpr int kRounds = 150;
constexpr std::array<std::string_view, 8> kNames = {
    "x.test", "y.x.test", "z.y.x.test", "test", "yx.test", "1and1.test", "163.test", "10.1.2.test"};
constexpr std::array<std::string_view, 3> kUsers = {"joe", "ann", "j#e"};
constexpr std::array<std::string_view, 6> kClients = {"10.1.2.3", "10.1.2.200",  "10.1.3.1",
                                                      "10.2.0.1", "2001:db8::1", "2001:db9::1"};

Query random_query(Dice& dice) {
  Query query;
  query.client = dice.one_of(kClients);
  query.name = dice.below(4) == 0 ? "" : std::string(dice.one_of(kNames));
  query.sender = std::string(dice.one_of(kUsers)) + "@" + std::string(dice.one_of(kNames));
  return query;
}

std::string random_name(Dice& dice) {
  return std::string(dice.one_of(kNames));
}

// A network in CIDR notation, with host bits when they are given.
struct Network {
  std::string address;
  int length;
};
Network random_network(Dice& dice, std::size_t host) {
  constexpr std::array<int, 3> kLengths = {16, 24, 32};
  const int length = dice.one_of(kLengths);
  const std::string third = std::to_string(length == 16 && host == 0 ? 0 : 2 + dice.below(2));
  const std::string fourth = length == 32 ? "3" : std::to_string(host);
  return {"10.1." + third + "." + fourth, length};
}
Matches in_network(const Network& network) {
  return [network](const Query& query) {
    const int bits = 32 - network.length;
    return query.client.find(':') == std::string::npos &&
           network_number(query.client, bits) == network_number(network.address, bits);
  };
}

// What is meant as addresses, and which of the clients it means.
ModelLine addresses_in_words(Dice& dice) {
  const auto octets = [](std::string_view start) {
    return [start](const Query& query) { return query.client.starts_with(start); };
  };
  const auto from_one_to_nine = [](const Query& query) { return query.client == "10.1.2.3"; };
  switch (dice.below(8)) {
    case 0:
      return {"10.1.2.", octets("10.1.2.")};
    case 1:
      return {"10.1.", octets("10.1.")};
    case 2:
      return {"10.1.2.*", octets("10.1.2.")};
    case 3:
      return {"10.1.*.*", octets("10.1.")};
    case 4:
      return {"10.1.2.0/255.255.255.0", octets("10.1.2.")};
    case 5:
      return {"10.1.2.1-9", from_one_to_nine};
    case 6:
      return {"10.1.2.1-10.1.2.9", from_one_to_nine};
    default:
      return {"10.1.2.x", octets("10.1.2.")};
  }
}

std::string with_comment(Dice& dice, std::string text) {
  constexpr std::array<std::string_view, 4> kComments = {"", " # y.x.test", " ; SBL1", "\t#x"};
  return text + std::string(dice.one_of(kComments));
}

ModelLine plain_line(Dice& dice) {
  const std::string name = random_name(dice);
  const std::string user(dice.one_of(kUsers));
  switch (dice.below(7)) {
    case 0:
      return {with_comment(dice, "." + name), [name](const Query& query) {
                return query.domain() == name || is_below(query.domain(), name);
              }};
    case 1:
      return {with_comment(dice, "*." + name),
              [name](const Query& query) { return is_below(query.domain(), name); }};
    case 2:
      return {with_comment(dice, user + "@" + name),
              [=](const Query& query) { return query.sender == user + "@" + name; }};
    case 3: {
      const Network network = random_network(dice, 0);
      return {with_comment(dice, network.address + "/" + std::to_string(network.length)),
              in_network(network)};
    }
    case 4:
      return addresses_in_words(dice);
    case 5:
      return {with_comment(dice, "@" + name),
              [name](const Query& query) { return query.domain() == name; }};
    default:
      return {with_comment(dice, name),
              [name](const Query& query) { return query.domain() == name; }};
  }
}

// rspamd does nothing for a beginning of an address or a range.
ModelLine rspamd_line(Dice& dice) {
  const std::string name = random_name(dice);
  const std::string value = dice.below(2) == 0 ? "" : " 2.5";
  switch (dice.below(6)) {
    case 0: {
      const Network network = random_network(dice, 1);
      const std::string length = "/" + std::to_string(network.length);
      const bool brackets = dice.below(2) == 0;
      return {(brackets ? "[" + network.address + "]" : network.address) + length + value,
              in_network(network)};
    }
    case 1:
      return {"[2001:db8::]/32" + value,
              [](const Query& query) { return query.client.starts_with("2001:db8:"); }};
    case 2:
      return {"/^[yz]\\..*test$/" + value, [](const Query& query) {
                return std::regex_search(query.domain(), std::regex("^[yz]\\..*test$"));
              }};
    case 3:
      return {"*." + name + value, [name](const Query& query) {
                return query.domain().size() > name.size() && is_below(query.domain(), name);
              }};
    case 4: {
      ModelLine line = addresses_in_words(dice);
      return {line.text + value, [](const Query&) { return false; }};
    }
    default:
      return {"\"" + name + "\"" + value,
              [name](const Query& query) { return query.domain() == name; }};
  }
}

ModelLine badmailfrom_line(Dice& dice) {
  const std::string name = random_name(dice);
  const std::string user(dice.one_of(kUsers));
  switch (dice.below(4)) {
    case 0:
      return {"@" + name, [name](const Query& query) { return query.domain() == name; }};
    case 1:  // qmail compares it with the whole address
      return {name, [](const Query&) { return false; }};
    case 2:
      return {"@" + addresses_in_words(dice).text, [](const Query&) { return false; }};
    default:
      return {user + "@" + name,
              [=](const Query& query) { return query.sender == user + "@" + name; }};
  }
}

ModelLine hosts_line(Dice& dice) {
  const std::string one = random_name(dice);
  const std::string other = random_name(dice);
  switch (dice.below(4)) {
    case 0:
      return {"0.0.0.0 " + addresses_in_words(dice).text, [](const Query&) { return false; }};
    case 1:
      return {"192.0.2.1 " + one, [](const Query&) { return false; }};
    case 2:
      return {"127.0.0.1 localhost " + one + " # " + other,
              [one](const Query& query) { return query.domain() == one; }};
    default:
      return {"0.0.0.0\t" + one + " " + other, [one, other](const Query& query) {
                return query.domain() == one || query.domain() == other;
              }};
  }
}

// postgrey 1.37, read_clients_whitelists(); what is neither address nor expression is the end of a
// name to it.
ModelLine postgrey_line(Dice& dice) {
  const std::string name = random_name(dice);
  switch (dice.below(6)) {
    case 0: {
      const Network network = random_network(dice, 1);
      return {network.address + "/" + std::to_string(network.length), in_network(network)};
    }
    case 1:
      return {"10.1.2 # here",
              [](const Query& query) { return query.client.starts_with("10.1.2."); }};
    case 2:
      return {addresses_in_words(dice).text, [](const Query&) { return false; }};
    case 3:
      return {"/^Y\\.x/", [](const Query& query) { return query.name.starts_with("y.x"); }};
    case 4:
      return {name + ".", [](const Query&) { return false; }};
    default:
      return {name, [name](const Query& query) {
                return query.name == name || is_below(query.name, name);
              }};
  }
}

void check_format(std::string_view format, const std::string& about, Maker make, unsigned seed) {
  Dice dice(seed);
  for (int round = 0; round < kRounds; ++round) {
    std::vector<ModelLine> lines;
    for (std::size_t count = dice.below(7); count > 0; --count) lines.push_back(make(dice));
    std::vector<Query> queries;
    for (int i = 0; i < 40; ++i) queries.push_back(random_query(dice));
    compare_with_model(format, about, lines, queries);
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(FlatProperties, PlainLists) {
  check_format("domain-list", "", plain_line, 91);
}

TEST(FlatProperties, RspamdMaps) {
  check_format("rspamd-map", "sender_domain", rspamd_line, 92);
}

TEST(FlatProperties, Badmailfrom) {
  check_format("badmailfrom", "", badmailfrom_line, 93);
}

TEST(FlatProperties, HostsFiles) {
  check_format("hosts-file", "", hosts_line, 94);
}

TEST(FlatProperties, PostgreyLists) {
  check_format("postgrey-clients", "", postgrey_line, 95);
}

}  // namespace
}  // namespace postern::import::flat_properties_test
