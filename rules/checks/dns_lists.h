// The DNS lists of a rule (RFC 5782), as dnsbl and dnswl ask them: what they are asked about, and
// what can be believed of what they answer. Pure.
//
// A list that serves somebody no more, is dead, or has a new owner answers with addresses, too. So
// a list is believed only while its test points (RFC 5782 5) answer as they must, which are facts
// like all others.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/concat.h"
#include "common/dns/dns.h"
#include "rules/checks/list_codes.h"
#include "rules/model/check.h"

namespace postern::checks {

// Whom a list is asked about, as it stands in front of the zone.
struct ListKey {
  enum class Kind : std::uint8_t { v4, v6, name } kind = Kind::v4;
  dns::DnsName name;
};

// What every list has, and what none has.
struct TestPoint {
  dns::DnsQuestion listed;
  dns::DnsQuestion unlisted;
};

struct DnsList {
  dns::DnsName zone;          // a key in front of it is hidden
  std::string shown;          // the zone without it
  std::string key_file{};     // an absolute path, or nothing; then the key is what the file says
  std::string listed_name{};  // the test point of names that must be there
  Position where{};           // of key_file in the rule file
  std::vector<ListCodes> codes;
  int weight = 1;
  std::array<TestPoint, 3> test_points;  // by ListKey::Kind
  bool has_test_points = true;
};

// What a list says. Points to the list.
struct ListAnswer {
  ListSays says = ListSays::unlisted;
  const DnsList* list = nullptr;
  std::string_view fault{};  // what is wrong, if it is no code that says so
  IpAddress code{};

  // Why, for the log: `bl.example 127.0.0.2`. REQUIRES: neither `unlisted` nor `waiting`.
  [[nodiscard]] std::string detail() const {
    return concat({list->shown, " ", fault.empty() ? code.to_string() : fault});
  }
};

// Adds what a list said to what a check reports of its lists; `waiting` is nothing to report.
void report_list(const ListAnswer& answer, std::vector<DnsListReport>& reports);

// What a list says about `key`. Asks for that and for the test points side by side.
ListAnswer ask(const DnsList& list, const ListKey& key, FactView& facts);

class DnsLists {
 public:
  static constexpr std::size_t kMaxLists = 16;
  static constexpr std::array<std::string_view, 3> kOptions = {"look_up", "names", "zones"};
  static constexpr std::string_view kQuote = "{list_text}";

  // Reads kOptions; `codes` are those of a list that the rule says none of.
  static DnsLists load(yaml::ConfigMap& options, std::string_view codes);

  // As Check::look_outside().
  void look_outside(const Outside& outside, Diagnostics& diagnostics);

  [[nodiscard]] AttributeSet attributes() const;
  // Nothing when no list is to be asked: about what is no name of the Internet, and whatever the
  // key, when the client is none of the Internet or has logged in.
  [[nodiscard]] std::optional<ListKey> key_of(const Transaction& transaction) const;
  [[nodiscard]] const std::vector<DnsList>& all() const { return lists_; }
  // As Check::quote(): the TXT record beside the listing, of the list that the report names (RFC
  // 5782 2.1). `[bl.example: text]`, bounded; nothing when there is none, or it has the list's key.
  [[nodiscard]] bool quote(const Transaction& transaction, FactView& facts,
                           CheckReport& report) const;
  // As Check::dns_lists().
  [[nodiscard]] std::vector<std::string_view> zones() const;

 private:
  enum class LookUp : std::uint8_t { client, client_name, helo, sender_domain };

  enum class Names : std::uint8_t { full, organizational };

  [[nodiscard]] std::optional<ListKey> key_of_name(std::string_view text) const;

  LookUp look_up_ = LookUp::client;
  Names names_ = Names::full;
  std::shared_ptr<const PublicSuffixes> suffixes_;  // where names_ needs them
  std::vector<DnsList> lists_;
};

}  // namespace postern::checks
