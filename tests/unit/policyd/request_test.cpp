#include "policyd/request.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace postern::policyd::request_test {
namespace {

using State = PolicyRequestReader::State;

constexpr PolicyRequestLimits kLimits{1024, 40};

// What Postfix 3.7 sends at RCPT.
const std::string kRcpt =
    "request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\n"
    "client_address=192.0.2.25\nclient_name=mail.example.org\nclient_port=50000\n"
    "reverse_client_name=rev.example.org\nserver_address=192.0.2.1\nserver_port=25\n"
    "helo_name=helo.example.org\nsender=a=b@example.org\nrecipient=r@dest.example\n"
    "recipient_count=0\nqueue_id=4F2\ninstance=1a2.5b.0\nsize=100\netrn_domain=\nstress=\n"
    "sasl_method=\nsasl_username=alice\nsasl_sender=\nccert_subject=\nccert_issuer=\n"
    "ccert_fingerprint=\nccert_pubkey_fingerprint=\nencryption_protocol=TLSv1.3\n"
    "encryption_cipher=X\nencryption_keysize=256\npolicy_context=\n\n";

// A copy that ends where the text does, so that AddressSanitizer sees every byte read beyond it.
class Exact {
 public:
  explicit Exact(std::string_view text) : bytes_(text.begin(), text.end()) {
    bytes_.shrink_to_fit();
  }
  [[nodiscard]] std::string_view view() const { return {bytes_.data(), bytes_.size()}; }

