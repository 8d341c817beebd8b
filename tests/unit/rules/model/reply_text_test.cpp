#include "rules/model/reply_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/transaction_builder.h"

namespace postern::reply_text_test {
namespace {

using testing::HasSubstr;

TEST(CheckText, EveryByte) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text{'a', static_cast<char>(byte), 'b'};
    const bool visible = byte >= 0x20 && byte <= 0x7e && byte != '{';
    EXPECT_EQ(check_text(text, 10).has_value(), visible) << byte;
  }
}

TEST(CheckText, LengthIsBounded) {
  EXPECT_TRUE(check_text(std::string(5, 'a'), 5));
  EXPECT_EQ(check_text(std::string(6, 'a'), 5).error().text,
            "the text has 6 bytes; want at most 5");
  EXPECT_TRUE(check_text("", 0));
}

TEST(CheckText, Placeholders) {
  for (const char* text : {"{rule}", "{client}{sender_domain}", "a {rule} b", "{token}", "{zone}",
                           "{spf}", "}", "rule}"}) {
    EXPECT_TRUE(check_text(text, 100)) << text;
  }
  for (const char* text :
       {"{", "{}", "{rule", "{ rule}", "{Rule}", "{helo}", "{{rule}}", "{rule}{"}) {
    EXPECT_FALSE(check_text(text, 100)) << text;
  }
}

struct Expansion {
  const char* text;
  const char* wanted;
};

TEST(ExpandPlaceholders, PutsInWhatIsKnown) {
  Transaction t = TransactionBuilder(Stage::mail)
                      .client("2001:db8::1")
                      .sender(
                          "joe@B\xc3\xbc"
                          "cher.example")
                      .transaction;
  t.token = "k7m3f2";
  for (const Expansion& c :
       {Expansion{"", ""}, Expansion{"plain }", "plain }"}, Expansion{"{rule}", "r1"},
        Expansion{"quote {token}", "quote k7m3f2"}, Expansion{"{client}", "2001:db8::1"},
        Expansion{"{sender_domain}", "xn--bcher-kva.example"},
        Expansion{"{rule}{rule} by {client}.", "r1r1 by 2001:db8::1."},
        Expansion{"{unknown} {rule}", "{unknown} r1"}, Expansion{"{{rule}}", "{r1}"}}) {
    EXPECT_EQ(expand_placeholders(c.text, "r1", t, 400), c.wanted) << c.text;
  }
}

TEST(ExpandPlaceholders, WithoutAValueADash) {
  const Transaction nothing;
  EXPECT_EQ(expand_placeholders("{client} {sender_domain}", "r", nothing, 400), "- -");
  for (const char* sender : {"", "<>", "joe", "joe@[192.0.2.1]", "joe@bad..domain", "joe@x y"}) {
    const Transaction t = TransactionBuilder(Stage::mail).sender(sender).transaction;
    EXPECT_EQ(expand_placeholders("{sender_domain}", "r", t, 400), "-") << sender;
  }
}

TEST(ExpandPlaceholders, OfACheckOnlyItsOwn) {
  const auto expanded = [](CheckWord word) {
    return expand_placeholders("by {zone} {spf}", "r", Transaction{}, 400, {word, CheckWord{}});
  };
  EXPECT_EQ(expanded({"{zone}", "bl.example"}), "by bl.example -");
  EXPECT_EQ(expanded({"{spf}", "pass"}), "by - pass");
  EXPECT_EQ(expanded({"{zone}", ""}), "by - -");
  EXPECT_EQ(expanded({}), "by - -");
  EXPECT_EQ(expanded({"{zone}", "{rule}\r\n"}), "by {rule}?? -");
}

TEST(ExpandPlaceholders, AValueIsNotExpandedAgain) {
  EXPECT_EQ(expand_placeholders("{rule}", "{client}", Transaction{}, 400), "{client}");
}

TEST(ExpandPlaceholders, ResultIsSafeAndBounded) {
  const std::string many(100, '\n');
  const std::string line = expand_placeholders("{rule}", many, Transaction{}, 400);
  EXPECT_EQ(line, std::string(100, '?'));
  std::string text;
  for (int i = 0; i < 33; ++i) text += "{rule}";
  EXPECT_EQ(expand_placeholders(text, std::string(64, 'x'), Transaction{}, 400).size(), 400U);
}

struct Quoted {
  const char* text;
  const char* wanted;
};

TEST(Unquote, TakesOffTheQuotes) {
  for (const Quoted& c :
       {Quoted{"", ""}, Quoted{"a b", "a b"}, Quoted{R"("")", ""}, Quoted{R"("a b")", "a b"},
        Quoted{R"("a\"b")", R"(a"b)"}, Quoted{R"("a\\")", R"(a\)"}, Quoted{R"("\a\.")", R"(\a\.)"},
        Quoted{R"(a\b)", R"(a\b)"}}) {
    const auto text = unquote(c.text);
    ASSERT_TRUE(text.has_value()) << c.text;
    EXPECT_EQ(*text, c.wanted) << c.text;
  }
}

TEST(Unquote, RefusesAQuoteWithoutItsPartner) {
  for (const Quoted& c :
       {Quoted{R"(")", "is missing"}, Quoted{R"("a)", "is missing"},
        Quoted{R"("a\")", "is missing"}, Quoted{R"("\)", "is missing"},
        Quoted{R"(a")", "in the middle"}, Quoted{R"(a "b")", "in the middle"},
        Quoted{R"("a"b)", "something follows"}, Quoted{R"("a" )", "something follows"},
        Quoted{R"("""")", "something follows"}}) {
    const auto text = unquote(c.text);
    ASSERT_FALSE(text.has_value()) << c.text;
    EXPECT_THAT(text.error().text, HasSubstr(c.wanted)) << c.text;
  }
}

TEST(Quote, UnquoteGivesBackWhatWasQuoted) {
  EXPECT_EQ(quote(R"(a "b" \c)"), R"("a \"b\" \\c")");
  for (const char* text : {"", "a b", "\"", "\\", "\\\"", R"(a\.b)"}) {
    EXPECT_EQ(unquote(quote(text)).value_or("none"), text);
  }
}

}  // namespace
}  // namespace postern::reply_text_test
