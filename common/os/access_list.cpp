#include "common/os/access_list.h"

#include <endian.h>
#include <sys/xattr.h>

#include <cstddef>
#include <cstring>

namespace postern::os {
namespace {

constexpr std::size_t kMaxBytes = 65536;  // of an extended attribute (xattr(7))
constexpr std::uint32_t kVersion = 2;
constexpr std::size_t kHeaderBytes = 4;
constexpr std::size_t kEntryBytes = 8;

template <class Number>
Number number_at(const std::string& bytes, std::size_t at) {
  Number number = 0;
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return number;
}

template <class Number>
void append_number(std::string& bytes, Number number) {
  bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
}

template <class Get>
AccessList access_list_by(Get get) {
  std::string bytes(kMaxBytes, '\0');
  const ssize_t size = get(bytes);
  bytes.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return parse_access_list(bytes);
}

}  // namespace

AccessList access_list_of(int fd) {
  return access_list_by([&](std::string& bytes) {
    return ::fgetxattr(fd, kAccessListAttribute, bytes.data(), bytes.size());
  });
}

AccessList access_list_of(const std::string& path) {
  return access_list_by([&](std::string& bytes) {
    return ::getxattr(path.c_str(), kAccessListAttribute, bytes.data(), bytes.size());
  });
}

bool set_access_list(int fd, const AccessList& list) {
  const std::string bytes = format_access_list(list);
  return ::fsetxattr(fd, kAccessListAttribute, bytes.data(), bytes.size(), 0) == 0;
}

AccessList parse_access_list(const std::string& bytes) {
  AccessList list;
  if (bytes.size() < kHeaderBytes) return list;
  if (le32toh(number_at<std::uint32_t>(bytes, 0)) != kVersion) return list;
  for (std::size_t at = kHeaderBytes; at + kEntryBytes <= bytes.size(); at += kEntryBytes) {
    list.push_back({le16toh(number_at<std::uint16_t>(bytes, at)),
                    le16toh(number_at<std::uint16_t>(bytes, at + 2)),
                    le32toh(number_at<std::uint32_t>(bytes, at + 4))});
  }
  return list;
}

std::string format_access_list(const AccessList& list) {
  std::string bytes;
  append_number(bytes, htole32(kVersion));
  for (const AccessListEntry& entry : list) {
    append_number(bytes, htole16(entry.tag));
    append_number(bytes, htole16(entry.permissions));
    append_number(bytes, htole32(entry.id));
  }
  return bytes;
}

}  // namespace postern::os
