// A text that comes piece by piece as lines, with a bound on how much of it is in memory. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <istream>
#include <string>
#include <string_view>

namespace postern {

// One that is longer than `max_bytes` is passed over.
class LineSplitter {
 public:
  explicit LineSplitter(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // Calls `line` for each that ends in `got`, without its end, and `overlong` for one passed over.
  template <class Line, class Overlong>
  void add(std::string_view got, Line line, Overlong overlong) {
    for (std::size_t end = got.find('\n'); end != std::string_view::npos; end = got.find('\n')) {
      end_line(got.substr(0, end), line, overlong);
      got.remove_prefix(end + 1);
    }
    if (begun_.size() + got.size() > max_bytes_) {
      too_long_ = true;
      begun_.clear();
    } else if (!too_long_) {
      begun_ += got;
    }
  }

  // The last one may have no end.
  template <class Line, class Overlong>
  void end(Line line, Overlong overlong) {
    if (too_long_ || !begun_.empty()) end_line({}, line, overlong);
  }

 private:
  template <class Line, class Overlong>
  void end_line(std::string_view rest, Line& line, Overlong& overlong) {
    if (too_long_ || begun_.size() + rest.size() > max_bytes_) {
      overlong();
    } else if (begun_.empty()) {
      line(rest);
    } else {
      line(begun_.append(rest));
    }
    begun_.clear();
    too_long_ = false;
  }

  std::size_t max_bytes_;
  std::string begun_;  // of a line that goes on in the next piece
  bool too_long_ = false;
};

// All lines of a stream. False: it failed before its end.
template <class Line, class Overlong>
bool read_lines(std::istream& in, std::size_t max_bytes, Line line, Overlong overlong) {
  std::array<char, std::size_t{64} << 10> buffer{};
  LineSplitter splitter(max_bytes);
  while (in.good()) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    splitter.add({buffer.data(), static_cast<std::size_t>(in.gcount())}, line, overlong);
  }
  splitter.end(line, overlong);
  return !in.bad() && in.eof();
}

}  // namespace postern
