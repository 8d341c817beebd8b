#include "common/base/utf8.h"

namespace postern {
namespace {

struct Lead {
  unsigned first;  // lead bytes from here
  unsigned last;   // to here
  std::size_t length;
  unsigned low;  // of the second byte
  unsigned high;
};

constexpr Lead kLeads[] = {
    {0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf}, {0xe1, 0xec, 3, 0x80, 0xbf},
    {0xed, 0xed, 3, 0x80, 0x9f}, {0xee, 0xef, 3, 0x80, 0xbf}, {0xf0, 0xf0, 4, 0x90, 0xbf},
    {0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
};

}  // namespace

std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const unsigned lead = byte_at(text, 0);
  if (lead < 0x80) return 1;
  for (const Lead& row : kLeads) {
    if (lead < row.first || lead > row.last) continue;
    if (text.size() < row.length) return 0;
    if (byte_at(text, 1) < row.low || byte_at(text, 1) > row.high) return 0;
    for (std::size_t i = 2; i < row.length; ++i) {
      if ((byte_at(text, i) & 0xc0) != 0x80) return 0;
    }
    return row.length;
  }
  return 0;
}

}  // namespace postern
