// Reads a whole file that a person wrote: bounded, and only if it is what it should be.
#pragma once

#include <cstddef>
#include <string>

#include "common/os/file_identity.h"
#include "common/os/file_place.h"
#include "common/os/system_error.h"

namespace postern::os {

// Errors: not there or not readable, no regular file, writable by everybody (whoever has an account
// could change what mail is let in), more than `max_bytes`. The text names the path and the reason;
// whether it may succeed a moment later, is_not_now() says.
SystemResult<std::string> read_text_file(const std::string& path, std::size_t max_bytes);

struct IdentifiedText {
  std::string text;
  FileIdentity identity;  // of the open file, before it was read
};

// Whether symbolic links in the path are followed. Where another account can make links, it chooses
// what root opens: a device for which open() has an effect is enough.
enum class Links { follow, refuse };

// The same, with the identity of the file.
SystemResult<IdentifiedText> read_identified_file(const std::string& path, std::size_t max_bytes,
                                                  Links links = Links::follow);
// The file of an open place.
SystemResult<IdentifiedText> read_identified_file(const FilePlace& place, std::size_t max_bytes);

}  // namespace postern::os
