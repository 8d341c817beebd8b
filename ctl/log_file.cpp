#include "ctl/log_file.h"

#include <zstd.h>
#include <algorithm>
#include <array>
#include <boost/iostreams/filter/bzip2.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filter/lzma.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <boost/iostreams/read.hpp>
#include <fstream>
#include <string_view>
#include <vector>

namespace postern {
namespace {

namespace io = boost::iostreams;

using Magic = std::array<char, 6>;

// In the place of Boost's, which takes a file that is cut for a whole one.
class ZstdDecompressor : public io::multichar_input_filter {
 public:
  template <class Source>
  std::streamsize read(Source& source, char* to, std::streamsize size) {
    ZSTD_outBuffer out{to, static_cast<std::size_t>(size), 0};
    while (out.pos == 0) {
      if (packed_.pos == packed_.size && !refill(source)) return -1;
      const std::size_t wants = ZSTD_decompressStream(stream_.get(), &out, &packed_);
      if (ZSTD_isError(wants) != 0) throw std::ios_base::failure("damaged");
      within_frame_ = wants != 0;
    }
    return static_cast<std::streamsize>(out.pos);
  }

 private:
  template <class Source>
  bool refill(Source& source) {
    const auto got = io::read(source, buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    if (got < 0 && within_frame_) throw std::ios_base::failure("cut");
    packed_ = {buffer_.data(), got < 0 ? 0 : static_cast<std::size_t>(got), 0};
    return got >= 0;
  }

  struct Free {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };
  // Shared, because filters are copied into their chain.
  std::shared_ptr<ZSTD_DStream> stream_{ZSTD_createDStream(), Free{}};
  std::vector<char> buffer_ = std::vector<char>(ZSTD_DStreamInSize());
  ZSTD_inBuffer packed_{nullptr, 0, 0};
  bool within_frame_ = false;
};

class LogFile : public io::filtering_istream {
 public:
  explicit LogFile(std::ifstream file) : file_(std::move(file)) {
    Magic magic{};
    file_.read(magic.data(), magic.size());
    file_.clear();
    file_.seekg(0);
    unpack(std::string_view(magic.data(), magic.size()));
    push(file_);
  }
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;
  ~LogFile() override { reset(); }  // before the file that is read from

 private:
  void unpack(std::string_view magic) {
    using namespace std::string_view_literals;
    if (magic.starts_with("\x1f\x8b"sv)) push(io::gzip_decompressor());
    if (magic.starts_with("\x28\xb5\x2f\xfd"sv)) push(ZstdDecompressor());
    if (magic.starts_with("\xfd"
                          "7zXZ\0"sv))
      push(io::lzma_decompressor());
    if (magic.starts_with("BZh"sv)) push(io::bzip2_decompressor());
  }

  std::ifstream file_;
};

}  // namespace

std::unique_ptr<std::istream> open_log(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return nullptr;
  return std::make_unique<LogFile>(std::move(file));
}

}  // namespace postern
