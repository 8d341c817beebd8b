#include "server/config/outside_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <string_view>

#include "common/os/file_place.h"
#include "common/os/text_file.h"

namespace postern::config {
namespace {

constexpr std::size_t kMaxSuffixFile = std::size_t{4} << 20;
constexpr std::size_t kMaxSecret = 256;
constexpr mode_t kForOthers = S_IWGRP | S_IXGRP | S_IRWXO;

Result<std::string> read_little(int fd, const std::string& path) {
  std::array<char, kMaxSecret + 1> bytes{};
  const ssize_t got = ::read(fd, bytes.data(), bytes.size());
  if (got < 0) return failure("cannot read " + path);
  if (static_cast<std::size_t>(got) > kMaxSecret) {
    return failure(path + ": found more than " + std::to_string(kMaxSecret) + " bytes");
  }
  return std::string(bytes.data(), static_cast<std::size_t>(got));
}

}  // namespace

std::shared_ptr<const PublicSuffixes> read_public_suffixes() {
  const auto text = os::read_text_file(kPublicSuffixFile, kMaxSuffixFile);
  return std::make_shared<const PublicSuffixes>(text ? std::string_view(*text)
                                                     : std::string_view());
}

Result<std::string> read_secret_file(const std::string& path) {
  const auto place = os::FilePlace::find(path);
  if (!place) return tl::unexpected(place.error());
  const auto fd = place->open();
  if (!fd) return tl::unexpected(fd.error());
  struct stat status = {};
  if (::fstat(fd->get(), &status) != 0 || (status.st_mode & kForOthers) != 0) {
    return failure(path + ": found a file that others may read or write, want one of mode 0640");
  }
  auto text = read_little(fd->get(), path);
  if (!text) return text;
  const std::size_t begin = text->find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return failure(path + ": found no line, want one");
  const std::size_t end = text->find_last_not_of(" \t\r\n") + 1;
  std::string line = text->substr(begin, end - begin);
  if (line.find('\n') != std::string::npos) {
    return failure(path + ": found more than one line, want one");
  }
  return line;
}

}  // namespace postern::config
