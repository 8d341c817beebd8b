// Settings of the store (docs/store.md). Plain values, no I/O.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "common/base/listen_address.h"
#include "common/base/setting.h"

namespace postern::config {

enum class StoreBackend : std::uint8_t { off, embedded, redis };
inline constexpr Word<StoreBackend> kStoreBackends[] = {{"off", StoreBackend::off},
                                                        {"embedded", StoreBackend::embedded},
                                                        {"redis", StoreBackend::redis}};

enum class StoreTls : std::uint8_t { off, on };
inline constexpr Word<StoreTls> kStoreTls[] = {{"off", StoreTls::off}, {"on", StoreTls::on}};

// The server of a store that hosts share.
struct StoreServerSettings {
  std::optional<ListenAddress> server;
  std::string site = "mx";
  std::string user;
  std::string password_file;
  std::chrono::milliseconds timeout{50};
  StoreTls tls = StoreTls::off;
  std::string tls_ca;
  std::string tls_name;
  std::string tls_certificate;
  std::string tls_key;
  friend bool operator==(const StoreServerSettings&, const StoreServerSettings&) = default;

  static void describe(const auto& row) {
    using S = StoreServerSettings;
    using namespace std::chrono_literals;
    row({"server", "Where Redis or Valkey listens", Taken::at_restart}, &S::server,
        ServerAddress{});
    row({"site", "In all its keys: hosts of one site share their records", Taken::at_restart},
        &S::site, SiteName{});
    row({"user", "Of its access list; without one its default user", Taken::at_restart}, &S::user,
        Text{"name"});
    row({"password_file", "Its first line is told at each connection", Taken::at_restart},
        &S::password_file, AbsolutePath{});
    row({"timeout", "Then the store of this host answers in its place", Taken::at_restart},
        &S::timeout, Duration{10ms, 1s});
    row({"tls", "Over TCP; its certificate is checked", Taken::at_restart}, &S::tls,
        OneOf{kStoreTls});
    row({"tls_ca", "Whom its certificate is from; without it whom the system trusts",
         Taken::at_restart},
        &S::tls_ca, AbsolutePath{});
    row({"tls_name", "In its certificate; without it the address", Taken::at_restart}, &S::tls_name,
        Text{"name"});
    row({"tls_certificate", "This host's own, for a server that wants one", Taken::at_restart},
        &S::tls_certificate, AbsolutePath{});
    row({"tls_key", "Of that certificate", Taken::at_restart}, &S::tls_key, AbsolutePath{});
  }
};

struct StoreSettings {
  StoreBackend backend = StoreBackend::embedded;
  std::size_t max_bytes = 256 * kMiB;
  StoreServerSettings redis;
  friend bool operator==(const StoreSettings&, const StoreSettings&) = default;

  static void describe(const auto& row) {
    using S = StoreSettings;
    row({"backend",
         "Where records of senders are kept: nowhere, in a file below 'state:', or on a server "
         "that hosts share and in that file",
         Taken::at_restart},
        &S::backend, OneOf{kStoreBackends});
    row({"size", "Of the file; when it is full, records go that are of least use",
         Taken::at_restart},
        &S::max_bytes, Size{16 * kMiB, 64 * kGiB});
    row({"redis"}, &S::redis, Section{});
  }
};

}  // namespace postern::config
