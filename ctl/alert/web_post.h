// One POST by curl(1), over HTTPS, whose server has to prove its name, or over HTTP to this
// machine. No redirect is followed, no proxy asked.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "common/base/result.h"

namespace postern::ctl {

struct WebPost {
  std::string to;                                           // as check_web_address() takes it
  std::vector<std::pair<std::string, std::string>> fields;  // of the header, beside the usual ones
  std::string body;                                         // JSON
};

// What curl reads as its configuration (curl(1), -K). Pure. REQUIRES: no NUL in it.
std::string curl_config(const WebPost& post, std::chrono::seconds timeout);

// Blocks, for about `timeout`. Errors: there is no curl, no connection, a certificate that is not
// that of the name or that no authority of the system has signed, no answer in time, an answer that
// is not 2xx. What curl has to say of it goes to standard error.
Result<void> send_post(const WebPost& post, std::chrono::seconds timeout);

}  // namespace postern::ctl
