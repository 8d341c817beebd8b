// Every entry of two lists as large as people have them, each against an answer that did not come
// from us. The lists are not part of the project: without them this is skipped.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "rules/lists/domain_list.h"
#include "rules/lists/list_audit.h"
#include "rules/lists/network_list.h"
#include "rules/load/plain_list.h"

namespace postern::lists::big_lists_test {
namespace {

const UtcTime kNow = parse_expiry("2026-06-01T00:00:00Z").value();

// Sanitizers take a sample of the lists.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kEvery = 20;
#else
constexpr std::size_t kEvery = 1;
#endif

// Empty when there is no such file.
std::string unpacked(const std::string& name) {
  const std::string command = "exec gzip -dc '" POSTERN_DATA "/" + name + "' 2>/dev/null";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), &pclose);
  std::string text;
  std::vector<char> buffer(std::size_t{1} << 20);
  for (std::size_t got = 1; pipe && got > 0;) {
    got = fread(buffer.data(), 1, buffer.size(), pipe.get());
    text.append(buffer.data(), got);
  }
  return text;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t number = 0; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > 0 && number % kEvery == 0) lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// One entry a line, behind `before`.
std::string joined(const std::vector<std::string_view>& entries, std::string_view before) {
  std::string text;
  for (std::string_view entry : entries) text.append(before).append(entry).append("\n");
  return text;
}

std::unique_ptr<List> loaded(ListKind kind, std::string_view text) {
  auto list = make_list(kind, "big");
  list->set_origin({.name = "big", .text = fingerprint_of(text)});
  Diagnostics diagnostics;
  load::load_plain_list(text, "big.txt", *list, diagnostics);
  EXPECT_EQ(diagnostics.to_string(), "");
  EXPECT_TRUE(list->build());
  return list;
}

class BigDomains : public testing::Test {
 protected:
  struct Data {
    std::string text = unpacked("domains/blocklistproject-union.txt.gz");
    std::vector<std::string_view> names = lines_of(text);
    std::unordered_set<std::string_view> set{names.begin(), names.end()};
    std::unique_ptr<List> list = loaded(ListKind::domain, joined(names, ""));
  };
  static void SetUpTestSuite() { data_ = new Data; }
  static void TearDownTestSuite() { delete data_; }
  void SetUp() override {
    if (data_->names.empty()) GTEST_SKIP() << "no " POSTERN_DATA;
  }

  static bool has(std::string_view name) { return data_->set.contains(name); }
  static bool is_below_one(std::string_view name) {
    auto parent = parent_name(name);
    while (!parent.empty() && !has(parent)) parent = parent_name(parent);
    return !parent.empty();
  }

  static inline Data* data_ = nullptr;
};

TEST_F(BigDomains, AsNamesEachIsFoundAndNothingBesides) {
  const auto& domains = static_cast<const DomainList&>(*data_->list);
  ASSERT_EQ(domains.entries().size(), data_->names.size());
  for (std::string_view name : data_->names) {
    const EntryId id = domains.find(name, kNow);
    ASSERT_NE(id, kNoEntry) << name;
    ASSERT_EQ(domains.entries().key(id), name);
    ASSERT_EQ(domains.find("no-such-label." + std::string(name), kNow), kNoEntry) << name;
    const auto parent = parent_name(name);
    ASSERT_EQ(domains.find(parent, kNow) != kNoEntry, has(parent)) << name;
  }
}

TEST_F(BigDomains, AsSuffixesTheirChildrenAreFoundToo) {
  const auto list = loaded(ListKind::domain, joined(data_->names, "."));
  const auto& domains = static_cast<const DomainList&>(*list);
  for (std::string_view name : data_->names) {
    ASSERT_EQ(list->entries().key(domains.find(name, kNow)), name) << "the longest suffix";
    const std::string child = "no-such-label." + std::string(name);
    ASSERT_EQ(list->entries().key(domains.find(child, kNow)), name);
    const auto parent = parent_name(name);
    ASSERT_EQ(domains.find(parent, kNow) != kNoEntry, has(parent) || is_below_one(parent)) << name;
  }
}

TEST_F(BigDomains, AuditCountsTheChildrenOfListedNames) {
  std::size_t children = 0;
  for (std::string_view name : data_->set) children += is_below_one(name) ? 1 : 0;
  const ListAudit audit = audit_list(*data_->list, kNow, {});
  EXPECT_EQ(audit.duplicates.count, data_->names.size() - data_->set.size());
  EXPECT_EQ(audit.below_exact.count, children);
  EXPECT_GT(children, 0U);
  EXPECT_EQ(audit.covered.count, 0U);
}

class BigNetworks : public testing::Test {
 protected:
  void SetUp() override {
    text_ = unpacked("networks/rir-country-aggregated.v4v6.txt.gz");
    if (text_.empty()) GTEST_SKIP() << "no " POSTERN_DATA;
    for (std::string_view line : lines_of(text_)) {
      const std::size_t blank = line.find(' ');
      networks_.push_back(line.substr(0, blank));
      countries_.push_back(line.substr(blank + 1));
    }
  }
  std::string text_;
  std::vector<std::string_view> networks_;
  std::vector<std::string_view> countries_;
};

// The first and the last address of every network belong to its country: networks do not overlap.
TEST_F(BigNetworks, EachBelongsToItsCountry) {
  const auto list = loaded(ListKind::network, joined(networks_, ""));
  const auto& networks = static_cast<const NetworkList&>(*list);
  ASSERT_EQ(list->entries().size(), countries_.size());
  for (EntryId wanted = 0; wanted < countries_.size(); ++wanted) {
    const IpNetwork& network = networks.network(wanted);
    for (const IpAddress& address : {network.first(), network.last()}) {
      const EntryId id = networks.find(address, kNow);
      ASSERT_NE(id, kNoEntry) << address.to_string();
      ASSERT_EQ(countries_[id], countries_[wanted]) << address.to_string();
      ASSERT_EQ(id, wanted);
    }
  }
}

// The same networks with larger ones around them.
TEST_F(BigNetworks, OfOverlappingOnesTheInnermostIsFound) {
  const auto list = loaded(ListKind::network, "0.0.0.0/0\n2000::/3\n" + joined(networks_, ""));
  const auto& networks = static_cast<const NetworkList&>(*list);
  for (EntryId wanted = 2; wanted < list->entries().size(); ++wanted) {
    const IpNetwork& network = networks.network(wanted);
    ASSERT_EQ(networks.find(network.last(), kNow), wanted) << network.to_string();
    ASSERT_EQ(networks.parent(wanted), network.first().is_v4() ? 0U : 1U) << network.to_string();
  }
  const auto loopback = IpAddress::parse("127.0.0.1").value();
  EXPECT_EQ(networks.find(loopback, kNow), 0U) << "no registry gives it to a country";
}

}  // namespace
}  // namespace postern::lists::big_lists_test
