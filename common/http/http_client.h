// Asks an HTTP server on a unix socket and waits for its answer: posternctl's side of the control
// protocol. Blocks, for `timeout` at most.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "common/base/result.h"
#include "common/http/http_message.h"

namespace postern::http {

// For callers that do not know how large an answer can be.
inline constexpr std::size_t kMaxResponseBody = std::size_t{64} << 20;

// Errors say what a person can do about it: no process listens on the socket (no daemon runs),
// no permission (which group may), no answer in time, not HTTP, a body of more than `max_body`.
Result<HttpResponse> ask_http(const std::string& socket_path, const HttpRequest& request,
                              std::chrono::milliseconds timeout,
                              std::size_t max_body = kMaxResponseBody);

}  // namespace postern::http
