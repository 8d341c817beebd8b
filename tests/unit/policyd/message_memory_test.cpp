#include "policyd/message_memory.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::policyd {
namespace {

using Message = MessageMemory::Message;

const Header kA{"X-A", "1"};
const Header kB{"X-B", "2"};
const Header kC{"X-C", "3"};

Transaction at(Stage stage, const std::string& instance = {},
               const std::string& sender = "s@example.org") {
  Transaction transaction;
  transaction.stage = stage;
  transaction.instance = instance;
  transaction.client = IpAddress::from_v4(0xc0000201);
  if (stage >= Stage::mail) transaction.sender = MailAddress::from_envelope(sender);
  return transaction;
}

// One request with the headers that its decision wants; the name of the header that goes with the
// reply, `-` if none.
std::string ask(MessageMemory& memory, const Transaction& transaction,
                const std::vector<Header>& wanted = {}) {
  memory.enter(transaction);
  memory.want(wanted);
  const Header* header = memory.next();
  return header == nullptr ? "-" : header->name;
}

std::string lost(MessageMemory& memory) {
  std::string names;
  for (const Header& header : memory.take_lost()) names += header.name + " ";
  return names;
}

TEST(MessageMemory, OneHeaderOncePerMessage) {
  MessageMemory memory;
  EXPECT_EQ(ask(memory, at(Stage::rcpt, "i1"), {kA}), "X-A");
  EXPECT_EQ(ask(memory, at(Stage::rcpt, "i1"), {kA}), "-");
  EXPECT_EQ(ask(memory, at(Stage::data, "i1"), {kA}), "-");
  EXPECT_EQ(ask(memory, at(Stage::rcpt, "i2"), {kA}), "X-A") << "another message";
  EXPECT_EQ(lost(memory), "");
}

TEST(MessageMemory, FurtherHeadersGoWithTheNextReplies) {
  MessageMemory memory;
  EXPECT_EQ(ask(memory, at(Stage::rcpt, "i1"), {kA, kB, kC}), "X-A");
  EXPECT_EQ(ask(memory, at(Stage::rcpt, "i1"), {kA, kB, kC}), "X-B");
  EXPECT_EQ(ask(memory, at(Stage::data, "i1")), "X-C");
  EXPECT_EQ(ask(memory, at(Stage::eom, "i1")), "-");
  EXPECT_EQ(lost(memory), "");
}

TEST(MessageMemory, SameNameWithAnotherValueIsAnotherHeader) {
  MessageMemory memory;
  EXPECT_EQ(ask(memory, at(Stage::rcpt, "i1"), {kA, {"X-A", "2"}}), "X-A");
  EXPECT_EQ(ask(memory, at(Stage::rcpt, "i1")), "X-A");
  EXPECT_EQ(ask(memory, at(Stage::rcpt, "i1")), "-");
}

TEST(MessageMemory, WhatTheNextMessageFindsUnsentIsLost) {
  MessageMemory memory;
  ask(memory, at(Stage::rcpt, "i1"), {kA, kB, kC});
  EXPECT_EQ(lost(memory), "");
  EXPECT_EQ(ask(memory, at(Stage::rcpt, "i2")), "-") << "not the next message's header";
  EXPECT_EQ(lost(memory), "X-B X-C ");
  EXPECT_EQ(lost(memory), "") << "told once";
}

TEST(MessageMemory, NothingIsSentAtTheEndOfTheMessage) {
  MessageMemory memory;
  ask(memory, at(Stage::rcpt, "i1"), {kA, kB});
  EXPECT_EQ(ask(memory, at(Stage::eom, "i1"), {kA, kB, kC}), "-");
  EXPECT_EQ(lost(memory), "X-B X-C ");
  EXPECT_EQ(ask(memory, at(Stage::rcpt, "i2")), "-");
  EXPECT_EQ(lost(memory), "");
}

TEST(MessageMemory, TheEndOfTheConnectionEndsTheMessage) {
  MessageMemory memory;
  ask(memory, at(Stage::rcpt, "i1"), {kA, kB});
  memory.end();
  EXPECT_EQ(lost(memory), "X-B ");
  EXPECT_EQ(ask(memory, at(Stage::rcpt, "i1"), {kA}), "X-A") << "Postfix asks on a new connection";
}

TEST(MessageMemory, AHeaderSentAtMailIsNotSentAgainAtRcpt) {
  MessageMemory memory;
  EXPECT_EQ(ask(memory, at(Stage::connect)), "-");
  EXPECT_EQ(ask(memory, at(Stage::mail), {kA, kB}), "X-A");
  EXPECT_EQ(ask(memory, at(Stage::rcpt, "i1"), {kA, kB}), "X-B");
  EXPECT_EQ(ask(memory, at(Stage::rcpt, "i1"), {kA, kB}), "-");
  EXPECT_EQ(lost(memory), "");
}

TEST(MessageMemory, EveryMailRequestBeginsAMessage) {
  MessageMemory memory;
  EXPECT_EQ(ask(memory, at(Stage::mail), {kA}), "X-A");
  EXPECT_EQ(ask(memory, at(Stage::mail), {kA}), "X-A") << "after RSET";
  EXPECT_EQ(ask(memory, at(Stage::rcpt, "i1"), {kA}), "-");
  EXPECT_EQ(ask(memory, at(Stage::mail), {kA}), "X-A") << "the next message of the session";
  EXPECT_EQ(ask(memory, at(Stage::rcpt, "i2"), {kA}), "-");
}

TEST(MessageMemory, AnInstanceOfAnotherSenderOrClientIsAnotherMessage) {
  MessageMemory memory;
  ask(memory, at(Stage::mail), {kA});
  EXPECT_EQ(ask(memory, at(Stage::rcpt, "i1", "other@example.org"), {kA}), "X-A");
  ask(memory, at(Stage::mail), {kA});
  Transaction elsewhere = at(Stage::rcpt, "i2");
  elsewhere.client = IpAddress::from_v4(0xc0000202);
  EXPECT_EQ(ask(memory, elsewhere, {kA}), "X-A");
}

TEST(MessageMemory, OnlyTheFirstInstanceAfterMailBelongsToIt) {
  MessageMemory memory;
  ask(memory, at(Stage::mail), {kA});
  EXPECT_EQ(ask(memory, at(Stage::rcpt, "i1"), {kA}), "-");
  EXPECT_EQ(ask(memory, at(Stage::rcpt, "i2"), {kA}), "X-A");
}

TEST(MessageMemory, WithoutInstanceEveryRequestStandsForItself) {
  MessageMemory memory;
  EXPECT_EQ(ask(memory, at(Stage::rcpt), {kA}), "X-A");
  EXPECT_EQ(ask(memory, at(Stage::rcpt), {kA}), "X-A");
}

TEST(MessageMemory, TellsMessagesApart) {
  MessageMemory memory;
  EXPECT_EQ(memory.enter(at(Stage::connect)), Message::another);
  EXPECT_EQ(memory.enter(at(Stage::helo)), Message::another);
  EXPECT_EQ(memory.enter(at(Stage::mail)), Message::another);
  EXPECT_EQ(memory.enter(at(Stage::rcpt, "i1")), Message::same);
  EXPECT_EQ(memory.enter(at(Stage::data, "i1")), Message::same);
  EXPECT_EQ(memory.enter(at(Stage::eom, "i1")), Message::same);
  EXPECT_EQ(memory.enter(at(Stage::rcpt, "i2")), Message::another);
  EXPECT_EQ(memory.enter(at(Stage::connect)), Message::another);
  EXPECT_EQ(memory.enter(at(Stage::rcpt, "i2")), Message::another) << "a session lay between";
}

TEST(MessageMemory, ANullSenderIsASender) {
  MessageMemory memory;
  ask(memory, at(Stage::mail, "", ""), {kA});
  EXPECT_EQ(ask(memory, at(Stage::rcpt, "i1", ""), {kA}), "-");
}

TEST(MessageMemory, OnlyAPassHasRoomForAHeader) {
  MessageMemory memory;
  Verdict verdict;
  verdict.prepend = {kA};
  memory.enter(at(Stage::rcpt, "i1"));
  verdict.action = Disposition::reject;
  EXPECT_EQ(memory.header_for(verdict), nullptr);
  EXPECT_EQ(ask(memory, at(Stage::rcpt, "i1")), "-") << "the recipient was refused";
  verdict.action = Disposition::hold;
  EXPECT_EQ(memory.header_for(verdict), nullptr);
  EXPECT_EQ(ask(memory, at(Stage::data, "i1")), "X-A") << "the message goes on";
}

TEST(MessageMemory, IsBounded) {
  std::vector<Header> many;
  for (int i = 0; i < 5000; ++i) many.push_back({"X-" + std::to_string(i), "v"});
  MessageMemory memory;
  ask(memory, at(Stage::rcpt, "i1"), many);
  memory.end();
  EXPECT_LE(memory.take_lost().size(), 100U);
}

}  // namespace
}  // namespace postern::policyd
