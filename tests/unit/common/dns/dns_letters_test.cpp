#include "common/dns/dns_letters.h"

#include <gtest/gtest.h>

#include <string>

#include "common/dns/dns_message.h"

namespace postern::dns::dns_letters_test {
namespace {

using Octets = std::vector<std::uint8_t>;

constexpr std::size_t kHeader = 12;

Octets query_for(const std::string& name) {
  return encode_query(0x1234, {DomainName::parse(name).value(), DnsType::mx}, Edns::opt);
}

LetterBits all(std::uint8_t bits) {
  LetterBits letters{};
  letters.fill(bits);
  return letters;
}

// The name as it stands, length octets as dots.
std::string name_in(const Octets& query) {
  std::string name;
  std::size_t label_end = kHeader;
  for (std::size_t at = kHeader; query[at] != 0 || at != label_end; ++at) {
    if (at != label_end) {
      name += static_cast<char>(query[at]);
      continue;
    }
    label_end += 1 + query[at];
    if (!name.empty()) name += '.';
  }
  return name;
}

TEST(RandomizeCase, MakesUpperCaseWhereABitIsSet) {
  Octets query = query_for("a1-mail.example");
  randomize_case(query, all(0xff));
  EXPECT_EQ(name_in(query), "A1-MAIL.EXAMPLE");
  query = query_for("a1-mail.example");
  randomize_case(query, all(0));
  EXPECT_EQ(query, query_for("a1-mail.example"));
  randomize_case(query, all(0x55));
  EXPECT_EQ(name_in(query).size(), 15U);
  EXPECT_NE(name_in(query), "a1-mail.example");
  EXPECT_NE(name_in(query), "A1-MAIL.EXAMPLE");
}

// A label may be as long as the code of a letter.
TEST(RandomizeCase, LeavesLengthsAndAllBehindTheNameAlone) {
  const std::string label(63, 'x');
  const std::string name = label + "." + label + "." + label + "." + std::string(61, 'y');
  const Octets plain = query_for(name);
  Octets query = plain;
  randomize_case(query, all(0xff));
  ASSERT_EQ(query.size(), plain.size());
  EXPECT_EQ(Octets(query.begin() + 12 + 255, query.end()),
            Octets(plain.begin() + 12 + 255, plain.end()));
  for (const std::size_t length : {12U, 12U + 64, 12U + 128, 12U + 192}) {
    EXPECT_EQ(query[length], plain[length]);
  }
  EXPECT_EQ(query[13], 'X');
  EXPECT_EQ(query[12 + 253], 'Y');
}

Octets reply_to(Octets query) {
  query[2] |= 0x80;
  query.push_back(0);  // what follows does not matter
  return query;
}

bool is_letter(std::uint8_t octet) {
  return (octet | 0x20) >= 'a' && (octet | 0x20) <= 'z';
}

TEST(EchoOf, LetterForLetter) {
  Octets query = query_for("mail.example");
  randomize_case(query, all(0x35));
  Octets reply = reply_to(query);
  EXPECT_EQ(echo_of(reply, query), Echo::exact);
  reply[kHeader + 1] ^= 0x20;
  EXPECT_EQ(echo_of(reply, query), Echo::other_letters);
}

// Id, reply bit, count of questions, name, type and class.
TEST(EchoOf, EveryOtherBitOfIdAndQuestionCounts) {
  const Octets query = query_for("a-1.mail_2.example");
  const std::size_t name_end = kHeader + 20;
  for (std::size_t octet = 0; octet < name_end + 4; ++octet) {
    if (octet == 3 || (octet >= 6 && octet < kHeader)) continue;  // flags, other counts
    for (unsigned bit = 0; bit < 8; ++bit) {
      const bool flag = octet == 2 && bit != 7;
      const bool letter_case = octet >= kHeader && bit == 5 && is_letter(query[octet]);
      Octets reply = reply_to(query);
      reply[octet] ^= static_cast<std::uint8_t>(1U << bit);
      const Echo due = flag ? Echo::exact : (letter_case ? Echo::other_letters : Echo::none);
      EXPECT_EQ(echo_of(reply, query), due) << octet << " " << bit;
    }
  }
}

TEST(EchoOf, NoneWhenItIsNotAllThere) {
  const Octets query = query_for("mail.example");
  const Octets reply = reply_to(query);
  for (std::size_t size = 0; size < kHeader + 14 + 4; ++size) {
    EXPECT_EQ(echo_of(std::span(reply).first(size), query), Echo::none) << size;
  }
  EXPECT_EQ(echo_of(std::span(reply).first(kHeader + 14 + 4), query), Echo::exact);
}

}  // namespace
}  // namespace postern::dns::dns_letters_test
