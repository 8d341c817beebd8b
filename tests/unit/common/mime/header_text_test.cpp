#include "common/mime/header_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

namespace postern::mime::header_text_test {
namespace {

using namespace std::string_literals;

std::string repeated(std::string_view unit, std::size_t size) {
  std::string out;
  while (out.size() + unit.size() <= size) out += unit;
  return out;
}

struct Text {
  const char* name;
  std::string raw;
  std::string decoded;
};

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest calls it.
void PrintTo(const Text& text, std::ostream* out) {
  *out << text.name;
}

class HeaderTexts : public testing::TestWithParam<Text> {};

TEST_P(HeaderTexts, is_decoded) {
  const HeaderText text = decode_header_text(GetParam().raw);
  EXPECT_EQ(text.text, GetParam().decoded);
  EXPECT_EQ(text.extent, HeaderText::Extent::whole);
}

const Text kTexts[] = {
    {"empty", "", ""},
    {"blanks", " \t ", ""},
    {"plain", "Hello world", "Hello world"},
    {"blanks_at_the_ends", " a  b\t", "a  b"},
    {"folded", "one\n two\r\n\tthree", "one two\tthree"},
    {"break_without_blank", "one\r\ntwo\n", "one two"},
    {"lone_return", "one\rtwo", "one two"},
    {"nul", "a\0b"s,
     "a\xef\xbf\xbd"
     "b"},
    {"control_character", "a\x1b[0m", "a\x1b[0m"},
    {"utf8",
     "Gr\xc3\xbc\xc3\x9f"
     "e",
     "Gr\xc3\xbc\xc3\x9f"
     "e"},
    {"latin1", "caf\xe9 au lait", "caf\xc3\xa9 au lait"},
    {"latin1_beside_utf8", "\xfc\xc3\xbc", "\xc3\xbc\xc3\xbc"},
    {"overlong_is_latin1", "\xc0\xaf", "\xc3\x80\xc2\xaf"},

    {"q_word", "=?utf-8?q?Gr=C3=BC=C3=9Fe_aus?= Berlin",
     "Gr\xc3\xbc\xc3\x9f"
     "e aus Berlin"},
    {"b_word", "=?UTF-8?B?R3LDvMOfZQ==?= x",
     "Gr\xc3\xbc\xc3\x9f"
     "e x"},
    {"latin1_word", "=?iso-8859-1?q?caf=E9?=", "caf\xc3\xa9"},
    {"language", "=?iso-8859-1*de?q?=FC?=", "\xc3\xbc"},
    {"japanese", "=?iso-2022-jp?b?GyRCJCIbKEI=?=", "\xe3\x81\x82"},
    {"blank_between_words_goes", "=?utf-8?q?a?=\r\n =?utf-8?q?b?=", "ab"},
    {"blank_beside_words_stays", "x =?utf-8?q?a?=  y  =?utf-8?q?b?=", "x a  y  b"},
    {"words_without_blank", "=?utf-8?q?a?==?utf-8?q?b?=", "ab"},
    {"padded_neighbours", "=?UTF-8?B?SGVsbG8=?= =?UTF-8?B?IHdvcmxk?=", "Hello world"},
    {"two_padded_neighbours", "=?utf-8?b?YQ==?= =?utf-8?b?Yg==?= =?utf-8?q?c?=", "abc"},
    {"no_padding", "=?utf-8?b?dmk?= =?utf-8?b?YWc?= =?utf-8?b?cmE?=", "viagra"},
    {"character_across_words", "=?utf-8?q?=c3?= =?utf-8?q?=bc?=", "\xc3\xbc"},
    {"character_across_b_words", "=?utf-8?b?4oI=?= =?utf-8?b?rA==?=", "\xe2\x82\xac"},
    {"two_charsets", "=?utf-8?q?=c3=bc?= =?iso-8859-1?q?=fc?=", "\xc3\xbc\xc3\xbc"},
    {"inside_a_word", "vi=?utf-8?q?ag?=ra", "viagra"},
    {"in_a_quoted_string", R"("=?utf-8?q?a?=" (=?utf-8?q?b?=) <x@y>)", R"("a" (b) <x@y>)"},
    {"blank_in_a_word", "=?utf-8?q?a b?= c", "a b c"},
    {"question_mark_in_a_word",
     "=?utf-8?q?what?"
     "?=",
     "what?"},
    {"decoded_once", "=?utf-8?q?=3D=3Futf-8=3Fq=3Fa=3F=3D?=", "=?utf-8?q?a?="},

    {"unknown_charset", "a =?x-none?q?b?= c", "a b c"},
    {"unknown_charset_utf8", "=?x-none?q?=C3=A9s?= c", "\xc3\xa9s c"},
    {"unknown_charset_latin1", "=?x-none?q?=E9s?= c", "\xc3\xa9s c"},
    {"unknown_charset_between_others", "=?utf-8?q?a?= =?x-none?q?b?= =?utf-8?q?c?=", "abc"},
    {"wrong_bytes", "=?utf-8?q?a=FFb?= c",
     "a\xef\xbf\xbd"
     "b c"},
    {"unfinished_character", "=?utf-8?q?a=C3?= c", "a\xef\xbf\xbd c"},
    {"unknown_charset_unfinished", "=?x-none?q?caf=E9?= x", "caf\xc3\xa9 x"},
    {"line_break_in_a_word", "=?utf-8?q?a=0D=0AX:_b?=", "a X: b"},
    {"nul_in_a_word", "=?utf-8?q?a=00b?=",
     "a\xef\xbf\xbd"
     "b"},
    {"bad_q", "=?utf-8?q?a=?= =?utf-8?q?=G1=4?=", "a==G1=4"},
    {"ascii_with_8bit", "=?us-ascii?q?a=E9?=", "a\xef\xbf\xbd"},
    {"options_in_the_charset", "=?us-ascii//IGNORE?q?a=E9b?=",
     "a\xc3\xa9"
     "b"},
    {"charset_in_any_case", "=?UTF-8?q?=c3?= =?utf-8?q?=bc?=", "\xc3\xbc"},
    {"no_charset", "=??q?a?=", "a"},
    {"stateful", "=?utf-7?q?+AOQ-?= =?utf-7?q?+AOQ?=", "\xc3\xa4\xc3\xa4"},
    // The C library says that a byte is none of this set when it has taken it already.
    {"fault_with_the_last_byte", "=?iso-2022-cn-ext?b?Dg==?=", "\xef\xbf\xbd"},
    {"fault_with_the_last_two_bytes", "=?cp949?b?oug=?= b", "\xef\xbf\xbd b"},
    {"bad_base64", "=?utf-8?b?YW!Jj?= x", "abc x"},

    {"not_closed", "=?utf-8?q?a", "=?utf-8?q?a"},
    {"not_closed_before_a_word", "=?a?q?x =?utf-8?q?real?=", "=?a?q?x real"},
    {"other_encoding", "=?utf-8?x?a?= b", "=?utf-8?x?a?= b"},
    {"only_the_start", "=?", "=?"},
    {"only_marks", "=?=?=?=", "=?=?=?="},
};

INSTANTIATE_TEST_SUITE_P(Texts, HeaderTexts, testing::ValuesIn(kTexts),
                         [](const auto& tested) { return tested.param.name; });

std::string text_of(std::string_view raw) {
  return decode_header_text(raw).text;
}

bool is_cut(std::string_view raw) {
  return decode_header_text(raw).extent == HeaderText::Extent::cut;
}

TEST(HeaderTextBounds, ends_at_the_limit) {
  const std::string text(kMaxHeaderText, 'a');
  EXPECT_EQ(text_of(text), text);
  EXPECT_EQ(text_of(text + "b"), text);
  EXPECT_EQ(text_of(std::string(kMaxHeaderText + 1, '\xbf')).size(), kMaxHeaderText);
}

TEST(HeaderTextBounds, cuts_between_characters) {
  const std::string before(kMaxHeaderText - 2, 'a');
  EXPECT_EQ(text_of(before + "\xe2\x82\xac"), before);
  EXPECT_EQ(text_of("a" + before + "\xc3\xbc"), "a" + before);
}

// One byte of this set is four characters.
const std::string kTamil = repeated("=?tscii?q?=82=82=82=82=82=82=82?= ", kMaxHeaderText);

TEST(HeaderTextBounds, cuts_what_grows) {
  EXPECT_EQ(text_of(repeated("\xe9", kMaxHeaderText)), repeated("\xc3\xa9", kMaxHeaderText));
  EXPECT_EQ(text_of(kTamil).size(), kMaxHeaderText / 3 * 3);
}

TEST(HeaderTextBounds, says_what_is_cut) {
  const std::string text(kMaxHeaderText, 'a');
  EXPECT_FALSE(is_cut(text));
  EXPECT_TRUE(is_cut(text + "b"));
  EXPECT_TRUE(is_cut(repeated("\xe9", kMaxHeaderText))) << "too long as UTF-8";
  EXPECT_TRUE(is_cut(kTamil)) << "too long when decoded";
  EXPECT_TRUE(is_cut(repeated("=?utf-8?q?a?= ", kMaxHeaderText) + std::string(kMaxHeaderText, ' ')))
      << "short when decoded, but not all of it was";
}

TEST(HeaderTextBounds, a_long_list_of_recipients_is_whole) {
  std::string to;
  for (int i = 0; i < 1000; ++i) to += "recipient-" + std::to_string(i) + "@d.example,\r\n ";
  to += "last@d.example";
  EXPECT_FALSE(is_cut(to)) << to.size();
  EXPECT_TRUE(text_of(to).ends_with("last@d.example"));
}

struct Mailboxes {
  const char* name;
  std::string raw;
  std::vector<std::string> addresses;
};

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest calls it.
void PrintTo(const Mailboxes& mailboxes, std::ostream* out) {
  *out << mailboxes.name;
}

std::vector<std::string> texts_of(std::string_view raw) {
  std::vector<std::string> texts;
  for (const MailAddress& address : header_mailboxes(raw)) texts.push_back(address.text());
  return texts;
}

class HeaderMailboxes : public testing::TestWithParam<Mailboxes> {};

TEST_P(HeaderMailboxes, are_found) {
  EXPECT_EQ(texts_of(GetParam().raw), GetParam().addresses);
}

const Mailboxes kMailboxes[] = {
    {"empty", "", {}},
    {"null_sender", "<>", {}},
    {"bare", "a@b.example", {"a@b.example"}},
    {"case", "Aa@B.Example", {"Aa@b.example"}},
    {"name", "Ann Example <a@b.example>", {"a@b.example"}},
    {"quoted_name", R"("Example, \"Ann\" <x@y>" <a@b.example>)", {"a@b.example"}},
    {"dots_in_the_name", "A. N. Example <a@b.example>", {"a@b.example"}},
    {"comment", "a@b.example (Ann <x@y>, z@w)", {"a@b.example"}},
    {"nested_comment", "(a (b@c) \\) d@e) f@g", {"f@g"}},
    {"comments_inside", "a(c)@(d)b(e).example", {"a@b.example"}},
    {"several", "a@b, Ann <c@d> , ,<e@f>", {"a@b", "c@d", "e@f"}},
    {"folded", "Ann\r\n Example\n\t<a@b.example>", {"a@b.example"}},
    {"folded_inside", "<a@b\n .example>", {"a@b.example"}},
    {"blanks_around_at_and_dot", "a @ b . example", {"a@b.example"}},

    {"group", "g: a@b, Ann <c@d>;, e@f", {"a@b", "c@d", "e@f"}},
    {"empty_group", "undisclosed-recipients:;", {}},
    {"group_in_group", "g: h: a@b;, c@d;", {"a@b", "c@d"}},
    {"group_not_closed", "g: a@b", {"a@b"}},
    {"group_named_like_an_address", "a@b: c@d;", {"c@d"}},

    {"quoted_local_part", R"("q u"@b.example)", {"q u@b.example"}},
    {"quoted_at", R"(<"a@b"@c>)", {"a@b@c"}},
    {"literal", "a@[192.0.2.1]", {"a@[192.0.2.1]"}},
    {"ipv6_literal", "<a@[IPv6:2001:DB8::1]>, b@c", {"a@[IPv6:2001:db8::1]", "b@c"}},
    {"literal_not_closed", "a@[192.0.2.1", {"a@[192.0.2.1"}},
    {"route", "<@a,@b.example:c@d>, e@f", {"c@d", "e@f"}},
    {"route_without_end", "<@a,c@d>", {"c@d"}},
    {"utf8",
     "J\xc3\xb6rg <j\xc3\xb6@b\xc3\xbc"
     "cher.example>",
     {"j\xc3\xb6@xn--bcher-kva.example"}},
    {"latin1_name", "J\xf6rg <a@b>", {"a@b"}},

    {"encoded_address_in_the_name",
     "=?utf-8?q?<ceo=40bank.example>?= <x@evil.example>",
     {"x@evil.example"}},
    {"encoded_address_and_comma",
     "=?utf-8?q?ceo=40bank.example=2C?= <x@evil.example>",
     {"x@evil.example"}},
    {"encoded_address_alone", "=?utf-8?q?ceo=40bank.example?=", {}},
    {"bare_at_in_an_encoded_name",
     "=?utf-8?q?ceo@bank.example?= <x@evil.example>",
     {"x@evil.example"}},
    {"address_as_name", "ceo@bank.example <x@evil.example>", {"x@evil.example"}},
    {"address_as_quoted_name", "\"ceo@bank.example\" <x@evil.example>", {"x@evil.example"}},
    {"address_and_comma_as_name",
     "ceo@bank.example, Inc <x@evil.example>",
     {"ceo@bank.example", "x@evil.example"}},
    {"two_in_brackets",
     "<ceo@bank.example> <x@evil.example>",
     {"ceo@bank.example", "x@evil.example"}},
    {"two_side_by_side", "a@b c@d", {"a@b", "c@d"}},
    {"one_behind_brackets", "Ann <a@b> c@d", {"a@b", "c@d"}},
    {"word_behind_brackets", "Ann <a@b> x", {"a@b"}},
    {"word_before", "Ann a@b", {"a@b"}},
    {"several_in_brackets", "<a@b, c@d; e@f>", {"a@b", "c@d", "e@f"}},
    {"brackets_in_brackets", "<<a@b>>", {"a@b"}},
    {"bracket_not_closed", "Ann <a@b, Bob <c@d>", {"a@b", "c@d"}},
    {"bracket_not_opened", "a@b>", {"a@b"}},
    {"two_brackets_opened", "<a@b <c@d>", {"a@b", "c@d"}},
    {"quote_not_closed", "\"Ann <a@b>", {"a@b"}},
    {"escaped_closing_quote", R"("Ann\" <a@b>)", {"a@b"}},
    {"comment_not_closed", "a@b (Ann", {"a@b"}},
    {"comment_not_closed_first", "(Ann <a@b>", {"a@b"}},
    {"url", "<mailto:a@b>, mailto:c@d", {"mailto:a@b", "c@d"}},

    {"no_domain", "root", {}},
    {"no_domain_in_brackets", "Root <root>, a@b", {"a@b"}},
    {"nothing_before_at", "@b", {}},
    {"nothing_behind_at", "a@, <b@>", {}},
    {"two_ats", "a@b@c", {"a@b@c"}},
    {"two_ats_together", "a@@b", {"a@@b"}},
    {"two_dots", "Ann <a..b.@c.example>", {"a..b.@c.example"}},
    {"escaped_at", R"(a\@b@c)", {R"(a\@b@c)"}},
    {"nul", "a@b\0.example"s, {"a@b\xef\xbf\xbd.example"}},
};

INSTANTIATE_TEST_SUITE_P(Fields, HeaderMailboxes, testing::ValuesIn(kMailboxes),
                         [](const auto& tested) { return tested.param.name; });

TEST(HeaderMailboxKinds, come_from_the_address) {
  const auto found = header_mailboxes("a@b.example, c@[192.0.2.1], d@-.example-");
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].kind(), MailAddress::Kind::domain);
  EXPECT_EQ(found[0].domain().text(), "b.example");
  EXPECT_EQ(found[1].kind(), MailAddress::Kind::address_literal);
}

