// What is counted and kept of a candidate's differences, and that it stays small.
#include "rules/shadow/findings.h"

#include <gtest/gtest.h>

#include "tests/support/transaction_builder.h"

namespace postern::shadow::findings_test {
namespace {

const replay::Outcome kPass{Disposition::pass, 0};
const replay::Outcome kReject{Disposition::reject, 550};

journal::JournalRecord record_of(const std::string& instance) {
  journal::JournalRecord record;
  record.transaction = TransactionBuilder(Stage::rcpt)
                           .client("192.0.2.7")
                           .sender("s@a.example")
                           .recipient("r@b.example")
                           .transaction;
  record.transaction.instance = instance;
  record.verdict.rule = "live";
  return record;
}

Comparison refused_by(std::string_view rule) {
  return {.kind = Kind::refused, .live = kPass, .candidate = kReject, .rule = rule};
}

const Count& count_of(const Findings& findings, Kind kind) {
  return findings.counts()[static_cast<std::size_t>(kind)];
}

TEST(ShadowFindings, CountsDecisionsAndMessages) {
  Findings findings;
  findings.add(refused_by("x"), record_of("m1"));
  findings.add(refused_by("x"), record_of("m1"));
  findings.add(refused_by("y"), record_of("m2"));
  findings.add({.live = kPass, .candidate = kPass}, record_of("m3"));
  findings.add({.kind = Kind::undecided, .live = kPass, .rule = "z", .needs = "DNS"},
               record_of("m4"));
  EXPECT_EQ(count_of(findings, Kind::refused).decisions, 3U);
  EXPECT_EQ(count_of(findings, Kind::refused).messages, 2U);
  EXPECT_EQ(decisions_in(findings.counts()), 5U);
  EXPECT_EQ(differences_in(findings.counts()), 3U) << "undecided is no difference";
  EXPECT_EQ(findings.rows().size(), 3U);
  EXPECT_EQ(findings.examples().size(), 3U);
}

TEST(ShadowFindings, TheNewestExamplesComeFirstAndNameBothVerdicts) {
  Findings findings;
  Comparison found = refused_by("x");
  found.entry.entry = "a.example";
  found.entry.file = "lists/campaign.txt";
  found.entry.line = 3;
  findings.add(refused_by("older"), record_of("m1"));
  findings.add(found, record_of("m2"));
  const Example example = findings.examples().front();
  EXPECT_EQ(example.number, 2U);
  EXPECT_EQ(example.client, "192.0.2.7");
  EXPECT_EQ(example.sender, "s@a.example");
  EXPECT_EQ(example.recipient, "r@b.example");
  EXPECT_EQ(example.row.live_rule, "live");
  EXPECT_EQ(example.row.rule, "x");
  EXPECT_EQ(example.place, "lists/campaign.txt:3");
}

TEST(ShadowFindings, AFloodOfOneKindDrivesOutNoExampleOfAnother) {
  Findings findings;
  findings.add({.kind = Kind::let_in, .live = kReject, .candidate = kPass}, record_of("rare"));
  for (int i = 0; i < 10'000; ++i) findings.add(refused_by("x"), record_of(std::to_string(i)));
  const auto examples = findings.examples();
  EXPECT_EQ(examples.size(), Findings::kExamples + 1);
  EXPECT_EQ(examples.back().row.kind, Kind::let_in);
  EXPECT_EQ(count_of(findings, Kind::refused).messages, 10'000U);
}

TEST(ShadowFindings, WhateverComesTheyStaySmall) {
  Findings findings;
  for (int i = 0; i < 5000; ++i) {
    journal::JournalRecord record = record_of(std::to_string(i));
    record.transaction.client_name = std::string(5000, 'x');
    record.transaction.sender = MailAddress::from_envelope(std::string(5000, 'y') + "@a.example");
    findings.add(refused_by("rule" + std::to_string(i)), record);
  }
  EXPECT_EQ(findings.rows().size(), Findings::kMaxRows + 1);
  const Row others{Kind::refused, kPass, kReject, Findings::kOthers, Findings::kOthers, ""};
  EXPECT_EQ(findings.rows().at(others), 5000 - Findings::kMaxRows);
  const Example example = findings.examples().front();
  EXPECT_EQ(example.client_name.size(), Findings::kMaxText);
  EXPECT_EQ(example.sender.size(), Findings::kMaxText);
}

TEST(ShadowRecentMessages, ForgetsTheOldestFirst) {
  RecentMessages messages;
  EXPECT_TRUE(messages.add(0));
  EXPECT_FALSE(messages.add(0));
  for (std::size_t i = 1; i <= RecentMessages::kMost; ++i) EXPECT_TRUE(messages.add(i));
  EXPECT_TRUE(messages.add(0));
  EXPECT_FALSE(messages.add(RecentMessages::kMost));
}

}  // namespace
}  // namespace postern::shadow::findings_test
