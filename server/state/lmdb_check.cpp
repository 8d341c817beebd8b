#include "server/state/lmdb_check.h"

#include <lmdb.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstring>

#include "server/state/apart.h"
#include "server/state/lmdb_file.h"

namespace postern::state {
namespace {

enum class ChildExit : int { sound = 0, damaged = 70, unknown = 71 };

constexpr MDB_dbi kFreeTable = 0;     // lists of pages that may be used anew
constexpr MDB_dbi kRecordsTable = 1;  // the unnamed one

// How many entries there are; below 0: the table is broken.
template <class IsSound>
long count_of(MDB_txn* txn, MDB_dbi table, const IsSound& is_sound) {
  MDB_cursor* cursor = nullptr;
  if (::mdb_cursor_open(txn, table, &cursor) != 0) return -1;
  MDB_val key{};
  MDB_val value{};
  long count = 0;
  int code = ::mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
  for (; code == 0; code = ::mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
    if (!is_sound(value)) return -1;
    ++count;
  }
  return code == MDB_NOTFOUND ? count : -1;
}

// As many page numbers as its first number says, each within the file.
bool is_page_list(const MDB_val& value, std::size_t last_page) {
  std::size_t number = 0;
  if (value.mv_size < sizeof number) return false;
  std::memcpy(&number, value.mv_data, sizeof number);
  const std::size_t held = value.mv_size / sizeof number - 1;
  if (number > held) return false;
  for (std::size_t i = 1; i <= number; ++i) {
    std::size_t page = 0;
    std::memcpy(&page, static_cast<const char*>(value.mv_data) + i * sizeof page, sizeof page);
    if (page > last_page) return false;
  }
  return true;
}

unsigned byte_sum(const MDB_val& value) {
  unsigned sum = 0;
  for (std::size_t i = 0; i < value.mv_size; ++i) {
    sum += static_cast<const unsigned char*>(value.mv_data)[i];
  }
  return sum;
}

ChildExit check_here(const char* path) {
  MDB_env* env = nullptr;
  if (::mdb_env_create(&env) != 0) return ChildExit::unknown;
  int code = ::mdb_env_open(env, path, MDB_NOSUBDIR | MDB_NOTLS | MDB_RDONLY, 0600);
  MDB_txn* txn = nullptr;
  if (code == 0) code = ::mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn);
  MDB_dbi table = 0;
  if (code == 0) code = ::mdb_dbi_open(txn, nullptr, 0, &table);
  if (code != 0) return is_damage(code) ? ChildExit::damaged : ChildExit::unknown;
  MDB_stat stat{};
  MDB_envinfo info{};
  if (::mdb_env_info(env, &info) != 0 || ::mdb_stat(txn, kRecordsTable, &stat) != 0) {
    return ChildExit::unknown;
  }
  volatile unsigned sum = 0;  // so that every page is read
  const long records = count_of(txn, kRecordsTable, [&](const MDB_val& value) {
    sum = sum + byte_sum(value);
    return true;
  });
  const long lists = count_of(txn, kFreeTable, [&](const MDB_val& value) {
    return is_page_list(value, info.me_last_pgno);
  });
  const bool sound =
      records >= 0 && lists >= 0 && static_cast<std::size_t>(records) == stat.ms_entries;
  ::mdb_txn_abort(txn);  // gives back its place in the table of readers
  ::mdb_env_close(env);
  return sound ? ChildExit::sound : ChildExit::damaged;
}

}  // namespace

FileHealth check_lmdb_file(const std::string& path, std::chrono::seconds most) {
  if (::access(path.c_str(), F_OK) != 0) return FileHealth::sound;
  const int status = run_apart(most, [&] { return static_cast<int>(check_here(path.c_str())); });
  if (status < 0) return FileHealth::unknown;
  if (WIFSIGNALED(status)) {
    const int number = WTERMSIG(status);
    const bool is_of_the_file =
        number == SIGABRT || number == SIGBUS || number == SIGSEGV || number == SIGFPE;
    return is_of_the_file ? FileHealth::damaged : FileHealth::unknown;
  }
  switch (static_cast<ChildExit>(WEXITSTATUS(status))) {
    case ChildExit::sound:
      return FileHealth::sound;
    case ChildExit::unknown:
      return FileHealth::unknown;
    case ChildExit::damaged:
      break;
  }
  return FileHealth::damaged;
}

}  // namespace postern::state