 private:
  std::vector<char> bytes_;
};

TEST(PolicyRequestReader, ReadsWhatPostfixSends) {
  PolicyRequestReader reader(kLimits);
  ASSERT_EQ(reader.read(kRcpt), State::complete);
  EXPECT_EQ(reader.consumed(), kRcpt.size());
  const PolicyRequest& request = reader.request();
  EXPECT_EQ(request.protocol_state, "RCPT");
  EXPECT_EQ(request.client_address, "192.0.2.25");
  EXPECT_EQ(request.client_name, "mail.example.org");
  EXPECT_EQ(request.reverse_client_name, "rev.example.org");
  EXPECT_EQ(request.helo_name, "helo.example.org");
  EXPECT_EQ(request.sender, "a=b@example.org");
  EXPECT_EQ(request.recipient, "r@dest.example");
  EXPECT_EQ(request.recipient_count, "0");
  EXPECT_EQ(request.texts[0], "alice");
  EXPECT_EQ(request.encryption_protocol, "TLSv1.3");
  EXPECT_EQ(request.queue_id, "4F2");
  EXPECT_EQ(request.instance, "1a2.5b.0");
}

TEST(PolicyRequestReader, TakesNoOtherNameForOneThatItKnows) {
  PolicyRequestReader reader(kLimits);
  ASSERT_EQ(reader.read("request=smtpd_access_policy\nsende=1\nsenders=2\nSENDER=3\nqueue-id=4\n"
                        "sasl_usernamf=5\na_name_that_is_longer_than_any_other=6\n\n"),
            State::complete);
  EXPECT_EQ(reader.request().sender, "");
  EXPECT_EQ(reader.request().queue_id, "");
  EXPECT_EQ(reader.request().texts[0], "");
}

TEST(PolicyRequestReader, TellsAbsentEncryptionFromEmpty) {
  PolicyRequestReader reader(kLimits);
  ASSERT_EQ(reader.read("request=smtpd_access_policy\n\n"), State::complete);
  EXPECT_FALSE(reader.request().has_encryption_protocol);
  reader.reset(kLimits);
  ASSERT_EQ(reader.read("request=smtpd_access_policy\nencryption_protocol=\n\n"), State::complete);
  EXPECT_TRUE(reader.request().has_encryption_protocol);
  EXPECT_EQ(reader.request().encryption_protocol, "");
}

TEST(PolicyRequestReader, TakesTheFirstOfDuplicates) {
  PolicyRequestReader reader(kLimits);
  ASSERT_EQ(reader.read("sender=\nsender=late@example.org\nrequest=smtpd_access_policy\n"
                        "request=other\n\n"),
            State::complete);
  EXPECT_EQ(reader.request().sender, "");
}

TEST(PolicyRequestReader, ReadsByteWiseFromABufferThatMoves) {
  PolicyRequestReader reader(kLimits);
  for (std::size_t size = 0; size < kRcpt.size(); ++size) {
    const Exact moved(std::string_view(kRcpt).substr(0, size));
    ASSERT_EQ(reader.read(moved.view()), State::incomplete) << size;
  }
  const Exact whole(kRcpt);
  ASSERT_EQ(reader.read(whole.view()), State::complete);
  EXPECT_EQ(reader.request().sender, "a=b@example.org");
  EXPECT_EQ(reader.request().sender.data(), whole.view().data() + kRcpt.find("a=b@"));
}

TEST(PolicyRequestReader, LeavesTheNextRequestAlone) {
  const std::string two = kRcpt + "request=smtpd_access_policy\nprotocol_state=DATA\n\n";
  PolicyRequestReader reader(PolicyRequestLimits{kRcpt.size(), 40});
  ASSERT_EQ(reader.read(two), State::complete);
  ASSERT_EQ(reader.consumed(), kRcpt.size());
  reader.reset(kLimits);
  ASSERT_EQ(reader.read(std::string_view(two).substr(kRcpt.size())), State::complete);
  EXPECT_EQ(reader.request().protocol_state, "DATA");
  EXPECT_EQ(reader.request().sender, "") << "nothing is left of the request before";
}

TEST(PolicyRequestReader, EachRequestHasItsLimits) {
  PolicyRequestReader reader(PolicyRequestLimits{kRcpt.size() - 1, 40});
  EXPECT_EQ(reader.read(kRcpt), State::bad);
  reader.reset(PolicyRequestLimits{kRcpt.size(), 40});
  EXPECT_EQ(reader.read(kRcpt), State::complete);
  reader.reset(PolicyRequestLimits{kRcpt.size(), 2});
  EXPECT_EQ(reader.read(kRcpt), State::bad);
  EXPECT_EQ(reader.error(), "found more than 2 attributes");
}

TEST(PolicyRequestReader, NulAfterTheRequestIsTheNextOnes) {
  PolicyRequestReader reader(kLimits);
  const std::string text = "request=smtpd_access_policy\n\n" + std::string(1, '\0');
  EXPECT_EQ(reader.read(text), State::complete);
}

struct BadCase {
  std::string name;
  std::string text;
  std::string error;
};

std::vector<BadCase> bad_cases() {
  const std::string type = "request=smtpd_access_policy\n";
  std::string many = type;
  for (int i = 0; i < 40; ++i) many += "a=b\n";
  return {
      {"NoType", "sender=a\n\n", "found no attribute 'request'"},
      {"OtherType", "request=junk\n\n", "found another type of request"},
      {"EmptyType", "request=\n\n", "found another type of request"},
      {"OnlyAnEmptyLine", "\n", "found no attribute 'request'"},
      {"NoEquals", type + "sender\n\n", "found a line without '='"},
      {"NoName", type + "=value\n\n", "begins with '='"},
      {"CarriageReturns", "request=smtpd_access_policy\r\n\r\n", "without '='"},
      {"NulInAValue", type + std::string("sender=a\0b\n\n", 12), "NUL"},
      {"NulFirst", std::string("\0", 1), "NUL"},
      {"HttpRequest", "GET / HTTP/1.1\nHost: x\n\n", "without '='"},
      {"TlsHello", std::string("\x16\x03\x01\x02\x00\x01", 6), "NUL"},
      {"HighBytes", "\xff\xfe\xfd\n", "without '='"},
      {"TooManyAttributes", many, "more than 40 attributes"},
      {"NoLineEnd", std::string(2000, 'x'), "no empty line within 1024 bytes"},
      {"MegabyteLine", type + "sender=" + std::string(1 << 20, 'x') + "\n\n",
       "no empty line within 1024 bytes"},
      {"NeverAnEmptyLine", type + "a=" + std::string(1024 - 31, 'x') + "\n",
       "no empty line within 1024 bytes"},
  };
}

class BadPolicyRequest : public testing::TestWithParam<BadCase> {};

TEST_P(BadPolicyRequest, IsRefusedInOnePiece) {
  PolicyRequestReader reader(kLimits);
  const Exact text(GetParam().text);
  ASSERT_EQ(reader.read(text.view()), State::bad);
  EXPECT_NE(reader.error().find(GetParam().error), std::string::npos) << reader.error();
}

TEST_P(BadPolicyRequest, IsRefusedByteByByte) {
  PolicyRequestReader reader(kLimits);
  const std::string& text = GetParam().text;
  State state = State::incomplete;
  for (std::size_t size = 1; size <= text.size() && state == State::incomplete; ++size) {
    state = reader.read(std::string_view(text).substr(0, size));
  }
  ASSERT_EQ(state, State::bad);
  EXPECT_NE(reader.error().find(GetParam().error), std::string::npos) << reader.error();
}

INSTANTIATE_TEST_SUITE_P(Cases, BadPolicyRequest, testing::ValuesIn(bad_cases()),
                         [](const auto& param) { return param.param.name; });

TEST(PolicyRequestReader, TakesARequestOfExactlyTheLimits) {
  std::string text = "request=smtpd_access_policy\n";
  for (int i = 0; i < 38; ++i) text += "a=b\n";
  text += "x=" + std::string(kLimits.max_bytes - text.size() - 4, 'x') + "\n\n";
  ASSERT_EQ(text.size(), kLimits.max_bytes);
  PolicyRequestReader reader(kLimits);
  EXPECT_EQ(reader.read(text), State::complete);
  reader.reset(kLimits);
  text.insert(text.size() - 2, "x");
  EXPECT_EQ(reader.read(text), State::bad) << "one byte more";
}

TEST(PolicyRequestReader, IsIncompleteAtNothing) {
  PolicyRequestReader reader(kLimits);
  EXPECT_EQ(reader.read({}), State::incomplete);
}

}  // namespace
}  // namespace postern::policyd::request_test
