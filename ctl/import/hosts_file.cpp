// A block list in the format of hosts(5): `0.0.0.0 name`, several names a line, # comments. The
// names of the machine itself, which such lists begin with, are left out.
#include <algorithm>
#include <array>

#include "common/base/ascii_case.h"
#include "ctl/import/flat_table.h"
#include "ctl/import/formats.h"

namespace postern::import {
namespace {

constexpr std::array<std::string_view, 11> kOwn = {
    "localhost",     "localhost.localdomain", "local",        "broadcasthost",
    "ip6-localhost", "ip6-loopback",          "ip6-localnet", "ip6-mcastprefix",
    "ip6-allnodes",  "ip6-allrouters",        "ip6-allhosts"};

bool is_own(std::string_view name) {
  const std::string lower = ascii_lower(name);
  return std::find(kOwn.begin(), kOwn.end(), lower) != kOwn.end();
}

// Where a block list sends a name. Any other address makes it a real host.
bool is_sink(const IpAddress& address) {
  const auto is = [&](std::string_view text) { return address == IpAddress::parse(text).value(); };
  return (address.is_v4() && address.v4() >> 24 == 127) || is("0.0.0.0") || is("::") || is("::1") ||
         is("255.255.255.255") || is("fe80::1") || is("ff00::0");
}

void add_names(FlatTable& table, ImportLog& log, const TableLine& line, std::string_view names) {
  std::string_view address;
  bool any = false;
  while (!names.empty()) {
    const WordAndRest words = cut_word(names);
    names = words.rest;
    const auto parsed = IpAddress::parse(words.word);
    if (is_own(words.word) || (parsed && is_sink(*parsed))) continue;  // `0.0.0.0 0.0.0.0`
    if (parsed) {
      address = words.word;
    } else {
      table.add_name(line, words.word, std::string(words.word));
      any = true;
    }
  }
  constexpr const char* kNoName = "an address is no name: a hosts file does nothing for it";
  if (!address.empty()) {
    any ? log.warn(line, address, kNoName) : log.refuse(line, address, kNoName);
  } else if (!any) {
    log.leave_idle(line, line.text, "names of the machine itself");
  }
}

void add_host(FlatTable& table, ImportLog& log, const TableLine& line, std::string_view content) {
  const WordAndRest words = cut_word(content);
  const std::string address(words.word.substr(0, words.word.find('%')));
  const auto parsed = IpAddress::parse(address);
  if (!parsed || words.rest.empty()) {
    log.refuse(line, words.word, "want an address and names behind it");
  } else if (!is_sink(*parsed)) {
    log.refuse(line, words.word, "a real address: the line names a host, and blocks nothing");
  } else {
    add_names(table, log, line, words.rest);
  }
}

}  // namespace

Imported import_hosts_file(const ImportRequest& request) {
  return import_flat(request,
                     {.about = "sender_domain",
                      .how = FlatFormat::About::assumed,
                      .without_then = "a hosts file says nothing of what to do"},
                     without_comment, add_host);
}

}  // namespace postern::import
