#include "ctl/lists/value_place.h"

#include <algorithm>
#include <array>

#include "common/base/ascii_case.h"
#include "common/base/ip_network.h"

namespace postern::ctl {
namespace {

struct PlaceRow {
  std::string_view prefix;  // empty: by its looks
  lists::ListKind kind;
  Attribute attribute;
  std::string_view header;
  std::string_view suffix;
};

constexpr std::array<PlaceRow, 5> kPlaces{{
    {"helo:", lists::ListKind::domain, Attribute::helo, "", "-helo"},
    {"subject:", lists::ListKind::text, Attribute::header, "subject", "-subjects"},
    {"", lists::ListKind::network, Attribute::client, "", "-clients"},
    {"", lists::ListKind::address, Attribute::sender, "", "-senders"},
    {"", lists::ListKind::domain, Attribute::sender_domain, "", ""},
}};

constexpr std::size_t kMaxValues = 1000;
constexpr std::string_view kBetween = " \t\r,;";

// An expression (RE2) for a text that stands anywhere.
std::string as_part(std::string_view text) {
  if (text.starts_with('~')) return std::string(text);
  std::string out = "~";
  for (const char c : text) {
    if (std::string_view(R"(\.+*?()|[]{}^$)").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

bool begins_with(std::string_view value, std::string_view prefix) {
  return !prefix.empty() && equal_ignoring_case(value.substr(0, prefix.size()), prefix);
}

bool has_prefix(std::string_view value) {
  return std::any_of(kPlaces.begin(), kPlaces.end(),
                     [&](const PlaceRow& row) { return begins_with(value, row.prefix); });
}

// Without those of an envelope address, or of an address literal.
std::string_view without_brackets(std::string_view word) {
  if (word.size() <= 2) return word;
  const std::string_view inner = word.substr(1, word.size() - 2);
  const bool envelope = word.starts_with('<') && word.ends_with('>');
  const bool literal =
      word.starts_with('[') && word.ends_with(']') && IpNetwork::parse(inner).has_value();
  return envelope || literal ? inner : word;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kBetween);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBetween) - first + 1);
}

void add_words(std::string_view line, std::vector<std::string>& values) {
  for (line = trimmed(line); !line.empty(); line = trimmed(line)) {
    const std::string_view word = line.substr(0, line.find_first_of(kBetween));
    values.emplace_back(word);
    line.remove_prefix(word.size());
  }
}

}  // namespace

ValuePlace place_of(const std::string& given) {
  const std::string value(without_brackets(trimmed(given)));
  const lists::ListKind looks = kind_by_looks(value);
  const auto* row = std::find_if(kPlaces.begin(), kPlaces.end(), [&](const PlaceRow& place) {
    return begins_with(value, place.prefix) || (place.prefix.empty() && place.kind == looks);
  });
  const std::string entry(trimmed(std::string_view(value).substr(row->prefix.size())));
  return {row->attribute, row->header, row->suffix,
          row->kind == lists::ListKind::text ? as_part(entry) : entry};
}

std::string list_for_blocking(const std::string& value) {
  return std::string(kCampaignList) + std::string(place_of(value).suffix);
}

bool compares(const ListUse& use, const ValuePlace& place) {
  return use.attribute == place.attribute && use.header == place.header;
}

std::string condition_word(const ValuePlace& place) {
  const std::string word(to_string(place.attribute));
  return place.header.empty() ? word : word + "." + std::string(place.header);
}

Result<std::vector<std::string>> values_in(std::string_view text) {
  std::vector<std::string> values;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (const std::string_view whole = trimmed(line); has_prefix(whole)) {
      values.emplace_back(whole);
    } else {
      add_words(line.substr(0, line.find('#')), values);
    }
    if (values.size() > kMaxValues) {
      return failure("found more than " + std::to_string(kMaxValues) +
                     " values, want fewer at once; posternctl import takes more");
    }
  }
  return values;
}

}  // namespace postern::ctl
