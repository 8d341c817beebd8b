// Whether libmaxminddb may be given a file. 1.7.1, that of Debian 12, reads outside of a file whose
// tree would take more than 32 bits can count, and up to three bytes behind metadata that are cut.
// It and 1.12.2, that of Debian 13, take time and memory without end for metadata with pointers in
// circles. Pure.
#pragma once

#include <cstddef>
#include <string_view>

#include "common/base/result.h"

namespace postern::mmdb {

// Between tree and data.
inline constexpr std::size_t kSeparator = 16;

// How long the data are, behind the tree and kSeparator and before the metadata. `max_fields` is
// the most that the metadata may have. Errors: what makes the bytes no whole MaxMind DB of
// format 2.
Result<std::size_t> data_bytes_of(std::string_view bytes, std::size_t max_fields);

// That the metadata are not as the format has them.
tl::unexpected<Error> other_form();

}  // namespace postern::mmdb
