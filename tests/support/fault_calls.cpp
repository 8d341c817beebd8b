// The C library's fortified read() would be a second one.
#undef _FORTIFY_SOURCE

#include "tests/support/fault_calls.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdarg>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

namespace postern {
namespace {

FaultPlan own_plan{};

FaultPlan* mapped_plan() {
  const char* const path = std::getenv("FAULT_CALLS");
  using Open = int (*)(const char*, int, ...);
  static const auto open_file = reinterpret_cast<Open>(::dlsym(RTLD_NEXT, "open"));
  const int fd = path == nullptr ? -1 : open_file(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return &own_plan;
  void* const map = ::mmap(nullptr, sizeof(FaultPlan), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  return map == MAP_FAILED ? &own_plan : static_cast<FaultPlan*>(map);
}

// Before the program gives up the right to open the file.
FaultPlan* the_plan = nullptr;
[[gnu::constructor]] void map_plan() {
  the_plan = mapped_plan();
}

// Whether this call is one of those that fail; errno is set then.
bool fails() {
  if (the_plan == nullptr || ::gettid() != ::getpid()) return false;
  const std::int64_t number = ++the_plan->calls;
  if (the_plan->first == 0 || number < the_plan->first || number > the_plan->last) return false;
  errno = static_cast<int>(the_plan->error);
  return true;
}

SlowDisk the_disk;

bool is_segment(int fd) {
  char path[PATH_MAX];
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = ::readlink(link.c_str(), path, sizeof path);
  // Linked to another name since.
  return size > 0 && std::string_view(path, static_cast<std::size_t>(size)).find(".jsonl") !=
                         std::string_view::npos;
}

void wait_for_disk(int fd) {
  if (!the_disk.is_stuck || ::gettid() == ::getpid() || !is_segment(fd)) return;
  ++the_disk.waiting;
  while (the_disk.is_stuck) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  --the_disk.waiting;
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

FaultPlan& fault_plan() {
  return the_plan == nullptr ? own_plan : *the_plan;
}

SlowDisk& slow_disk() {
  return the_disk;
}

}  // namespace postern

// NOLINTBEGIN(bugprone-macro-parentheses): types and lists
// RESULT is what the function returns when it fails.
#define POSTERN_FAULTY(RETURNS, NAME, RESULT, PARAMETERS, ARGUMENTS)    \
  extern "C" RETURNS NAME PARAMETERS {                                  \
    static auto* const real = postern::next<RETURNS PARAMETERS>(#NAME); \
    if (postern::fails()) return RESULT;                                \
    return real ARGUMENTS;                                              \
  }
#define POSTERN_FAULTY_OPEN(NAME, PARAMETERS, ARGUMENTS)            \
  extern "C" int NAME PARAMETERS {                                  \
    static auto* const real = postern::next<int PARAMETERS>(#NAME); \
    va_list list;                                                   \
    va_start(list, flags);                                          \
    const bool makes = (flags & (O_CREAT | O_TMPFILE)) != 0;        \
    const mode_t mode = makes ? va_arg(list, mode_t) : mode_t{0};   \
    va_end(list);                                                   \
    if (postern::fails()) return -1;                                \
    return real ARGUMENTS;                                          \
  }
// NOLINTEND(bugprone-macro-parentheses)

POSTERN_FAULTY_OPEN(open, (const char* path, int flags, ...), (path, flags, mode))
POSTERN_FAULTY_OPEN(open64, (const char* path, int flags, ...), (path, flags, mode))
POSTERN_FAULTY_OPEN(openat, (int at, const char* path, int flags, ...), (at, path, flags, mode))
POSTERN_FAULTY_OPEN(openat64, (int at, const char* path, int flags, ...), (at, path, flags, mode))
POSTERN_FAULTY(int, mkostemp, -1, (char* name, int flags), (name, flags))
POSTERN_FAULTY(int, mkostemp64, -1, (char* name, int flags), (name, flags))
POSTERN_FAULTY(DIR*, opendir, nullptr, (const char* name), (name))
POSTERN_FAULTY(DIR*, fdopendir, nullptr, (int fd), (fd))
POSTERN_FAULTY(dirent*, readdir, nullptr, (DIR * folder), (folder))
POSTERN_FAULTY(dirent64*, readdir64, nullptr, (DIR * folder), (folder))
POSTERN_FAULTY(ssize_t, read, -1, (int fd, void* to, std::size_t size), (fd, to, size))
extern "C" ssize_t write(int fd, const void* from, std::size_t size) {
  static auto* const real = postern::next<ssize_t(int, const void*, std::size_t)>("write");
  if (postern::fails()) return -1;
  postern::wait_for_disk(fd);
  return real(fd, from, size);
}
POSTERN_FAULTY(int, rename, -1, (const char* from, const char* to) noexcept, (from, to))
POSTERN_FAULTY(int, renameat, -1,
               (int from_at, const char* from, int to_at, const char* to) noexcept,
               (from_at, from, to_at, to))
POSTERN_FAULTY(int, mkdir, -1, (const char* path, mode_t mode) noexcept, (path, mode))
POSTERN_FAULTY(int, mkdirat, -1, (int at, const char* path, mode_t mode) noexcept, (at, path, mode))
POSTERN_FAULTY(int, link, -1, (const char* from, const char* to) noexcept, (from, to))
POSTERN_FAULTY(int, linkat, -1,
               (int from_at, const char* from, int to_at, const char* to, int flags) noexcept,
               (from_at, from, to_at, to, flags))
POSTERN_FAULTY(int, unlink, -1, (const char* path) noexcept, (path))
POSTERN_FAULTY(int, unlinkat, -1, (int at, const char* path, int flags) noexcept, (at, path, flags))
POSTERN_FAULTY(int, access, -1, (const char* path, int mode) noexcept, (path, mode))
POSTERN_FAULTY(int, stat, -1, (const char* path, struct stat* status) noexcept, (path, status))
POSTERN_FAULTY(int, stat64, -1, (const char* path, struct stat64* status) noexcept, (path, status))
POSTERN_FAULTY(int, lstat, -1, (const char* path, struct stat* status) noexcept, (path, status))
POSTERN_FAULTY(int, lstat64, -1, (const char* path, struct stat64* status) noexcept, (path, status))
POSTERN_FAULTY(int, fstat, -1, (int fd, struct stat* status) noexcept, (fd, status))
POSTERN_FAULTY(int, fstat64, -1, (int fd, struct stat64* status) noexcept, (fd, status))
POSTERN_FAULTY(int, fstatat, -1,
               (int at, const char* path, struct stat* status, int flags) noexcept,
               (at, path, status, flags))
POSTERN_FAULTY(int, flock, -1, (int fd, int operation) noexcept, (fd, operation))
POSTERN_FAULTY(int, fchmod, -1, (int fd, mode_t mode) noexcept, (fd, mode))
POSTERN_FAULTY(int, fchown, -1, (int fd, uid_t owner, gid_t group) noexcept, (fd, owner, group))
POSTERN_FAULTY(int, socket, -1, (int domain, int type, int protocol) noexcept,
               (domain, type, protocol))
POSTERN_FAULTY(int, connect, -1, (int fd, const sockaddr* name, socklen_t size), (fd, name, size))
POSTERN_FAULTY(int, inotify_add_watch, -1, (int fd, const char* path, std::uint32_t mask) noexcept,
               (fd, path, mask))

// Nothing of it is to outlive a power failure, and hundreds of runs would wait for the disk.
extern "C" int fsync(int /*fd*/) {
  return postern::fails() ? -1 : 0;
}
