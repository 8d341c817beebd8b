// The files of the store, as they are on the disk.
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include "common/os/accounts.h"
#include "ctl/doctor/io/host_check.h"
#include "server/config/configuration.h"
#include "server/state/lmdb_store.h"

namespace postern::doctor {
namespace {

// Numbers as in statfs(2), and linux/magic.h, which does not have all of them.
struct FileSystem {
  std::uint32_t type;
  const char* name;
  StoreStatus::Place place;
};
constexpr std::array kFileSystems{
    FileSystem{0x01021994, "tmpfs", StoreStatus::Place::memory},
    FileSystem{0x858458f6, "ramfs", StoreStatus::Place::memory},
    FileSystem{0x6969, "NFS", StoreStatus::Place::network},
    FileSystem{0x517b, "SMB", StoreStatus::Place::network},
    FileSystem{0xfe534d42, "SMB", StoreStatus::Place::network},
    FileSystem{0xff534d42, "CIFS", StoreStatus::Place::network},
    FileSystem{0x00c36400, "Ceph", StoreStatus::Place::network},
    FileSystem{0x5346414f, "AFS", StoreStatus::Place::network},
    FileSystem{0x01021997, "9P", StoreStatus::Place::network},
};

void note_owner(const std::string& path, const os::UserAccount& account, StoreStatus& store) {
  struct ::stat status {};
  if (::lstat(path.c_str(), &status) != 0) return;
  if (status.st_uid != account.uid) {
    store.foreign.push_back({path, "belongs to " + os::name_of_user(status.st_uid)});
  } else if ((status.st_mode & 077U) != 0) {
    std::array<char, 8> mode{};
    std::snprintf(mode.data(), mode.size(), "%04o", status.st_mode & 07777U);
    store.foreign.push_back({path, std::string("is open to others (mode ") + mode.data() + ")"});
  }
}

}  // namespace

std::optional<StoreStatus> check_store(const config::Settings& settings) {
  StoreStatus store;
  store.folder = config::store_folder(settings);
  struct ::statfs system {};
  if (store.folder.empty() || ::statfs(store.folder.c_str(), &system) != 0) return std::nullopt;
  const auto type = static_cast<std::uint32_t>(system.f_type);
  const auto* known = std::ranges::find(kFileSystems, type, &FileSystem::type);
  if (known != kFileSystems.end()) {
    store.place = known->place;
    store.file_system = known->name;
  }
  const std::string records = store.folder + '/' + state::kRecordsName;
  store.account = settings.user;
  if (const auto account = os::find_user(settings.user)) {
    for (const std::string& path :
         {store.folder, store.folder + '/' + state::kSecretName, records, records + "-lock"}) {
      note_owner(path, *account, store);
    }
  }
  store.bytes = static_cast<std::uint64_t>(std::max<off_t>(os::identify_file(records).size, 0));
  store.max_bytes = settings.store.max_bytes;
  return store;
}

}  // namespace postern::doctor
