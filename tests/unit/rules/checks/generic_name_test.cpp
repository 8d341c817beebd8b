#include "rules/checks/generic_name.h"

#include <gtest/gtest.h>

namespace postern::checks::generic_name_test {
namespace {

bool holds(std::string_view name, const char* address = "203.0.113.7") {
  return holds_address(name, IpAddress::parse(address).value());
}

TEST(GenericName, HoldsTheAddress) {
  for (const char* name :
       {"203.0.113.7.pool.example", "203-0-113-7.pool.example", "dyn-203-0-113-7.pool.example",
        "7.113.0.203.dynamic.pool.example", "ip7-113-0-203.pool.example",
        "host203x0x113x7.pool.example", "203000113007.pool.example",
        "p203-000-113-007.pool.example", "cb007107.pool.example", "ipcb007107.pool.example",
        "077100cb.pool.example", "cb-00-71-07.pool.example", "cb00.7107.pool.example",
        "a.b.203_0_113_7.c.pool.example", "x1203-203-0-113-7.pool.example"}) {
    EXPECT_TRUE(holds(name)) << name;
  }
}

TEST(GenericName, NobodysAddressOrAnotherOneIsNone) {
  for (const char* name :
       {"mx.good.example", "mail7.good.example", "203-0-113-8.pool.example",
        "deadbeef.pool.example", "cb007108.pool.example", "203-0-113.pool.example",
        "1203-0-113-7.pool.example", "203-0-113-77.pool.example", "203.0.113.7", "good.example",
        "203-0.113-7.example", "203000113.pool.example", "20300011300712.pool.example", ""}) {
    EXPECT_FALSE(holds(name)) << name;
  }
}

TEST(GenericName, OfIpv6) {
  const char* address = "2001:db8:1:2:a1b2:c3d4:e5f6:789";
  for (const char* name :
       {"2001-db8-1-2-a1b2-c3d4-e5f6-0789.pool.example",
        "20010db800010002a1b2c3d4e5f60789.x.example", "a1b2c3d4e5f60789.pool.example",
        "9.8.7.0.6.f.5.e.4.d.3.c.2.b.1.a.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.pool.example"}) {
    EXPECT_TRUE(holds(name, address)) << name;
  }
  for (const char* name :
       {"mx6.good.example", "a1b2c3d4e5f60788.pool.example", "20010db800010002.pool.example"}) {
    EXPECT_FALSE(holds(name, address)) << name;
  }
}

}  // namespace
}  // namespace postern::checks::generic_name_test
