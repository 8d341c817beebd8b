#include "common/mime/charset.h"

#include <iconv.h>

#include <array>
#include <cerrno>

namespace postern::mime {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

// A longer one is no name (RFC 2978 2.3 allows 40), and `/` would begin options of the C library.
bool is_charset_name(std::string_view name) {
  constexpr std::string_view kCharacters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:()+";
  return !name.empty() && name.size() <= 40 &&
         name.find_first_not_of(kCharacters) == std::string_view::npos;
}

class Converter {
 public:
  explicit Converter(std::string_view charset)
      : handle_(is_charset_name(charset) ? iconv_open("UTF-8", std::string(charset).c_str())
                                         : kNone) {}
  ~Converter() {
    if (is_open()) iconv_close(handle_);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  [[nodiscard]] bool is_open() const { return handle_ != kNone; }

  std::string convert(std::string bytes) {
    std::string out;
    char* rest = bytes.data();
    std::size_t left = bytes.size();
    while (left > 0) {
      if (step(&rest, &left, out)) continue;
      out += kReplacement;
      // Some find fault with what they have taken already.
      if (left == 0) break;
      ++rest;
      --left;
    }
    // Some keep the last character until they are told that nothing follows.
    step(nullptr, nullptr, out);
    return out;
  }

 private:
  // False if what comes next is no character.
  bool step(char** rest, std::size_t* left, std::string& out) {
    std::array<char, 1024> buffer;
    char* end = buffer.data();
    std::size_t space = buffer.size();
    const bool converted = iconv(handle_, rest, left, &end, &space) != static_cast<std::size_t>(-1);
    const bool is_full = !converted && errno == E2BIG && end != buffer.data();
    out.append(buffer.data(), end);
    return converted || is_full;
  }

  // NOLINTNEXTLINE(performance-no-int-to-ptr): how iconv_open() says no.
  static inline const iconv_t kNone = reinterpret_cast<iconv_t>(-1);
  iconv_t handle_;
};

}  // namespace

std::string from_charset(std::string_view bytes, std::string_view charset) {
  Converter converter(charset);
  return converter.is_open() ? converter.convert(std::string(bytes)) : std::string(bytes);
}

}  // namespace postern::mime