TEST(HeaderMailboxBounds, stops_at_the_limit) {
  EXPECT_EQ(header_mailboxes(repeated("a@b, ", 5 * kMaxMailboxes)).size(), kMaxMailboxes);
  EXPECT_EQ(header_mailboxes(repeated("a@b, ", 8000)).size(), kMaxMailboxes);
  EXPECT_EQ(header_mailboxes(repeated("a@b ", 8000)).size(), kMaxMailboxes);
  EXPECT_EQ(header_mailboxes(repeated(",", kMaxHeaderText - 3) + "a@b,c@d").size(), 1U);
}

TEST(HeaderMailboxBounds, nesting_costs_no_stack) {
  EXPECT_EQ(texts_of(repeated("(", 4000) + "x@y" + repeated(")", 4000) + "a@b"),
            std::vector<std::string>{"a@b"});
  EXPECT_EQ(texts_of(repeated("(", kMaxHeaderText) + "a@b").size(), 0U);
  EXPECT_EQ(texts_of(repeated("g:", 8000) + "a@b"), std::vector<std::string>{"a@b"});
  EXPECT_EQ(texts_of(repeated("<", 8000) + "a@b"), std::vector<std::string>{"a@b"});
}

// Of this thread: what other processes take does not count.
std::chrono::nanoseconds processor_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

