// What a line of the log, a reply and headers must be, whatever stands in them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "common/base/escape.h"
#include "common/base/utf8.h"
#include "ctl/log/log_line.h"
#include "milter/end_of_message_actions.h"
#include "milter/reply.h"
#include "rules/model/verdict.h"

namespace postern {

inline bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

inline bool is_visible_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

inline std::size_t count_of(std::string_view what, std::string_view text) {
  std::size_t count = 0;
  for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) {
    ++count;
  }
  return count;
}

// One line for every program that reads lines, whatever it holds to be the end of one.
inline void expect_one_line(const std::string& line) {
  EXPECT_TRUE(is_valid_utf8(line)) << line;
  EXPECT_TRUE(std::none_of(line.begin(), line.end(), [](unsigned char c) {
    return c < 0x20 || c == 0x7f;
  })) << line;
  for (const char* more :
       {"\xe2\x80\xa8", "\xe2\x80\xa9", "\xc2\x85", "\xc2\x9b", "\xe2\x80\xae", "\xe2\x81\xa6"}) {
    EXPECT_EQ(line.find(more), std::string::npos) << line;
  }
  EXPECT_EQ(printable(line), line);
}

// RFC 5321 4.2, and what smfi_setreply(3) takes.
inline void expect_good_reply(const milter::MilterReply& reply) {
  if (reply.status != milter::MilterReply::Status::reject &&
      reply.status != milter::MilterReply::Status::tempfail)
    return;
  const char wanted = reply.status == milter::MilterReply::Status::reject ? '5' : '4';
  const auto& [code, enhanced, text] = reply.refusal.value();
  EXPECT_EQ(code.size(), 3U);
  EXPECT_EQ(code.at(0), wanted);
  EXPECT_EQ(enhanced.at(0), wanted);
  EXPECT_FALSE(text.empty());
  EXPECT_LE(text.size(), SmtpReply::kMaxText);
  EXPECT_TRUE(is_visible_ascii(text)) << text;
  const std::string format = milter::as_format(text);
  EXPECT_EQ(count_of("%", format), 2 * count_of("%", text));
}

inline void expect_good_actions(const milter::EndOfMessageActions& actions) {
  for (const Header& header : actions.headers()) {
    EXPECT_TRUE(is_visible_ascii(header.name));
    EXPECT_EQ(header.name.find_first_of(": "), std::string::npos);
    EXPECT_TRUE(is_visible_ascii(header.value)) << header.value;
    EXPECT_LE(header.value.size(), kMaxHeaderValue);
  }
  if (!actions.hold_reason()) return;
  EXPECT_FALSE(actions.hold_reason()->empty());
  EXPECT_LE(actions.hold_reason()->size(), kMaxMtaLogText);
  EXPECT_TRUE(is_visible_ascii(*actions.hold_reason()));
}

// The fields are those of the decision, and what looks like one to grep(1) is one.
inline void expect_good_line(const std::string& line, const Transaction& transaction,
                             const Verdict& verdict) {
  expect_one_line(line);
  EXPECT_LT(line.size(), 8192U);
  EXPECT_EQ(count_of(" rule=", line), 1U) << line;
  EXPECT_EQ(count_of(" action=", line), 1U) << line;
  EXPECT_EQ(count_of("decision door=", line), 1U) << line;
  const auto fields = ctl::read_log_line(line);
  ASSERT_TRUE(fields) << fields.error().text << "\n" << line;
  EXPECT_EQ(fields->at("rule").text, verdict.rule.empty() ? "-" : verdict.rule);
  EXPECT_EQ(fields->at("action").text, to_string(verdict.action));
  const auto helo = fields->find("helo");
  ASSERT_EQ(helo == fields->end(), transaction.helo.empty());
  if (helo != fields->end() && !helo->second.cut) {
    EXPECT_EQ(helo->second.text, transaction.helo);
  }
}

}  // namespace postern
