#include "rules/model/action.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::action_test {
namespace {

using testing::HasSubstr;

// An action in one line, with all that it holds.
std::string shown(const Action& action) {
  std::string text(to_string(kind_of(action)));
  if (const auto* reject = std::get_if<Reject>(&action)) text += "|" + reject->reply.to_string();
  if (const auto* defer = std::get_if<Defer>(&action)) text += "|" + defer->reply.to_string();
  if (const auto* discard = std::get_if<Discard>(&action)) text += "|" + discard->text;
  if (const auto* hold = std::get_if<Hold>(&action)) text += "|" + hold->text;
  if (const auto* log = std::get_if<Log>(&action)) text += "|" + log->text;
  if (const auto* delay = std::get_if<Delay>(&action)) {
    text += "|" + std::to_string(delay->time.count());
  }
  if (const auto* prepend = std::get_if<Prepend>(&action)) {
    text += "|" + prepend->name + "|" + prepend->value;
  }
  if (const MailAddress* to = capture_of(action)) text += "|" + to->text();
  if (const auto* skip = std::get_if<Skip>(&action)) {
    for (const std::string& name : skip->names) text += "|" + name;
  }
  return text;
}

struct Case {
  std::string text;
  std::string wanted;
};

TEST(Action, Reads) {
  const Case cases[] = {
      {"pass", "pass"},
      {"pass  ", "pass"},
      {"reject", "reject|550 5.7.1 Rejected by local policy"},
      {"reject 554 5.7.0 \"No\"", "reject|554 5.7.0 No"},
      {"reject   No  ", "reject|550 5.7.1 No"},
      {"defer", "defer|451 4.7.1 Please try again later"},
      {"defer 450 4.3.2 x", "defer|450 4.3.2 x"},
      {"discard", "discard|"},
      {"discard \"a b\"", "discard|a b"},
      {"hold odd one", "hold|odd one"},
      {"hold " + std::string(100, 'x'), "hold|" + std::string(100, 'x')},
      {"log", "log|"},
      {"log seen {rule}", "log|seen {rule}"},
      {"redirect samples@cap.example", "redirect|samples@cap.example"},
      {"redirect Ann.B+x_1-=@Cap.EXAMPLE ", "redirect|Ann.B+x_1-=@cap.example"},
      {"copy samples@cap.example", "copy|samples@cap.example"},
      {"skip sender_mx", "skip|sender_mx"},
      {"skip a, b,c  d", "skip|a|b|c|d"},
      {"skip ,a,", "skip|a"},
      {"soften", "soften"},
      {"delay 6s", "delay|6000"},
      {"delay 1ms", "delay|1"},
      {"delay 20s", "delay|20000"},
      {"prepend X-A: b", "prepend|X-A|b"},
      {"prepend \"X-A: b c\"", "prepend|X-A|b c"},
      {"prepend X-A:b", "prepend|X-A|b"},
      {"prepend X-A:   b: c", "prepend|X-A|b: c"},
      {"prepend !#$%&'*+-.^_`|~: v", "prepend|!#$%&'*+-.^_`|~|v"},
      {"prepend " + std::string(64, 'X') + ": v", "prepend|" + std::string(64, 'X') + "|v"},
      {"prepend X: " + std::string(900, 'v'), "prepend|X|" + std::string(900, 'v')},
  };
  for (const Case& c : cases) {
    const auto action = parse_action(c.text);
    ASSERT_TRUE(action.has_value()) << c.text << ": " << action.error().text;
    EXPECT_EQ(shown(*action), c.wanted) << c.text;
  }
}

TEST(Soften, MakesADeferOfWhatRefusesAndNothingElse) {
  const Case cases[] = {
      {"reject", "defer|450 4.7.1 Rejected by local policy"},
      {"reject 551 5.1.6 x", "defer|451 4.1.6 x"},
      {"reject 552 5.2.2 x", "defer|452 4.2.2 x"},
      {"reject 554 5.7.1 x", "defer|450 4.7.1 x"},
      {"reject 521 5.3.2 x", "defer|450 4.3.2 x"},
      {"reject 500 x", "defer|450 4.7.1 x"},
      {"reject 599 x", "defer|450 4.7.1 x"},
      {"reject {rule} {token}", "defer|450 4.7.1 {rule} {token}"},
      {"discard gone", "defer|451 4.7.1 Please try again later"},
  };
  for (const Case& c : cases) EXPECT_EQ(shown(soften(parse_action(c.text).value())), c.wanted);
  for (const char* text : {"pass", "defer 421 4.3.2 x", "hold x", "redirect a@b.example", "skip a",
                           "soften", "delay 1s", "prepend A: b", "copy a@b.example", "log x"}) {
    const Action action = parse_action(text).value();
    EXPECT_EQ(soften(action), action) << text;
  }
}

TEST(Action, RefusesAndSaysWhich) {
  const Case cases[] = {
      {"", "'' is not an action; want pass, skip, soften, reject"},
      {" pass", "'' is not an action"},
      {"rejct", "'rejct' is not an action"},
      {"Reject", "'Reject' is not an action"},
      {"reject\tno", "is not an action"},
      {"ok", "'ok' is not an action"},
      {"pass on", "pass: 'on' after pass; want nothing there"},
      {"reject 450", "reject: reply code 450"},
      {"defer 550", "defer: reply code 550"},
      {"discard \"open", "discard: the closing '\"' is missing"},
      {"hold " + std::string(101, 'x'), "hold: the text has 101 bytes; want at most 100"},
      {"log a\nb", "log: the text holds a byte that is no visible ASCII"},
      {"hold {sender}", "hold: '{' in the text begins no placeholder"},
      {"prepend X-A: {token}", "which each recipient has its own of; want it in a reply"},
      {"redirect", "redirect: '' is no address; want user@domain"},
      {"redirect samples", "redirect: 'samples' is no address"},
      {"redirect @cap.example", "is no address"},
      {"redirect a@", "is no address"},
      {"redirect <a@cap.example>", "is no address"},
      {"redirect a@[192.0.2.1]", "is no address"},
      {"redirect a@b c@d.example", "is no address"},
      {"redirect \"a\"@cap.example", "is no address"},
      {"redirect a%b.example@cap.example", "is no address"},
      {"redirect b.example!a", "is no address"},
      {"redirect .a@cap.example", "is no address"},
      {"redirect a..b@cap.example", "is no address"},
      {"redirect a,b@cap.example", "is no address"},
      {"redirect " + std::string(65, 'a') + "@cap.example", "is no address"},
      {"redirect a@cap.example\nX: y", "is no address"},
      {"copy \xc3\xa4@cap.example", "copy: "},
      {"skip", "skip: skip without a name"},
      {"skip  , ,", "skip: skip without a name"},
      {"delay", "delay: "},
      {"delay 0s", "delay: a delay of 0s; want more than 0s and at most 20s"},
      {"delay 20001ms", "delay: a delay of 20001ms"},
      {"delay 6", "delay: "},
      {"delay -1s", "delay: "},
      {"delay 6s please", "delay: "},
      {"prepend", "prepend: '' is not a header; want \"Name: value\""},
      {"prepend no header", "prepend: 'no header' is not a header"},
      {"prepend : v", "is not a header"},
      {"prepend X A: v", "is not a header"},
      {"prepend X\xc3\xa4: v", "is not a header"},
      {"prepend X-A:", "prepend: header 'X-A:' has no value"},
      {"prepend \"X-A:   \"", "has no value"},
      {"prepend X: v\r\nBcc: w", "no visible ASCII"},
      {"prepend X\r\nBcc: w", "is not a header"},
      {"prepend " + std::string(65, 'X') + ": v", "is not a header"},
      {"prepend X: " + std::string(901, 'v'), "the text has 901 bytes; want at most 900"},
  };
  for (const Case& c : cases) {
    const auto action = parse_action(c.text);
    ASSERT_FALSE(action.has_value()) << c.text << " became " << shown(*action);
    EXPECT_THAT(action.error().text, HasSubstr(c.wanted)) << c.text;
  }
}

TEST(Action, KindsHaveOneWordEachAndSixAreFinal) {
  const char* words[] = {"pass", "reject", "defer", "discard", "hold", "redirect",
                         "skip", "soften", "delay", "prepend", "copy", "log"};
  ASSERT_EQ(std::size(words), std::variant_size_v<Action>);
  for (std::size_t i = 0; i < std::size(words); ++i) {
    const auto kind = static_cast<ActionKind>(i);
    EXPECT_EQ(to_string(kind), words[i]);
    EXPECT_EQ(is_final(kind), i < 6) << words[i];
  }
  for (const ActionInfo& info : action_table()) {
    EXPECT_EQ(info_of(info.kind).word, info.word);
    EXPECT_THAT(parse_action("refuse").error().text, HasSubstr(std::string(info.word)));
    EXPECT_EQ(kind_of(info.disposition.value_or(Disposition::pass)),
              info.disposition ? info.kind : ActionKind::pass);
  }
  EXPECT_EQ(kind_of(Pass{}), ActionKind::pass);
  EXPECT_EQ(kind_of(Log{}), ActionKind::log);
}

}  // namespace
}  // namespace postern::action_test
