#include "server/journal/segment_packer.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "common/os/system_error.h"
#include "common/os/unique_fd.h"
#include "server/journal/segment_list.h"

namespace postern::journal {
namespace {

namespace fs = std::filesystem;

constexpr int kLevel = 3;
constexpr const char* kUnfinished = ".zst.part";

struct Segment {
  std::string path;
  SegmentName name;
  std::chrono::system_clock::time_point written;
  std::uint64_t bytes = 0;
};

struct FreeStream {
  void operator()(ZSTD_CStream* stream) const { ZSTD_freeCStream(stream); }
};

Result<void> write_whole(int to, const char* bytes, std::size_t size, const std::string& path) {
  while (size > 0) {
    const ssize_t written = ::write(to, bytes, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return os::system_failure("write " + path);
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
  return {};
}

// One frame with a checksum.
Result<void> compress(int from, int to, const std::string& path) {
  const std::unique_ptr<ZSTD_CStream, FreeStream> stream(ZSTD_createCStream());
  if (stream == nullptr) return failure("there is no memory to compress " + path);
  ZSTD_CCtx_setParameter(stream.get(), ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(stream.get(), ZSTD_c_checksumFlag, 1);
  std::vector<char> plain(ZSTD_CStreamInSize());
  std::vector<char> packed(ZSTD_CStreamOutSize());
  for (bool at_end = false; !at_end;) {
    const ssize_t got = ::read(from, plain.data(), plain.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return os::system_failure("read " + path);
    at_end = got == 0;
    ZSTD_inBuffer in{plain.data(), static_cast<std::size_t>(got), 0};
    for (std::size_t left = 1; left != 0 || in.pos < in.size;) {
      ZSTD_outBuffer out{packed.data(), packed.size(), 0};
      left = ZSTD_compressStream2(stream.get(), &out, &in, at_end ? ZSTD_e_end : ZSTD_e_continue);
      if (ZSTD_isError(left) != 0) return failure("cannot compress " + path);
      if (auto written = write_whole(to, packed.data(), out.pos, path); !written) return written;
      if (!at_end) left = 0;
    }
  }
  return {};
}

Error system_error(const std::string& what) {
  return Error{os::system_failure(what).value().text};
}

// The time stays that it was written last: by this its age is known, and what is in it.
Result<void> pack(const Segment& segment, int from) {
  const std::string unfinished = segment.path + kUnfinished;
  const os::UniqueFd to(
      ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!to.is_open()) return os::system_failure("make " + unfinished);
  Result<void> done = compress(from, to.get(), segment.path);
  struct stat status {};
  if (done && ::fstat(from, &status) == 0) {
    const timespec times[2] = {status.st_atim, status.st_mtim};
    ::futimens(to.get(), times);
  }
  if (done && ::fsync(to.get()) != 0) done = tl::unexpected(system_error("write " + unfinished));
  SegmentName packed = segment.name;
  packed.packed = true;
  const std::string place = (fs::path(segment.path).parent_path() / packed.to_string()).string();
  if (done && ::rename(unfinished.c_str(), place.c_str()) != 0) {
    done = tl::unexpected(system_error("make " + place));
  }
  ::unlink((done ? segment.path : unfinished).c_str());
  return done;
}

// Open for reading and with its lock; nothing while it is being written, or gone.
std::optional<os::UniqueFd> take_closed(const Segment& segment) {
  os::UniqueFd fd(::open(segment.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.is_open() || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return std::nullopt;
  return fd;
}

Result<std::vector<Segment>> sized_segments_in(const std::string& folder) {
  const auto places = segments_in(folder);
  if (!places) return tl::unexpected(places.error());
  std::vector<Segment> segments;
  for (const SegmentPlace& place : *places) {
    struct stat status {};
    if (::lstat(place.path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    segments.push_back({place.path, place.name,
                        std::chrono::system_clock::from_time_t(status.st_mtim.tv_sec),
                        static_cast<std::uint64_t>(status.st_blocks) * S_BLKSIZE});
  }
  return segments;
}

std::optional<Error> pack_closed(const std::string& folder) {
  const auto segments = sized_segments_in(folder);
  if (!segments) return segments.error();
  std::optional<Error> first;
  for (const Segment& segment : *segments) {
    if (segment.name.packed) continue;
    const auto fd = take_closed(segment);
    if (!fd) continue;
    const auto packed = pack(segment, fd->get());
    if (!packed && !first) first = packed.error();
  }
  return first;
}

}  // namespace

Result<PackedFolder> pack_and_prune(const std::string& folder, const JournalBounds& bounds,
                                    std::chrono::system_clock::time_point now) {
  const auto fault = pack_closed(folder);
  const auto segments = sized_segments_in(folder);
  if (!segments) return tl::unexpected(segments.error());
  PackedFolder left;
  for (const Segment& segment : *segments) left.bytes += segment.bytes;
  left.segments = segments->size();
  for (const Segment& segment : *segments) {
    const bool is_old = segment.written < now - bounds.age;
    if (!is_old && left.bytes <= bounds.bytes) continue;
    if (!segment.name.packed && !take_closed(segment)) continue;
    if (::unlink(segment.path.c_str()) != 0 && errno != ENOENT) {
      return os::system_failure("remove " + segment.path);
    }
    left.bytes -= segment.bytes;
    --left.segments;
    ++left.removed;
  }
  if (fault) return tl::unexpected(*fault);
  return left;
}

}  // namespace postern::journal
