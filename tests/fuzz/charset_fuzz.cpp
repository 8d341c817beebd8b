// Any bytes in any character set give a text. The first byte chooses the set: one of each family
// that the C library decodes in a way of its own, because fuzzing does not guess their names.
#include "common/mime/charset.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string>

#include "tests/fuzz/require.h"

namespace postern::charset_fuzz {
namespace {

constexpr const char* kCharsets[] = {
    "ansi_x3.110", "armscii-8",   "big5",        "big5-hkscs",      "cp1255",
    "cp1258",      "cp932",       "cp949",       "euc-cn",          "euc-jisx0213",
    "euc-jp",      "euc-jp-ms",   "euc-kr",      "euc-tw",          "gb18030",
    "gbk",         "ibm1364",     "ibm1390",     "ibm930",          "ibm939",
    "iso-2022-cn", "iso-8859-1",  "iso-2022-jp", "iso-2022-cn-ext", "iso-2022-jp-3",
    "iso-2022-kr", "iso_11548-1", "iso_6937",    "johab",           "shift_jis",
    "t.61",        "tcvn",        "tscii",       "shift_jisx0213",  "ucs-2",
    "ucs-4",       "us-ascii",    "utf-16",      "utf-32",          "utf-7",
    "utf-8",       "x-none",
};

// A byte is four characters of three bytes at most, and some come when nothing follows any more.
constexpr std::size_t kGrowth = 12;
constexpr std::size_t kAtTheEnd = 64;

// While one of them is open, the C library does not unload what it has loaded for a character set;
// that would take longer than any input.
void keep_all_loaded() {
  [[maybe_unused]] static const auto kOpened = [] {
    std::array<iconv_t, std::size(kCharsets)> opened{};
    std::transform(std::begin(kCharsets), std::end(kCharsets), opened.begin(),
                   [](const char* charset) { return iconv_open("UTF-8", charset); });
    return opened;
  }();
}

void check(const char* charset, std::string_view bytes) {
  keep_all_loaded();
  const std::string text = mime::from_charset(bytes, charset);
  require(text.size() <= kGrowth * bytes.size() + kAtTheEnd);
  require(mime::from_charset(bytes, charset) == text);
}

}  // namespace
}  // namespace postern::charset_fuzz

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const char* const charset =
      postern::charset_fuzz::kCharsets[data[0] % std::size(postern::charset_fuzz::kCharsets)];
  postern::charset_fuzz::check(charset, postern::as_text(data + 1, size - 1));
  return 0;
}
