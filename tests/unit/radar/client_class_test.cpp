#include "rules/radar/client_class.h"

#include <gtest/gtest.h>

#include "rules/radar/peculiar_words.h"

namespace postern::radar::client_class_test {
namespace {

ClientClass of(std::string_view name, std::string_view name_domain) {
  return class_of_client(name, name_domain, IpAddress::parse("104.245.239.106").value(),
                         "a.example");
}

TEST(ClientClass, ByWhoseNameItIs) {
  EXPECT_EQ(of("", ""), ClientClass::none);
  EXPECT_EQ(of("mx.a.example", "a.example"), ClientClass::own);
  EXPECT_EQ(of("out3.provider.example", "provider.example"), ClientClass::provider);
}

TEST(ClientClass, ANameMadeFromTheAddressIsGeneric) {
  for (const char* name : {"106-239-245-104.reverse.h.example", "host.104.245.239.106.h.example",
                           "104245239106.h.example", "68f5ef6a.h.example", "p106x239.h.example"}) {
    EXPECT_EQ(of(name, "h.example"), ClientClass::generic) << name;
  }
  EXPECT_EQ(of("mx106.h.example", "h.example"), ClientClass::provider)
      << "one octet is an accident";
}

TEST(ClientClass, AWordForALineIsGeneric) {
  for (const char* name : {"dyn-7.h.example", "a.pool.h.example", "x.static.h.example",
                           "adsl.h.example", "host12.h.example"}) {
    EXPECT_EQ(of(name, "h.example"), ClientClass::generic) << name;
  }
  for (const char* name : {"host.h.example", "dynamics.h.example", "spool.h.example"}) {
    EXPECT_EQ(of(name, "h.example"), ClientClass::provider) << name;
  }
}

TEST(PeculiarWords, LabelsOnlyBelowTheRegistrableDomain) {
  EXPECT_EQ(peculiar_label("complains.a.example", "a.example"), "complains");
  EXPECT_EQ(peculiar_label("a.example", "a.example"), "");
  for (const char* name :
       {"mail.a.example", "mta3.a.example", "12.a.example", "news-2.a.example"}) {
    EXPECT_EQ(peculiar_label(name, "a.example"), "") << name;
  }
}

TEST(PeculiarWords, LocalPartsThatAreNoRoleAndNotMade) {
  EXPECT_EQ(peculiar_local_part("ach_support", "joe@b.example"), "ach_support");
  for (const char* local :
       {"info", "noreply", "joe", "a1b2", "bounce+x", "joe=b.example", "", "x"}) {
    EXPECT_EQ(peculiar_local_part(local, "joe@b.example"), "") << local;
  }
}

}  // namespace
}  // namespace postern::radar::client_class_test
