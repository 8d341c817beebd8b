// Settings of the store (docs/store.md). Plain values, no I/O.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/base/setting.h"

namespace postern::config {

enum class StoreBackend : std::uint8_t { off, embedded };
inline constexpr Word<StoreBackend> kStoreBackends[] = {{"off", StoreBackend::off},
                                                        {"embedded", StoreBackend::embedded}};

struct StoreSettings {
  StoreBackend backend = StoreBackend::embedded;
  std::size_t max_bytes = 256 * kMiB;
  friend bool operator==(const StoreSettings&, const StoreSettings&) = default;

  static void describe(const auto& row) {
    using S = StoreSettings;
    row({"backend", "Where records of senders are kept: nowhere, or in a file below 'state:'",
         Taken::at_restart},
        &S::backend, OneOf{kStoreBackends});
    row({"size", "Of the file; when it is full, records go that are of least use",
         Taken::at_restart},
        &S::max_bytes, Size{16 * kMiB, 64 * kGiB});
  }
};

}  // namespace postern::config
