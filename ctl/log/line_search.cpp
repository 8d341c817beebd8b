#include "ctl/log/line_search.h"

#include <cstring>

#include <algorithm>
#include <cstddef>

#include "ctl/log/log_line.h"

namespace postern::ctl {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20;

// Where lines with the needle begin, in whole lines.
void add_hits(std::string_view lines, std::string_view needle, std::vector<std::size_t>& begins) {
  std::size_t at = 0;
  while (at < lines.size()) {
    const void* hit = ::memmem(lines.data() + at, lines.size() - at, needle.data(), needle.size());
    if (hit == nullptr) return;
    const auto offset = static_cast<std::size_t>(static_cast<const char*>(hit) - lines.data());
    const std::size_t before = lines.rfind('\n', offset);
    begins.push_back(before == std::string_view::npos ? 0 : before + 1);
    at = std::min(lines.find('\n', offset), lines.size() - 1) + 1;
  }
}

void search(std::string_view lines, const std::vector<std::string>& needles,
            const std::function<void(std::string_view)>& found) {
  std::vector<std::size_t> begins;
  for (const std::string& needle : needles) add_hits(lines, needle, begins);
  std::sort(begins.begin(), begins.end());
  begins.erase(std::unique(begins.begin(), begins.end()), begins.end());
  for (const std::size_t begin : begins) {
    const std::string_view line = lines.substr(begin, lines.find('\n', begin) - begin);
    if (line.size() <= kMaxLogLine) found(line);
  }
}

}  // namespace

bool find_lines(std::istream& in, const std::vector<std::string>& needles,
                const std::function<void(std::string_view)>& found) {
  std::string block(kBlock + kMaxLogLine, '\0');
  std::size_t kept = 0;   // of a line that goes on in the next block, at the front
  bool too_long = false;  // that line, the beginning of which is gone
  while (in.good()) {
    in.read(block.data() + kept, static_cast<std::streamsize>(kBlock));
    std::string_view got(block.data(), kept + static_cast<std::size_t>(in.gcount()));
    const std::size_t last = got.rfind('\n');
    std::string_view rest = last == std::string_view::npos ? got : got.substr(last + 1);
    std::string_view lines = got.substr(0, got.size() - rest.size());
    if (too_long && !lines.empty()) {
      lines.remove_prefix(lines.find('\n') + 1);
      too_long = false;
    }
    search(lines, needles, found);
    if (!in.good() && !too_long) search(rest, needles, found);
    if (rest.size() > kMaxLogLine) {
      too_long = true;
      rest = rest.substr(0, 0);
    }
    kept = rest.size();
    std::memmove(block.data(), rest.data(), kept);
  }
  return !in.bad() && in.eof();
}

}  // namespace postern::ctl