std::chrono::nanoseconds best_time(const std::string& raw) {
  auto best = std::chrono::nanoseconds::max();
  for (int i = 0; i < 5; ++i) {
    const auto start = processor_time();
    decode_header_text(raw);
    header_mailboxes(raw);
    best = std::min(best, processor_time() - start);
  }
  return best;
}

// Four times the input takes four times as long; sixteen times if a scanner looks for the same end
// again and again.
TEST(HeaderBounds, no_input_takes_quadratic_time) {
  for (const char* unit : {"(",      "(a",       "a@b(",     "a@[b](",  "<",
                           "<@a,",   "<@a @a ",  ",",        "a,",      "a b,",
                           "g:",     "a:b@c;",   "\"",       "\\\"",    "\"\"",
                           "[",      "a@[",      "\xfc ",    "=?",      "=?x ",
                           "=?=?=?", "=?a?b?x ", "=?a?q?x=", "=?a?q??", "=?utf-8?b?YQ?= "}) {
    const auto quarter = best_time(repeated(unit, kMaxHeaderText / 4));
    EXPECT_LT(best_time(repeated(unit, kMaxHeaderText)), 10 * quarter) << unit;
  }
}

TEST(HeaderTextThreads, decode_at_the_same_time) {
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  threads.reserve(wrong.size());
  for (int& count : wrong) {
    threads.emplace_back([&count] {
      for (int i = 0; i < 3000; ++i) {
        count += text_of("=?iso-8859-1?q?=fc?= =?x-none?b?YQ==?=") !=
                 "\xc3\xbc"
                 "a";
        count += text_of("=?iso-2022-jp?b?GyRCJCIbKEI=?=") != "\xe3\x81\x82";
        count += texts_of("Ann <a@b>, g: c@d;").size() != 2;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

}  // namespace
}  // namespace postern::mime::header_text_test
