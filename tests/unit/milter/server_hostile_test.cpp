// What no MTA says: the server stays up, and those beside it and after it are served.
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/milter/served_milter.h"

namespace postern::milter::server_hostile_test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kRules = R"(
rules:
  - { name: client, when: { client: 192.0.2.66 }, then: 'reject 550 5.7.1 "banned client"' }
  - { name: helo, when: { helo: bad.example }, then: 'reject 550 5.7.1 "banned helo"' }
  - { name: no, when: { sender: no@ }, then: 'reject 553 5.1.8 "no"' }
  - { name: aside, when: { sender: aside@ }, then: hold }
  - { name: mark, when: { sender: mark@ }, then: { prepend: 'X-Mark: yes' } }
  - { name: trap, when: { recipient: trap@ }, then: reject }
  - { name: words, when: { header.subject: '~words' }, then: reject }
  - { name: from, when: { header.from_differs: address }, then: log }
)";

std::string negotiation() {
  return milter_negotiation(6, MilterClient::kAllActions, MilterClient::kAllSteps);
}

std::string connect() {
  return milter_frame('C', milter_client_address("host.example", "192.0.2.1"));
}

std::string helo() {
  return milter_frame('H', milter_strings({"client.example"}));
}

std::string mail() {
  return milter_frame('M', milter_strings({"<no@b.example>"}));
}

std::string bytes_of(std::string_view bytes) {
  return std::string(bytes);
}

struct Hostile {
  const char* what;
  std::string bytes;
};

