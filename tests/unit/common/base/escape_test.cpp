#include "common/base/escape.h"

#include <gtest/gtest.h>

namespace postern::escape_test {
namespace {

std::string log_value(std::string_view value, std::size_t max_bytes = 256) {
  std::string out;
  append_log_value(out, value, max_bytes);
  return out;
}

TEST(AppendLogValue, LeavesPlainTextBare) {
  EXPECT_EQ(log_value("example.org"), "example.org");
  EXPECT_EQ(log_value("a@b:[1]<>';%~!"), "a@b:[1]<>';%~!");
}

TEST(AppendLogValue, AppendsToWhatIsThere) {
  std::string out = "helo=";
  append_log_value(out, "a b");
  EXPECT_EQ(out, "helo=\"a b\"");
}

TEST(AppendLogValue, QuotesWhatIsNotPlain) {
  EXPECT_EQ(log_value(""), R"("")");
  EXPECT_EQ(log_value("a b"), R"("a b")");
  EXPECT_EQ(log_value("a=b"), R"("a=b")");
  EXPECT_EQ(log_value(R"(a"b)"), R"("a\"b")");
  EXPECT_EQ(log_value(R"(a\b)"), R"("a\\b")");
}

TEST(AppendLogValue, EscapesControls) {
  EXPECT_EQ(log_value("a\r\nb"), R"("a\x0d\x0ab")");
  EXPECT_EQ(log_value(std::string_view("\0", 1)), R"("\x00")");
  EXPECT_EQ(log_value("\x1b[31m"), R"("\x1b[31m")");
  EXPECT_EQ(log_value("\x7f"), R"("\x7f")");
  EXPECT_EQ(log_value("\xc2\x85\xc2\x9f"), R"("\xc2\x85\xc2\x9f")");  // C1 controls as UTF-8
}

TEST(AppendLogValue, EscapesWhatEndsALineOrTurnsItRound) {
  EXPECT_EQ(log_value("\xe2\x80\xa8|\xe2\x80\xa9"), R"("\xe2\x80\xa8|\xe2\x80\xa9")");
  EXPECT_EQ(log_value("\xe2\x80\xaa\xe2\x80\xae"), R"("\xe2\x80\xaa\xe2\x80\xae")");
  EXPECT_EQ(log_value("\xe2\x81\xa6\xe2\x81\xa9"), R"("\xe2\x81\xa6\xe2\x81\xa9")");
  // Their neighbours.
  EXPECT_EQ(log_value("\xe2\x80\xa7\xe2\x80\xaf"), "\"\xe2\x80\xa7\xe2\x80\xaf\"");
  EXPECT_EQ(log_value("\xe2\x81\xa5\xe2\x81\xaa"), "\"\xe2\x81\xa5\xe2\x81\xaa\"");
}

TEST(AppendLogValue, WhatIsInQuotesLooksLikeNoField) {
  EXPECT_EQ(log_value("x rule=a action=b"), R"("x rule\x3da action\x3db")");
  EXPECT_EQ(log_value("x decision door=policy"), R"("x decision door\x3dpolicy")");
  EXPECT_EQ(log_value("\xc2\xa0us=1"), "\"\xc2\xa0us\\x3d1\"") << "a blank for some";
  EXPECT_EQ(log_value("\tus=1"), R"("\x09us\x3d1")");
  // Senders as programs make them.
  EXPECT_EQ(log_value("prvs=12ab=joe@a.example"), R"("prvs=12ab=joe@a.example")");
  EXPECT_EQ(log_value("bounce+u=a.example@b.example"), R"("bounce+u=a.example@b.example")");
  EXPECT_EQ(log_value("a = b"), R"("a = b")");
}

TEST(AppendLogValue, KeepsValidUtf8) {
  EXPECT_EQ(log_value("bücher"), "\"bücher\"");
  EXPECT_EQ(log_value("\xc2\xa0€𝄞\xf4\x8f\xbf\xbf"), "\"\xc2\xa0€𝄞\xf4\x8f\xbf\xbf\"");
  EXPECT_EQ(log_value("\xed\x9f\xbf\xee\x80\x80"), "\"\xed\x9f\xbf\xee\x80\x80\"");
}

TEST(AppendLogValue, EscapesInvalidUtf8) {
  EXPECT_EQ(log_value("\x80"), R"("\x80")");                          // lone continuation
  EXPECT_EQ(log_value("\xc3"), R"("\xc3")");                          // cut
  EXPECT_EQ(log_value("\xc3z"), R"("\xc3z")");                        // wrong second byte
  EXPECT_EQ(log_value("\xc0\xaf"), R"("\xc0\xaf")");                  // overlong
  EXPECT_EQ(log_value("\xe0\x80\x8a"), R"("\xe0\x80\x8a")");          // overlong
  EXPECT_EQ(log_value("\xf0\x80\x80\x8a"), R"("\xf0\x80\x80\x8a")");  // overlong
  EXPECT_EQ(log_value("\xed\xa0\x80"), R"("\xed\xa0\x80")");          // surrogate
  EXPECT_EQ(log_value("\xf4\x90\x80\x80"), R"("\xf4\x90\x80\x80")");  // beyond U+10FFFF
  EXPECT_EQ(log_value("\xff\xfe"), R"("\xff\xfe")");
  EXPECT_EQ(log_value("\xe2\x82z"), R"("\xe2\x82z")");
}

TEST(AppendLogValue, CutsInsideTheQuotes) {
  EXPECT_EQ(log_value("abcd", 4), "abcd");
  EXPECT_EQ(log_value("abcde", 4), R"("abcd...")");
  EXPECT_EQ(log_value("a\nbc", 2), R"("a\x0a...")");
  EXPECT_EQ(log_value("ab cd", 4), R"("ab c...")");
  EXPECT_EQ(log_value("ab\"cd ef", 6), R"("ab\"cd ...")");
  EXPECT_EQ(log_value("a", 0), R"("...")");
  EXPECT_EQ(log_value("", 0), R"("")");
}

TEST(AppendLogValue, NeverCutsACharacterInTwo) {
  EXPECT_EQ(log_value("a€b", 3), R"("a...")");
  EXPECT_EQ(log_value("a€b", 4), "\"a€...\"");
}

TEST(AppendLogValue, ShowsAtMost256BytesByDefault) {
  EXPECT_EQ(log_value(std::string(256, 'a')), std::string(256, 'a'));
  EXPECT_EQ(log_value(std::string(257, 'a')), '"' + std::string(256, 'a') + "...\"");
}

TEST(AppendLogValue, OfAnyBytesIsOneLineWithoutControls) {
  std::string all;
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      all += static_cast<char>(first);
      all += static_cast<char>(second);
    }
  }
  const std::string out = log_value(all, all.size());
  for (const char c : out) {
    EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  }
}

TEST(ReplySafe, KeepsVisibleAsciiAndSpace) {
  EXPECT_EQ(reply_safe("550 5.7.1 \"Go away\" ~!"), "550 5.7.1 \"Go away\" ~!");
  EXPECT_EQ(reply_safe(""), "");
}

TEST(ReplySafe, ReplacesEverythingElse) {
  EXPECT_EQ(reply_safe("a\r\n250 ok"), "a??250 ok");
  EXPECT_EQ(reply_safe("b\xc3\xbc\t\x7f"), "b????");
  EXPECT_EQ(reply_safe(std::string_view("\0", 1)), "?");
}

TEST(Printable, KeepsTextAndShowsTheRest) {
  EXPECT_EQ(printable(""), "");
  EXPECT_EQ(printable("a \"b\" = \xc3\xbc"), "a \"b\" = \xc3\xbc");
  EXPECT_EQ(printable("a\n\t\x7f"), "a\\x0a\\x09\\x7f");
  EXPECT_EQ(printable("\x1b[2J"), "\\x1b[2J");
  EXPECT_EQ(printable("\xc2\x9b"
                      "0m"),
            "\\xc2\\x9b"
            "0m");
  EXPECT_EQ(printable("a\xe2\x80\xa8"
                      "b"),
            "a\\xe2\\x80\\xa8"
            "b");
  EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
}

TEST(ReplySafe, Cuts) {
  EXPECT_EQ(reply_safe("abcde", 3), "abc");
  EXPECT_EQ(reply_safe(std::string(1000, 'a')).size(), 256U);
}

std::string json_value(std::string_view value, std::size_t max_bytes = 256) {
  std::string out;
  append_json_value(out, value, max_bytes);
  return out;
}

TEST(AppendJsonValue, IsAJsonString) {
  EXPECT_EQ(json_value(""), R"("")");
  EXPECT_EQ(json_value("a=b c"), R"("a=b c")");
  EXPECT_EQ(json_value(R"(a"b)"), R"("a\"b")");
  EXPECT_EQ(json_value("\xc3\xa4"), "\"\xc3\xa4\"");
}

TEST(AppendJsonValue, WritesWhatIsNoTextAsTheControlProtocolDoes) {
  EXPECT_EQ(json_value("a\r\n"), R"("a\\x0d\\x0a")");
  EXPECT_EQ(json_value("\x7f\xff"), R"("\\x7f\\xff")");
  EXPECT_EQ(json_value("\xe2\x80\xa8"), R"("\\xe2\\x80\\xa8")");
}

TEST(AppendJsonValue, ABackslashIsOneUnlessItWouldLookLikeAnEscape) {
  EXPECT_EQ(json_value(R"(a\b)"), R"("a\\b")");
  EXPECT_EQ(json_value(R"(\x0a)"), R"("\\x5cx0a")");
  EXPECT_EQ(json_value(R"(\x0)"), R"("\\x0")");
}

TEST(AppendJsonValue, IsBoundedBetweenCharacters) {
  EXPECT_EQ(json_value("abcdef", 3), R"("abc...")");
  EXPECT_EQ(json_value("ab\xc3\xa4", 3), R"("ab...")");
  EXPECT_EQ(json_value("abc", 3), R"("abc")");
}

// All that has the property Bidi_Control, and the last before and the first behind each of them.
TEST(Printable, ShowsWhatTurnsTheDirectionOfWriting) {
  EXPECT_EQ(printable("\xd8\x9c"), "\\xd8\\x9c");
  EXPECT_EQ(printable("\xe2\x80\x8e\xe2\x80\x8f"), "\\xe2\\x80\\x8e\\xe2\\x80\\x8f");
  EXPECT_EQ(printable("\xe2\x80\xaa\xe2\x80\xae"), "\\xe2\\x80\\xaa\\xe2\\x80\\xae");
  EXPECT_EQ(printable("\xe2\x81\xa6\xe2\x81\xa9"), "\\xe2\\x81\\xa6\\xe2\\x81\\xa9");
  for (const char* plain : {"\xd8\x9b", "\xd8\x9d", "\xe2\x80\x8d", "\xe2\x80\x90", "\xe2\x80\xaf",
                            "\xe2\x81\xa5", "\xe2\x81\xaa"}) {
    EXPECT_EQ(printable(plain), plain);
  }
}

TEST(SafeJson, SaysTheSameToAProgramAndNothingToATerminal) {
  EXPECT_EQ(safe_json(R"({"a": "b\n\u009b"})"), R"({"a": "b\n\u009b"})");
  EXPECT_EQ(safe_json("\"\xc2\x9b\xc2\x9f\x7f\""), R"("\u009b\u009f\u007f")");
  EXPECT_EQ(safe_json("\"\xe2\x80\xae\xe2\x81\xa7\xe2\x80\xa8\""), R"("\u202e\u2067\u2028")");
  EXPECT_EQ(safe_json("\"\xd8\x9c\""), R"("\u061c")");
  EXPECT_EQ(safe_json("\"\x9b[2J\xff\""), R"("\ufffd[2J\ufffd")") << "C1 as one byte";
  EXPECT_EQ(safe_json("\"\xc2\xa0\xc3\xa4\xf0\x9f\x93\xae\""),
            "\"\xc2\xa0\xc3\xa4\xf0\x9f\x93\xae\"");
}

TEST(WithoutJsonEscapes, TakesBackWhatWasEscaped) {
  EXPECT_EQ(without_json_escapes(R"(a\x00\xff\x5cx41)"), std::string("a\0\xff\\x41", 7));
}

TEST(WithoutJsonEscapes, LeavesWhatIsNoEscape) {
  for (const char* text : {"", "a", "\\", "a\\", "\\x4", "\\xg1", "\\X41", "\\n", "\\x4G"}) {
    EXPECT_EQ(without_json_escapes(text), text);
  }
}

}  // namespace
}  // namespace postern::escape_test
