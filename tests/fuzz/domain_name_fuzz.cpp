// Whatever parses is a name that DNS can carry, and stays itself when parsed again.
#include "common/base/domain_name.h"

#include <algorithm>

#include "tests/fuzz/require.h"

namespace postern::domain_name_fuzz {
namespace {

void require_host_name(std::string_view text) {
  require(!text.empty() && text.size() <= DomainName::kMaxLength);
  std::size_t label = 0;
  for (const char c : text) {
    // A dot ends a label that is not empty.
    require(c != '.' || label > 0);
    label = c == '.' ? 0 : label + 1;
    require(label <= DomainName::kMaxLabelLength);
    require((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.');
  }
  require(text.back() != '.');
}

std::string in_upper_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return text;
}

void check(std::string_view text) {
  const auto name = DomainName::parse(text);
  if (!name) {
    require(!name.error().text.empty());
    return;
  }
  require_host_name(name->text());
  require(DomainName::parse(name->text()) == *name);
  require(DomainName::parse(name->text() + '.') == *name);
  require(DomainName::parse(in_upper_case(name->text())) == *name);
}

}  // namespace
}  // namespace postern::domain_name_fuzz

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  postern::domain_name_fuzz::check(postern::as_text(data, size));
  return 0;
}
