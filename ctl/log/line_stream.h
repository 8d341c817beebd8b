// A log as a stream of lines, with a bound on how much of it is in memory.
#pragma once

#include <array>
#include <cstddef>
#include <istream>
#include <memory>
#include <string>
#include <string_view>

namespace postern::ctl {

// A log file as it lies there, or packed by gzip, zstd, xz or bzip2, as logrotate(8) leaves it; its
// first bytes say which, not its name. Null when it cannot be opened. A packed file that is damaged
// sets bad() where that is found. One block of it is in memory (zstd: 128 MiB at most).
std::unique_ptr<std::istream> open_log(const std::string& path);

// Calls `line` for each, without its end; the last one may have none. One that is longer than
// `max_bytes` is passed over, and `overlong` is called. False: the stream failed before its end.
template <class Line, class Overlong>
bool read_lines(std::istream& in, std::size_t max_bytes, Line line, Overlong overlong) {
  std::array<char, std::size_t{64} << 10> buffer{};
  std::string begun;  // of a line that goes on in the next buffer
  bool too_long = false;
  const auto end_line = [&](std::string_view rest) {
    if (too_long || begun.size() + rest.size() > max_bytes) {
      overlong();
    } else if (begun.empty()) {
      line(rest);
    } else {
      line(begun.append(rest));
    }
    begun.clear();
    too_long = false;
  };
  while (in.good()) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    std::string_view got(buffer.data(), static_cast<std::size_t>(in.gcount()));
    for (std::size_t end = got.find('\n'); end != std::string_view::npos; end = got.find('\n')) {
      end_line(got.substr(0, end));
      got.remove_prefix(end + 1);
    }
    if (begun.size() + got.size() > max_bytes) {
      too_long = true;
      begun.clear();
    } else if (!too_long) {
      begun += got;
    }
  }
  if (too_long || !begun.empty()) end_line({});
  return !in.bad() && in.eof();
}

}  // namespace postern::ctl
