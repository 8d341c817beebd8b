#include "common/os/unpacked_file.h"

#include <zstd.h>

#include <algorithm>
#include <boost/iostreams/filter/bzip2.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filter/lzma.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <boost/iostreams/read.hpp>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace postern::os {
namespace {

namespace io = boost::iostreams;

constexpr std::size_t kMagicBytes = 6;

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

// A file of which the beginning has been read. A pipe cannot be read again.
class BegunFile : public io::source {
 public:
  BegunFile(std::string beginning, std::shared_ptr<std::istream> rest)
      : beginning_(std::move(beginning)), rest_(std::move(rest)) {}

  std::streamsize read(char* to, std::streamsize size) {
    if (!beginning_.empty()) {
      const std::size_t count = std::min(beginning_.size(), static_cast<std::size_t>(size));
      beginning_.copy(to, count);
      beginning_.erase(0, count);
      return static_cast<std::streamsize>(count);
    }
    rest_->read(to, size);
    if (rest_->bad()) throw std::ios_base::failure("not readable");
    return rest_->gcount() > 0 ? rest_->gcount() : -1;
  }

 private:
  std::string beginning_;
  std::shared_ptr<std::istream> rest_;
};

void push_unpacker(io::filtering_istream& unpacked, std::string_view beginning) {
  using namespace std::string_view_literals;
  if (beginning.starts_with("\x1f\x8b"sv)) unpacked.push(io::gzip_decompressor());
  if (beginning.starts_with("\x28\xb5\x2f\xfd"sv)) unpacked.push(ZstdDecompressor());
  if (beginning.starts_with("\xfd\x37zXZ\0"sv)) unpacked.push(io::lzma_decompressor());
  if (beginning.starts_with("BZh"sv)) unpacked.push(io::bzip2_decompressor());
}

}  // namespace

std::unique_ptr<std::istream> open_unpacked(const std::string& path) {
  const auto file = std::make_shared<std::ifstream>(path, std::ios::binary);
  if (!*file) return nullptr;
  std::string beginning(kMagicBytes, '\0');
  file->read(beginning.data(), static_cast<std::streamsize>(beginning.size()));
  beginning.resize(static_cast<std::size_t>(file->gcount()));
  auto unpacked = std::make_unique<io::filtering_istream>();
  push_unpacker(*unpacked, beginning);
  unpacked->push(BegunFile(std::move(beginning), file));
  return unpacked;
}

}  // namespace postern::os
