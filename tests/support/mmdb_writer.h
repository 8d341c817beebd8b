// Writes MaxMind DBs for tests: https://maxmind.github.io/MaxMind-DB/
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::mmdb_writer {

// Fields of the data section, as bytes.
std::string text(std::string_view value);
std::string number(std::uint32_t value);
std::string map(const std::vector<std::pair<std::string, std::string>>& members);
// To a field so many bytes behind the beginning of the data section.
std::string pointer(std::uint32_t to);

struct Form {
  unsigned record_bits = 24;
  unsigned ip_version = 6;
};

// Which record the addresses of a network have; the ones further down count.
using Networks = std::vector<std::pair<std::string, std::string>>;
// The whole file. `before` stands at the beginning of its data section.
std::string database(const Networks& networks, Form form = {}, const std::string& before = {});

// Of lines `192.0.2.0/24 DE` and `2001:db8::/32 AS64500`, with records as MaxMind's have them.
std::string database_of_lines(std::string_view lines);

}  // namespace postern::mmdb_writer
