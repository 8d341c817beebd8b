#include "rules/explain/trace_filter.h"

#include <gtest/gtest.h>

#include "tests/support/transaction_builder.h"

namespace postern::explain::trace_filter_test {
namespace {

TraceFilter filter(std::string_view client, std::string_view domain = "",
                   std::string_view instance = "") {
  auto parsed = parse_trace_filter(client, domain, instance);
  if (!parsed) throw std::runtime_error(parsed.error().text);
  return std::move(*parsed);
}

Transaction transaction() {
  Transaction made = TransactionBuilder(Stage::rcpt)
                         .client("192.0.2.7")
                         .sender("Joe@Mail.A.Example")
                         .recipient("r@b.example")
                         .transaction;
  made.instance = "1a.2b.0";
  made.queue_id = "4F2kz";
  return made;
}

TEST(TraceFilter, FollowsAClientOrANetwork) {
  EXPECT_TRUE(filter("192.0.2.7").matches(transaction()));
  EXPECT_TRUE(filter("192.0.2.0/24").matches(transaction()));
  EXPECT_FALSE(filter("192.0.2.8").matches(transaction()));
  EXPECT_FALSE(filter("192.0.2.7").matches(Transaction{}));
}

TEST(TraceFilter, FollowsASenderDomain) {
  EXPECT_TRUE(filter("", "mail.a.example").matches(transaction()));
  EXPECT_TRUE(filter("", "MAIL.a.example.").matches(transaction()));
  EXPECT_TRUE(filter("", ".a.example").matches(transaction()));
  EXPECT_TRUE(filter("", ".mail.a.example").matches(transaction()));
  EXPECT_FALSE(filter("", "a.example").matches(transaction()));
  EXPECT_FALSE(filter("", ".il.a.example").matches(transaction()));
  Transaction bounce = transaction();
  bounce.sender = MailAddress{};
  EXPECT_FALSE(filter("", ".a.example").matches(bounce));
  bounce.sender.reset();
  EXPECT_FALSE(filter("", ".a.example").matches(bounce));
}

TEST(TraceFilter, FollowsAMessageByInstanceOrQueueId) {
  EXPECT_TRUE(filter("", "", "1a.2b.0").matches(transaction()));
  EXPECT_TRUE(filter("", "", "4F2kz").matches(transaction()));
  EXPECT_FALSE(filter("", "", "1a.2b").matches(transaction()));
}

TEST(TraceFilter, AllThatIsGivenHasToBeSo) {
  EXPECT_TRUE(filter("192.0.2.7", ".a.example").matches(transaction()));
  EXPECT_FALSE(filter("192.0.2.8", ".a.example").matches(transaction()));
  EXPECT_FALSE(filter("192.0.2.7", ".b.example").matches(transaction()));
  EXPECT_FALSE(filter("192.0.2.7", ".a.example", "other").matches(transaction()));
}

TEST(TraceFilter, SaysWhatIsWrong) {
  const auto error = [](auto... texts) { return parse_trace_filter(texts...).error().text; };
  EXPECT_TRUE(error("192.0.2.300", "", "").starts_with("client: "));
  EXPECT_TRUE(error("", "a..b", "").starts_with("sender_domain: "));
  EXPECT_TRUE(error("", ".", "").starts_with("sender_domain: "));
  EXPECT_EQ(error("", "", std::string(101, 'x')), "instance: found more than 100 bytes");
  EXPECT_EQ(error("", "", ""), "found nothing to follow, want client, sender_domain or instance");
}

}  // namespace
}  // namespace postern::explain::trace_filter_test
