#include "common/os/lock_holder.h"

#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <string>

namespace postern::os {
namespace {

// `1: FLOCK  ADVISORY  WRITE 4711 08:01:131073 0 EOF`; who waits has `->` before FLOCK.
constexpr std::size_t kType = 1;
constexpr std::size_t kPid = 4;
constexpr std::size_t kFile = 5;

using Words = std::array<std::string_view, 6>;

Words first_words(std::string_view line) {
  Words words;
  for (auto& word : words) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    word = line.substr(0, line.find(' '));
    line.remove_prefix(word.size());
  }
  return words;
}

std::string file_in_locks(dev_t device, ino_t inode) {
  char text[64];
  std::snprintf(text, sizeof text, "%02x:%02x:%llu", major(device), minor(device),
                static_cast<unsigned long long>(inode));
  return text;
}

}  // namespace

std::optional<pid_t> lock_holder(std::string_view locks, dev_t device, ino_t inode) {
  const std::string file = file_in_locks(device, inode);
  while (!locks.empty()) {
    const auto line = locks.substr(0, locks.find('\n'));
    locks.remove_prefix(std::min(line.size() + 1, locks.size()));
    const Words words = first_words(line);
    if (words[kType] != "FLOCK" || words[kFile] != file) continue;
    pid_t pid = 0;
    std::from_chars(words[kPid].data(), words[kPid].data() + words[kPid].size(), pid);
    if (pid > 0) return pid;
  }
  return std::nullopt;
}

}  // namespace postern::os
