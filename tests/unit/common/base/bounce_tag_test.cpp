#include "common/base/bounce_tag.h"

#include <gtest/gtest.h>

#include "common/base/mail_address.h"

namespace postern::bounce_tag_test {
namespace {

TEST(BounceTag, ItsTwoForms) {
  EXPECT_EQ(bounce_tag_length("prvs=4068eb2540=ann"), 16U);
  EXPECT_EQ(bounce_tag_length("PRVS=4068EB2540=ann"), 16U);
  EXPECT_EQ(bounce_tag_length("btv1==068a4973b3a==ann"), 19U);
}

TEST(BounceTag, WhatIsNearlyOne) {
  for (const char* local_part : {"",
                                 "ann",
                                 "prvs=",
                                 "prvs=notatag=ann",
                                 "prvs=4068eb254=ann",
                                 "prvs=4068eb25400=ann",
                                 "prvs=a068eb2540=ann",
                                 "prvs=406aeb2540=ann",
                                 "prvs=4068eb254g=ann",
                                 "prvs=4068eb2540=",
                                 "prvs=4068eb2540",
                                 "prvs=4068eb2540ann",
                                 "xprvs=4068eb2540=ann",
                                 "msprvs1=4068eb2540=ann",
                                 "btv1=068a4973b3a=ann",
                                 "btv1==068a4973b3a=ann",
                                 "btv1==0a8a4973b3a==ann",
                                 "btv1==068a4973b3a==",
                                 "SRS0=HHH=TT=x.example=ann",
                                 "ann=x.example",
                                 "ann+4068eb2540"}) {
    EXPECT_EQ(bounce_tag_length(local_part), 0U) << local_part;
  }
}

TEST(BounceTag, AnAddressKnowsItselfWithoutIt) {
  const auto tagged = MailAddress::from_envelope("prvs=0123abcdef=Ann@Partner.example");
  EXPECT_TRUE(tagged.has_tag());
  EXPECT_EQ(tagged.text(), "prvs=0123abcdef=Ann@partner.example");
  EXPECT_EQ(tagged.untagged(), "Ann@partner.example");
  EXPECT_EQ(tagged.untagged_local_part(), "Ann");
  EXPECT_TRUE(tagged.given().empty());
  const auto plain = MailAddress::from_envelope("prvs=notatag=ann@x.example");
  EXPECT_FALSE(plain.has_tag());
  EXPECT_EQ(plain.untagged(), plain.text());
}

TEST(BounceTag, OnlyOneIsTakenOff) {
  const auto twice = MailAddress::from_envelope("prvs=0123abcdef=prvs=0123abcdef=ann@x.example");
  EXPECT_EQ(twice.untagged(), "prvs=0123abcdef=ann@x.example");
}

}  // namespace
}  // namespace postern::bounce_tag_test
