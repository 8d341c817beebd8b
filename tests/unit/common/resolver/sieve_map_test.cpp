#include "common/resolver/sieve_map.h"

#include <gtest/gtest.h>

#include <new>
#include <string>

#include "common/os/random_bytes.h"

namespace postern::resolver::sieve_map_test {
namespace {

struct Value {
  std::size_t size = 0;
  [[nodiscard]] std::size_t heap_size() const { return size; }
};

using Map = SieveMap<Value>;

TEST(SieveMap, WhatAChangeHasDoneBeforeItThrewCounts) {
  Map map(1 << 20, KeyedHash(os::random_secret()));
  Map::Entry& entry = *map.insert(Map::Entry::make("a.example"));
  const std::size_t empty = map.bytes();
  EXPECT_THROW(map.change(entry,
                          [](Value& value) {
                            value.size = 1000;
                            throw std::bad_alloc();
                          }),
               std::bad_alloc);
  EXPECT_EQ(map.bytes(), empty + 1000);
  map.remove(entry);
  EXPECT_EQ(map.bytes(), 0U);
}

}  // namespace
}  // namespace postern::resolver::sieve_map_test
