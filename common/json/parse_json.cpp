#include "common/json/parse_json.h"

#include <string>

namespace postern::json {

Result<boost::json::value> parse_json(std::string_view text, StringBytes strings) {
  boost::json::parse_options options;
  options.allow_invalid_utf8 = strings == StringBytes::any;
  boost::json::parser parser({}, options);
  boost::system::error_code error;
  const std::size_t read = parser.write_some(text.data(), text.size(), error);
  if (!error && read < text.size()) error = boost::json::error::extra_data;
  if (error) {
    return failure("found no JSON at byte " + std::to_string(read) + ": " + error.message());
  }
  return parser.release();
}

}  // namespace postern::json
