// One POST over HTTPS, whose server has to prove its name, or over HTTP to this machine. No
// redirect is followed, no proxy asked. Blocks, for about `timeout` (the look-up of the name is the
// system's own).
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/base/web_address.h"

namespace postern::ctl {

struct WebPost {
  WebAddress to;
  std::vector<std::pair<std::string, std::string>> fields;  // of the header, beside the usual ones
  std::string body;                                         // JSON
};

// Errors: no connection, a certificate that is not that of the name or that no authority of the
// system has signed, no answer in time, an answer that is not 2xx.
Result<void> send_post(const WebPost& post, std::chrono::milliseconds timeout);

}  // namespace postern::ctl
