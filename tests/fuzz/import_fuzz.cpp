// Any bytes as a table of every format; the first byte says which, the second what it is about.
// What is made of them always loads, and every line has a status.
#include <algorithm>
#include <array>

#include "ctl/import/formats.h"
#include "ctl/import/rule_file_text.h"
#include "tests/fuzz/require.h"

namespace postern::import_fuzz {
namespace {

constexpr std::array<const char*, 10> kAbout = {
    "",       "client",    "client_name",   "reverse_client_name", "helo",
    "sender", "recipient", "sender_domain", "recipient_domain",    "nothing"};

void check(std::uint8_t format, std::uint8_t about, std::string_view text) {
  const auto formats = import::all_import_formats();
  import::ImportRequest request;
  request.text = text;
  request.file = "table";
  request.name = "t";
  request.about = kAbout[about % kAbout.size()];
  if (about >= 128) request.then = "reject 550 5.7.1 \"listed\"";
  request.blocklist_recipients = static_cast<import::BlocklistRecipients>(about % 3);
  if (about % 64 >= 32) request.recipient_delimiter = about % 2 == 0 ? "+" : "-+";
  const import::Imported imported = import::import_table(formats[format % formats.size()], request);

  const auto ends = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  require(imported.lines.size() == ends + (text.empty() || text.ends_with('\n') ? 0 : 1));
  std::size_t statuses = 0;
  for (import::LineStatus status :
       {import::LineStatus::comment, import::LineStatus::imported, import::LineStatus::repeated,
        import::LineStatus::idle, import::LineStatus::refused}) {
    statuses += imported.count(status);
  }
  require(statuses == imported.lines.size());
  require(imported.count(import::LineStatus::refused) == 0 || imported.diagnostics.has_errors());
  require(import::load_fault(import::rule_files(imported, "table")).empty());
  import::guess_format("table", text);
}

}  // namespace
}  // namespace postern::import_fuzz

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  postern::import_fuzz::check(data[0], data[1], postern::as_text(data + 2, size - 2));
  return 0;
}
