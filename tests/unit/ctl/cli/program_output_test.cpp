#include "ctl/cli/program_output.h"
#include "tests/support/stopwatch.h"

#include <gtest/gtest.h>

namespace postern::ctl::program_output_test {
namespace {

TEST(ProgramOutput, IsWhatTheProgramWrites) {
  EXPECT_EQ(program_output({"/bin/sh", "-c", "printf 'a\\nb'; echo no >&2; cat"}).value(), "a\nb");
}

TEST(ProgramOutput, NothingIsTakenForAShellCommand) {
  EXPECT_EQ(program_output({"echo", "$(id); x"}).value(), "$(id); x\n");
}

TEST(ProgramOutput, AProgramThatIsNotThere) {
  EXPECT_NE(program_output({"/nowhere/postconf"}).error().text.find("/nowhere/postconf"),
            std::string::npos);
}

TEST(ProgramOutput, AStatusThatIsNotNought) {
  EXPECT_EQ(program_output({"/bin/sh", "-c", "exit 3"}).error().text,
            "/bin/sh ended with status 3");
  EXPECT_EQ(program_output({"/bin/sh", "-c", "kill -9 $$"}).error().text,
            "/bin/sh was ended by a signal");
}

TEST(ProgramOutput, IsBoundedInSizeAndTime) {
  ProgramLimits limits;
  limits.bytes = 1000;
  EXPECT_EQ(program_output({"yes"}, limits).error().text, "yes: it writes too much");
  limits.time = std::chrono::milliseconds(50);
  const Stopwatch watch;
  EXPECT_EQ(program_output({"sleep", "60"}, limits).error().text, "sleep: it takes too long");
  // As scripts do that write to a log.
  EXPECT_EQ(program_output({"/bin/sh", "-c", "exec >/dev/null; sleep 60"}, limits).error().text,
            "/bin/sh: it takes too long");
  EXPECT_LT(watch.own(), std::chrono::seconds(30));
}

}  // namespace
}  // namespace postern::ctl::program_output_test
