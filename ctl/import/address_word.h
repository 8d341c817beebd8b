// Words in which people write addresses other than in CIDR notation: `198.51.100.`, `192.0.2.*`,
// `192.0.2.0/255.255.255.0`, `192.0.2.1-9`, and as Postfix's and sendmail's indexed tables do: the
// beginning of an address, up to a dot or colon (`192.0.2`, `2001:db8`). None of them is a name.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace postern::import {

// Whether a word that is no network can only be meant as addresses: what stands behind its last dot
// has no letter, as no top-level domain has (RFC 1123 2.1, RFC 3696 2).
bool is_meant_as_addresses(std::string_view word);

// The network in CIDR notation that a word stands for wherever it is read at all: the beginning of
// an IPv4 address up to a final dot (hosts_access(5), qmail's tcprules, qpsmtpd, spamdyke) or up to
// asterisks, or a network with a netmask. Nothing for all else.
std::optional<std::string> network_meant_by(std::string_view word);

// The network around an address with a prefix length whose host bits need not be zero; other words
// as they are.
std::string network_around(std::string_view word);

// Why such a word has no place among names.
std::string no_name_but_addresses(std::string_view word);

// How the program writes the IPv6 addresses whose text it compares; `any`: taken for what is meant.
enum class Ipv6Text { compressed, full, any };

// Whether the key can only be meant as an address or the beginning of one.
bool looks_like_octets(std::string_view key);

// The network of a network list: `192.0.2` is 192.0.2.0/24, `2001:db8` is 2001:db8::/32.
// Errors: no network; a text that the program never comes upon, or that stands for other addresses
// than those that begin alike.
Result<std::string> ipv4_octets(std::string_view key);
Result<std::string> ipv6_groups(std::string_view key, Ipv6Text written);

}  // namespace postern::import
