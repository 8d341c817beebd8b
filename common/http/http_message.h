// Requests and responses of the control protocol (docs/control.md), as values. HTTP/1.1 without its
// headers: what they say here is always the same, but for the kind of a body.
#pragma once

#include <string>

namespace postern::http {

struct HttpRequest {
  std::string method = "GET";
  std::string target;  // path and query: `/v1/cache?name=a.example`, percent-encoded
  std::string body;    // JSON, or empty
};

struct HttpResponse {
  unsigned status = 200;
  std::string body;
  std::string content_type = "application/json";
};

}  // namespace postern::http
