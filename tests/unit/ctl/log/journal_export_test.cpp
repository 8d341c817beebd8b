#include "ctl/log/journal_export.h"

#include <gtest/gtest.h>

#include <sstream>
#include <vector>

#include "common/base/line_splitter.h"

namespace postern::ctl::journal_export_test {
namespace {

std::vector<ProgramLine> records_of(const std::string& text, std::size_t* others = nullptr) {
  JournalExport journal;
  std::vector<ProgramLine> records;
  std::istringstream in(text);
  read_lines(
      in, std::size_t{1} << 16,
      [&](std::string_view line) {
        if (!journal.add(line) && others != nullptr) ++*others;
        if (auto record = journal.take()) records.push_back(std::move(*record));
      },
      [] {});
  return records;
}

const std::string kBegin =
    "__CURSOR=s=1\n__REALTIME_TIMESTAMP=1795268402118000\nSYSLOG_IDENTIFIER=postfix/smtpd\n"
    "SYSLOG_PID=8738\n";

TEST(JournalExport, PlainFields) {
  const auto records = records_of(kBegin + "MESSAGE=NOQUEUE: reject\nPRIORITY=6\n\n" + kBegin +
                                  "MESSAGE=second\n\n");
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].program, "postfix/smtpd");
  EXPECT_EQ(records[0].process, "8738");
  EXPECT_EQ(records[0].text, "NOQUEUE: reject");
  EXPECT_EQ(format_utc(records[0].time.value()), "2026-11-21T13:40:02Z");
  EXPECT_EQ(records[1].text, "second");
}

// Ten bytes: the length itself is a line end.
TEST(JournalExport, BinaryFields) {
  const std::string length("\n\0\0\0\0\0\0\0", 8);
  const auto records = records_of(kBegin + "MESSAGE\n" + length + "a\xff\nb567890\nPRIORITY=6\n\n");
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].text, "a\xff");  // up to its line end
  const std::string two("\x02\0\0\0\0\0\0\0", 8);
  EXPECT_EQ(records_of(kBegin + "MESSAGE=x\nCOREDUMP\n" + two + "a\n\n\n").at(0).text, "x");
}

TEST(JournalExport, OtherLinesAreForOthers) {
  std::size_t others = 0;
  EXPECT_TRUE(records_of("Nov 21 13:40:02 mx postfix/smtpd[1]: x\n\n", &others).empty());
  EXPECT_EQ(others, 2U);
}

TEST(JournalExport, ALengthThatIsALieEndsTheRecord) {
  const std::string huge(8, '\x7f');
  const auto records =
      records_of(kBegin + "MESSAGE\n" + huge + "abc\n" + kBegin + "MESSAGE=ok\n\n");
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].text, "ok");
}

}  // namespace
}  // namespace postern::ctl::journal_export_test
