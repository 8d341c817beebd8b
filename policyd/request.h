// A request of Postfix's policy protocol (SMTPD_POLICY_README): lines `name=value`, then an empty
// line. Pure; every byte may be hostile.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "rules/attribute.h"

namespace postern::policyd {

// The attributes that Postern uses, as views into the buffer that was read. An attribute is empty
// if Postfix did not send it, or sent it without a value.
struct PolicyRequest {
  std::string_view protocol_state;
  std::string_view client_address;
  std::string_view client_name;
  std::string_view reverse_client_name;
  std::string_view helo_name;
  std::string_view sender;
  std::string_view recipient;
  std::string_view recipient_count;
  std::string_view encryption_protocol;
  std::string_view queue_id;
  std::string_view instance;
  // Postfix sends this attribute from 2.3 on. If it is sent and empty, the session has no TLS.
  bool has_encryption_protocol = false;
  AttributeTexts texts;
};

struct PolicyRequestLimits {
  std::size_t max_bytes = 16384;  // of one request with its empty line; less than 4 GiB
  std::size_t max_attributes = 200;
};

// Finds one request at the start of a buffer that fills bit by bit, and looks at every byte once.
// Allocates memory only for the text of an error. One per connection; one thread at a time.
class PolicyRequestReader {
 public:
  enum class State { incomplete, complete, bad };

  explicit PolicyRequestReader(const PolicyRequestLimits& limits) : limits_(limits) {}

  // REQUIRES: `buffer` begins with the first byte of the request, and holds at least what it held
  // at the last call; it may have moved. Ignores unknown attributes; of duplicates the first
  // counts. Bad: no `request=smtpd_access_policy`, a NUL, a line without name or `=`, or beyond the
  // limits.
  State read(std::string_view buffer);

  // REQUIRES: read() returned complete. The views are valid as long as the buffer of that call.
  [[nodiscard]] const PolicyRequest& request() const { return request_; }
  // How long the request is, with its empty line. REQUIRES: read() returned complete.
  [[nodiscard]] std::size_t consumed() const { return scanned_; }
  // What is wrong; holds no byte of the request. REQUIRES: read() returned bad.
  [[nodiscard]] const std::string& error() const { return error_; }

  // Begins the next request, with its limits.
  void reset(const PolicyRequestLimits& limits);

 private:
  enum Field : std::uint8_t {
    request_type,
    protocol_state,
    client_address,
    client_name,
    reverse_client_name,
    helo_name,
    sender,
    recipient,
    recipient_count,
    encryption_protocol,
    queue_id,
    instance,
    first_text,  // of kTextAttributes
    field_count = first_text + kTextAttributes.size(),
  };
  // A value's place; offset 0 is "not sent", because a name stands before every value.
  struct Place {
    std::uint32_t offset = 0;
    std::uint32_t length = 0;
  };

  static Field field_named(std::string_view name);
  bool take_line(std::string_view buffer, std::size_t begin, std::size_t end);
  State finish(std::string_view buffer);
  State refuse(std::string_view text);

  PolicyRequestLimits limits_;
  std::array<Place, field_count> places_{};
  std::size_t line_begin_ = 0;  // of the line that is not complete yet
  std::size_t scanned_ = 0;     // bytes known to hold no further line end
  std::size_t attributes_ = 0;
  PolicyRequest request_;
  std::string error_;
};

}  // namespace postern::policyd