std::vector<Hostile> hostile() {
  const std::string to_helo = negotiation() + connect() + helo();
  const std::string rcpt = milter_frame('R', milter_strings({"<a@b.example>"}));
  const std::string zero = bytes_of({"\0\0\0\0", 4});
  const std::string largest = bytes_of({"\xff\xff\xff\xff", 4});
  std::string all_bytes;
  for (int i = 0; i < 256 * 16; ++i) all_bytes += static_cast<char>(i);
  return {
      {"nothing", ""},
      {"a length of zero", zero},
      {"a length of zero later", negotiation() + zero + "C"},
      {"four gigabytes", largest + "O" + std::string(65536, 'a')},
      {"four gigabytes later", negotiation() + largest + "C" + std::string(65536, 'a')},
      {"two gigabytes",
       negotiation() + bytes_of({"\x7f\xff\xff\xff", 4}) + "M" + std::string(65536, 'a')},
      {"a megabyte of sender", to_helo + milter_frame('M', "<" + std::string(1 << 20, 'a'))},
      {"one byte", bytes_of({"\0", 1})},
      {"half a length", bytes_of({"\0\0", 2})},
      {"a length alone", bytes_of({"\0\0\0\x0d", 4})},
      {"half a negotiation", negotiation().substr(0, 9)},
      {"a short negotiation", milter_frame('O', bytes_of({"\0\0\0\x06", 4}))},
      {"an empty negotiation", milter_frame('O')},
      {"version 0", milter_negotiation(0, 0x1ff, 0x1fffff)},
      {"version 2 billion", milter_negotiation(0x80000000, 0x1ff, 0x1fffff)},
      {"nothing offered", milter_negotiation(6, 0, 0) + connect() + helo() + mail()},
      {"two negotiations", negotiation() + negotiation() + connect() + mail()},
      {"no negotiation", connect() + helo() + mail()},
      {"MAIL before the negotiation", mail() + negotiation()},
      {"MAIL first", negotiation() + mail()},
      {"RCPT before MAIL", to_helo + rcpt},
      {"end of message first", negotiation() + milter_frame('E')},
      {"end of message before MAIL", to_helo + milter_frame('E')},
      {"end of message before RCPT", to_helo + mail() + milter_frame('E')},
      {"header before MAIL", to_helo + milter_frame('L', milter_strings({"Subject", "words"}))},
      {"DATA before MAIL", to_helo + milter_frame('T')},
      {"two CONNECTs", negotiation() + connect() + connect()},
      {"MAIL twice", to_helo + mail() + mail()},
      {"aborts without number",
       to_helo + milter_frame('A') + milter_frame('A') + milter_frame('A')},
      {"an unknown command", to_helo + milter_frame('Z', "what")},
      {"a reply as a command", to_helo + milter_frame('c')},
      {"a command below blank", to_helo + milter_frame('\x01')},
      {"no arguments", to_helo + milter_frame('M')},
      {"an argument that does not end", to_helo + milter_frame('M', "<a@b")},
      {"empty arguments", to_helo + milter_frame('M', bytes_of({"\0\0\0", 3}))},
      {"ten thousand arguments",
       to_helo + milter_frame('M', milter_strings(std::vector<std::string>(10000, "a")))},
      {"CONNECT without anything", negotiation() + milter_frame('C')},
      {"CONNECT of no family", negotiation() + milter_frame('C', bytes_of({"host\0", 5}))},
      {"CONNECT of another family",
       negotiation() + milter_frame('C', bytes_of({"host\0X\0\0x\0", 10}))},
      {"CONNECT from a socket",
       negotiation() + milter_frame('C', bytes_of({"host\0L\0\0/a/path\0", 16})) + helo() + mail()},
      {"CONNECT with no address",
       negotiation() + milter_frame('C', bytes_of({"host\0004\0\0", 8}))},
      {"CONNECT with a wrong address",
       negotiation() + milter_frame('C', bytes_of({"host\0004\0\001999.1.2\0", 16}))},
      {"CONNECT with another's address",
       negotiation() + milter_frame('C', bytes_of({"host\0006\0\001192.0.2.1\0", 18}))},
      {"HELO without a name", negotiation() + connect() + milter_frame('H')},
      {"macros for nothing", negotiation() + milter_frame('D')},
      {"macros for an unknown command",
       negotiation() + milter_frame('D', "?" + milter_strings({"i", "1"}))},
      {"macros in thousands",
       to_helo + milter_frame('D', "M" + milter_strings(std::vector<std::string>(8000, "i"))) +
           mail()},
      {"a macro without a value", to_helo + milter_frame('D', bytes_of({"Mi\0", 3})) + mail()},
      {"a macro whose value does not end",
       to_helo + milter_frame('D', bytes_of({"Mi\0Q1", 5})) + mail()},
      {"a macro whose name does not end", to_helo + milter_frame('D', "Mi") + mail()},
      {"the last of thousands of macros without a value",
       to_helo + milter_frame('D', "M" + milter_strings(std::vector<std::string>(8001, "x"))) +
           mail()},
      {"nothing but ends of macros",
       to_helo + milter_frame('D', "M" + std::string(60001, '\0')) + mail()},
      {"a header without a value",
       to_helo + mail() + milter_frame('L', bytes_of({"Subject\0", 8}))},
      {"a session after QUIT_NC",
       to_helo + milter_frame('A') + milter_frame('K') + connect() + helo() + mail()},
      {"QUIT_NC first", milter_frame('K') + connect()},
      {"QUIT_NC in the middle", to_helo + milter_frame('K') + connect() + helo() + mail()},
      {"QUIT_NC and nothing new", to_helo + milter_frame('A') + milter_frame('K') + mail()},
      {"QUIT_NC and a negotiation",
       to_helo + milter_frame('A') + milter_frame('K') + negotiation() + connect()},
      {"QUIT and more", to_helo + milter_frame('Q') + mail()},
      {"HTTP", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"},
      {"all bytes", all_bytes},
  };
}

class HostileMilterClient : public WithServedMilter {
 protected:
  HostileMilterClient() { served_.use_rules(kRules); }

  // Says it, and hangs up without hearing.
  void shout(const std::string& bytes) const { client().say(bytes); }

  void expect_that_it_serves(const std::string& after) const {
    MilterClient mta = client();
    mta.open();
    EXPECT_EQ(mta.message("no@b.example", {"r@d.example"}), "mail: 553 5.1.8 no") << after;
    mta.abort();
    EXPECT_EQ(mta.message("good@b.example", {"r@d.example"}), "continue") << after;
  }
};

TEST_F(HostileMilterClient, WhateverItSaysOthersAreServed) {
  MilterClient beside = client();
  beside.open();
  for (const Hostile& one : hostile()) {
    shout(one.bytes);
    EXPECT_EQ(beside.mail("no@b.example"), "553 5.1.8 no") << one.what;
    beside.abort();
    expect_that_it_serves(one.what);
  }
}

// Heard to the end: what it gets for an answer is a packet, or the end of the connection.
TEST_F(HostileMilterClient, WhateverItSaysItIsAnsweredInPackets) {
  for (const Hostile& one : hostile()) {
    MilterClient mta = served_.impatient_client();
    mta.say(one.bytes + milter_frame('Q'));
    for (int packets = 0; packets < 50; ++packets) {
      const auto packet = mta.hear();
      if (!packet) break;
      EXPECT_NE(std::string("Octardyqi").find(packet->letter), std::string::npos) << one.what;
    }
  }
}

TEST_F(HostileMilterClient, CutOffAnywhere) {
  const std::string whole =
      negotiation() + connect() + helo() + milter_frame('D', "M" + milter_strings({"i", "Q1"})) +
      milter_frame('M', milter_strings({"<aside@b.example>"})) +
      milter_frame('R', milter_strings({"<a@b.example>"})) + milter_frame('T') +
      milter_frame('L', milter_strings({"Subject", "hello"})) + milter_frame('E');
  for (std::size_t end = 0; end < whole.size(); ++end) shout(whole.substr(0, end));
  expect_that_it_serves("all cuts");
}

TEST_F(HostileMilterClient, ByteByByte) {
  MilterClient mta = client();
  const std::string whole = negotiation() + connect() + helo() + mail();
  for (const char byte : whole) ASSERT_TRUE(mta.say({&byte, 1}));
  std::vector<std::string> heard;
  for (int i = 0; i < 4; ++i) {
    const auto packet = mta.hear();
    ASSERT_TRUE(packet);
    heard.push_back(packet->letter + packet->payload);
  }
  EXPECT_EQ(heard[0].front(), 'O');
  EXPECT_EQ(heard[1], "c");
  EXPECT_EQ(heard[2], "c");
  EXPECT_EQ(heard[3], milter_strings({"y553 5.1.8 no"}));
}

// The same in each run.
TEST_F(HostileMilterClient, Noise) {
  std::mt19937 random(20261121);  // NOLINT(cert-msc51-cpp): the same in each run is the point
  const auto below = [&](unsigned bound) { return static_cast<unsigned>(random() % bound); };
  const auto noise = [&](unsigned longest) {
    std::string bytes(below(longest), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    return bytes;
  };
  const std::string letters = "CHMRTLNBEADQKU?O";
  for (int i = 0; i < 200; ++i) {
    shout(noise(2000));
    std::string frames = negotiation();
    if (below(2) == 0) frames += connect() + helo();
    for (unsigned count = below(12); count > 0; --count) {
      const char letter = letters[below(static_cast<unsigned>(letters.size()))];
      frames +=
          milter_frame(letter, below(3) == 0 ? milter_strings({noise(20), noise(50)}) : noise(100));
    }
    shout(frames);
  }
  expect_that_it_serves("noise");
}

TEST_F(HostileMilterClient, TheLogStaysReadable) {
  for (const char* text : {"\x1b[31m", "a\nb", "\xff\xfe", "\x7f"}) {
    shout(negotiation() + milter_frame('C', milter_client_address(text, "192.0.2.1")) +
          milter_frame('H', milter_strings({text})) +
          milter_frame('D', "M" + milter_strings({"i", text, "{auth_authen}", text})) +
          milter_frame('M', milter_strings({text})));
  }
  EXPECT_TRUE(served_.is_idle());
  std::string odd;
  for (const char c : served_.logged()) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n') || byte == 0x7f) odd += c;
  }
  EXPECT_EQ(odd, "");
}

// Until the server, which cannot get rid of its answers, reads no more.
TEST_F(HostileMilterClient, OneThatNeverReadsHoldsUpNobody) {
  MilterClient deaf = client();
  deaf.open();
  std::string many;
  for (int i = 0; i < 20000; ++i) many += mail() + milter_frame('A');
  std::size_t sent = 0;
  for (int idle = 0; idle < 50 && sent < many.size();) {
    const std::size_t now = deaf.say_at_once(std::string_view(many).substr(sent));
    sent += now;
    idle = now == 0 ? idle + 1 : 0;
    if (now == 0) std::this_thread::sleep_for(10ms);
  }
  EXPECT_LT(sent, many.size()) << "it has read all of it";
  for (int i = 0; i < 20; ++i) expect_that_it_serves("a deaf one");
}

}  // namespace
}  // namespace postern::milter::server_hostile_test
