#include "rules/model/action.h"

#include <gtest/gtest.h>

namespace postern::action_text_test {
namespace {

TEST(ActionText, IsWhatAPersonWouldWrite) {
  for (const char* text : {
           "pass",
           "reject 550 5.7.1 \"No\"",
           "reject 554 5.1.8 \"a \\\"quoted\\\" \\\\ text\"",
           "defer 451 4.7.1 \"Later, {client}\"",
           "discard",
           "discard \"a loop\"",
           "hold",
           "hold \"look at it\"",
           "redirect samples@cap.example",
           "copy samples@cap.example",
           "skip sender_mx other-rule",
           "delay 6s",
           "delay 1500ms",
           "prepend \"X-Mark: {rule}: yes\"",
           "log",
           "log \"seen\"",
       }) {
    const auto action = parse_action(text);
    ASSERT_TRUE(action) << text << ": " << action.error().text;
    EXPECT_EQ(action_text(*action), text);
  }
}

TEST(ActionText, SaysDefaultsInFull) {
  EXPECT_EQ(action_text(*parse_action("reject")), "reject 550 5.7.1 \"Rejected by local policy\"");
  EXPECT_EQ(action_text(*parse_action("defer 450 Later")), "defer 450 4.7.1 \"Later\"");
}

}  // namespace
}  // namespace postern::action_text_test
