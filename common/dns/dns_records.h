// The records of a DNS answer as values, and many of them in little memory: a cache keeps hundreds
// of thousands of answers, most of them with one short record, which then takes no block of its
// own. Pure.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/compact_bytes.h"
#include "common/base/ip_address.h"

namespace postern::dns {

struct MxRecord {
  std::uint16_t preference = 0;
  // Lower case, no final dot. Empty is the root, as in a null MX (RFC 7505). A name with bytes that
  // no host name has is kept in RFC 4343 escapes and so never parses as a DomainName.
  std::string exchange;
  friend auto operator<=>(const MxRecord&, const MxRecord&) = default;
};

// The same, as it is read where it lies. Valid as long as the records.
struct MxView {
  std::uint16_t preference = 0;
  std::string_view exchange;
  friend bool operator==(const MxView& left, const MxRecord& right) {
    return left.preference == right.preference && left.exchange == right.exchange;
  }
  friend auto operator<=>(const MxView&, const MxView&) = default;
};

struct TxtRecord {
  // Its strings, one behind the other without anything between them (RFC 7208 3.3). Any octets.
  std::string text;
  friend auto operator<=>(const TxtRecord&, const TxtRecord&) = default;
};

// The same, as it is read where it lies. Valid as long as the records.
struct TxtView {
  std::string_view text;
  friend bool operator==(const TxtView& left, const TxtRecord& right) {
    return left.text == right.text;
  }
  friend auto operator<=>(const TxtView&, const TxtView&) = default;
};

class DnsRecords {
 public:
  void add_mx(std::uint16_t preference, std::string_view exchange);
  void add_address(const IpAddress& address);
  void add_name(std::string_view name);
  void add_text(std::string_view text);

  // One kind of records, read one after the other in the order in which they were added.
  template <class Record>
  class List;
  [[nodiscard]] List<MxView> mx() const;
  [[nodiscard]] List<IpAddress> addresses() const;
  [[nodiscard]] List<std::string_view> names() const;
  [[nodiscard]] List<TxtView> texts() const;

  // The size of the block of memory beside it; 0: there is none.
  [[nodiscard]] std::size_t block_size() const { return bytes_.block_size(); }

  // The same records, added in the same order.
  friend bool operator==(const DnsRecords&, const DnsRecords&) = default;

 private:
  enum class Kind : char { mx, v4, v6, name, text };
  struct Raw {
    Kind kind = Kind::mx;
    std::uint16_t preference = 0;
    std::string_view data;
  };
  static Raw take_record(std::string_view& rest);
  // Takes the next record of the kind that `record` is from `rest`; false: there is none.
  static bool next(std::string_view& rest, MxView& record);
  static bool next(std::string_view& rest, IpAddress& record);
  static bool next(std::string_view& rest, std::string_view& record);
  static bool next(std::string_view& rest, TxtView& record);

  void append(Kind kind, std::string_view data);
  void append_text(Kind kind, std::string data, std::string_view text);

  CompactBytes bytes_;  // one record after the other: its kind, then what it says
};

template <class Record>
class DnsRecords::List {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Record;
    using difference_type = std::ptrdiff_t;
    using pointer = const Record*;
    using reference = const Record&;

    Iterator() = default;  // the end
    explicit Iterator(std::string_view bytes) : rest_(bytes) { ++*this; }
    reference operator*() const { return record_; }
    pointer operator->() const { return &record_; }
    Iterator& operator++() {
      at_ = rest_.data();
      if (!next(rest_, record_)) at_ = nullptr;
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator& left, const Iterator& right) {
      return left.at_ == right.at_;
    }

   private:
    std::string_view rest_;
    const char* at_ = nullptr;  // null: the end
    Record record_{};
  };
  using iterator = Iterator;
  using const_iterator = Iterator;
  using value_type = Record;

  explicit List(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] Iterator begin() const { return Iterator(bytes_); }
  [[nodiscard]] Iterator end() const { return {}; }
  [[nodiscard]] bool empty() const { return begin() == end(); }
  // Reads them all.
  [[nodiscard]] std::size_t size() const {
    return static_cast<std::size_t>(std::distance(begin(), end()));
  }

  template <class Other>
  friend bool operator==(const List& left, const std::vector<Other>& right) {
    Iterator at = left.begin();
    for (const Other& other : right) {
      if (at == left.end() || !(*at == other)) return false;
      ++at;
    }
    return at == left.end();
  }

 private:
  std::string_view bytes_;
};

inline DnsRecords::List<MxView> DnsRecords::mx() const {
  return List<MxView>(bytes_.view());
}

inline DnsRecords::List<IpAddress> DnsRecords::addresses() const {
  return List<IpAddress>(bytes_.view());
}

inline DnsRecords::List<std::string_view> DnsRecords::names() const {
  return List<std::string_view>(bytes_.view());
}

inline DnsRecords::List<TxtView> DnsRecords::texts() const {
  return List<TxtView>(bytes_.view());
}

}  // namespace postern::dns
