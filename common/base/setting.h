// How a struct of settings tells of its keys. Its describe() calls `row` once for each of them, in
// the order of the manual:
//
//   static void describe(const auto& row) {
//     row({"passes", "Over the list of servers"}, &DnsSettings::passes, Number{1, 5});
//   }
//
// The default is the member's own. Whoever goes over all settings has a `row` of his own: the
// reader of the file, the report of changes (server/config/settings_{file,change}.cpp), schema and
// man page (tests/unit/server/config/settings_{schema,pages}_test.cpp). Plain values.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/words.h"

namespace postern {

// When a changed value comes into force.
enum class Taken : std::uint8_t { live, at_restart };

struct Setting {
  std::string_view key;
  std::string_view help = {};  // one line, without a full stop
  Taken taken = Taken::live;
};

// What its value may be. Bounds are inclusive.
struct Number {
  std::int64_t least;
  std::int64_t most;
};
struct Size {  // bytes
  std::size_t least;
  std::size_t most;
};
struct Duration {  // of a member in seconds whole ones
  std::chrono::milliseconds least;
  std::chrono::milliseconds most;
};
template <class Value, std::size_t size>
struct OneOf {
  const Word<Value> (&words)[size];
};
template <class Value, std::size_t size>
OneOf(const Word<Value> (&)[size]) -> OneOf<Value, size>;
struct Text {
  std::string_view what;  // `path`
};
struct RequiredPath {};
struct AbsolutePath {};
struct LineShare {};      // `all`, `none`, `1/100`
struct Upstreams {};      // groups of DNS servers
struct ControlFolder {};  // a path, or a map with who may use the sockets in it
struct LoopbackPort {};
struct ServerAddress {};  // of a server over TCP or a unix socket
struct SiteName {};       // letters, digits, `-`, `_` and `.`
struct Listen {           // required; one address, or a list for a member that is one
  std::string_view examples;
};
struct FieldNames {};         // of a message header, a list
struct HostName {};           // a domain name, of one label or more
struct Mailbox {};            // whom a mail is sent to
struct HookAddress {};        // common/base/web_address.h
struct Section {              // a map, of whose struct describe() tells
  std::string_view off = {};  // the word in its place that sets the member `off` of the struct
};

inline constexpr std::size_t kKiB = 1024;
inline constexpr std::size_t kMiB = 1024 * kKiB;
inline constexpr std::size_t kGiB = 1024 * kMiB;

}  // namespace postern
