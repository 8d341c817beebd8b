// Any bytes give a text and mailboxes that keep the header's promises.
#include "common/mime/header_text.h"

#include "common/base/ignorable.h"
#include "common/base/utf8.h"
#include "tests/fuzz/require.h"

namespace postern::header_text_fuzz {
namespace {

void require_text(std::string_view text) {
  require(text.size() <= mime::kMaxHeaderText);
  require(text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
  require(text.empty() || (std::string_view(" \t").find(text.front()) == std::string_view::npos &&
                           std::string_view(" \t").find(text.back()) == std::string_view::npos));
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    require(length > 0);
    text.remove_prefix(length);
  }
}

void check(std::string_view raw) {
  auto [text, extent] = mime::decode_header_text(raw);
  require_text(text);
  require(mime::decode_header_text(raw).text == text);
  if (const auto read = without_ignorable(text)) {
    require(read->size() < text.size() && !without_ignorable(*read));
  }
  require(raw.size() <= mime::kMaxHeaderText || extent == mime::HeaderText::Extent::cut);
  for (int i = 0; i < 3; ++i) {
    std::string again = mime::decode_header_text(text).text;
    require_text(again);
    text = std::move(again);
  }

  const auto mailboxes = mime::header_mailboxes(raw);
  require(mailboxes.size() <= mime::kMaxMailboxes);
  for (const MailAddress& mailbox : mailboxes) {
    require(!mailbox.is_null() && mailbox.kind() != MailAddress::Kind::local_only);
    require(raw.find('@') != std::string_view::npos);
    require(mailbox.text().find('@') != std::string::npos);
  }
}

}  // namespace
}  // namespace postern::header_text_fuzz

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  postern::header_text_fuzz::check(postern::as_text(data, size));
  return 0;
}
