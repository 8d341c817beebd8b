#include "server/state/record_on_disk.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <exception>
#include <string_view>

#include "common/os/system_error.h"
#include "common/os/unique_fd.h"
#include "server/state/apart.h"
#include "server/state/key_hash.h"
#include "server/state/lmdb_file.h"
#include "server/state/lmdb_store.h"
#include "server/state/number_bytes.h"

namespace postern::state {
namespace {

constexpr std::chrono::seconds kMostReading{5};

// What the child says: a fact as numbers, or why there is none.
constexpr char kFact = 'f';
constexpr char kError = 'e';
constexpr std::size_t kFactBytes = 30;
constexpr std::size_t kMostTold = 512;  // a pipe takes it at once

void become_owner_of(const struct ::stat& folder) {
  if (::geteuid() != 0 || folder.st_uid == 0) return;
  if (::setgroups(0, nullptr) != 0 || ::setgid(folder.st_gid) != 0 ||
      ::setuid(folder.st_uid) != 0) {
    ::_exit(1);
  }
}

Result<StateFact> read_here(const std::string& folder, const StateKey& key) {
  const auto secret = os::read_secret_file(folder + '/' + kSecretName);
  if (!secret) return tl::unexpected(secret.error());
  const std::string path = folder + '/' + kRecordsName;
  const auto wrong = [&](int code) {
    return failure("cannot read " + path + ": " + lmdb_text(code));
  };
  auto file = LmdbFile::open(path, 0, LmdbFile::Access::read_only);
  if (!file) return wrong(file.error());
  const auto last = (*file)->clock();
  if (!last) return wrong(last.error());
  const auto record = (*file)->read(KeyHash(*secret)(key));
  if (!record) return wrong(record.error());
  StoreClock clock;
  if (*last) clock.go_on_from(**last);
  return fact_of(*record, clock.now());
}

std::string told(const std::string& folder, const StateKey& key) {
  const auto fact = read_here(folder, key);
  if (!fact) return kError + fact.error().text.substr(0, kMostTold - 1);
  const StateRecord& record = fact->record;
  NumberWriter out;
  out.number<1>(fact->status == StateFact::Status::found ? 1 : 0);
  out.number<8>(static_cast<std::uint64_t>(record.since_first.count()));
  out.number<8>(static_cast<std::uint64_t>(record.since_last.count()));
  out.number<1>(record.is_marked ? 1 : 0);
  out.number<4>(record.members);
  out.number<8>(static_cast<std::uint64_t>(record.debt.count()));
  return kFact + out.take();
}

// The child may have been taken over by what it has read.
Result<StateFact> fact_told(std::string_view text) {
  if (text.starts_with(kError)) return failure(std::string(text.substr(1)));
  if (!text.starts_with(kFact) || text.size() != 1 + kFactBytes) return failure("it is damaged");
  NumberReader in(text.substr(1));
  const auto duration = [&](auto unit) {
    using Duration = decltype(unit);
    const auto most =
        static_cast<std::uint64_t>(std::chrono::duration_cast<Duration>(kMaxKeep).count());
    return Duration(static_cast<std::int64_t>(std::min(in.number<8>(), most)));
  };
  if (in.number<1>() != 1) return StateFact{StateFact::Status::absent};
  StateFact fact{StateFact::Status::found};
  fact.record.since_first = duration(std::chrono::milliseconds{});
  fact.record.since_last = duration(std::chrono::milliseconds{});
  fact.record.is_marked = in.number<1>() != 0;
  fact.record.members =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(in.number<4>(), kMaxMembers));
  fact.record.debt = duration(std::chrono::microseconds{});
  return fact;
}

int tell(const std::string& folder, const StateKey& key, int to) {
  try {
    const std::string text = told(folder, key);
    return ::write(to, text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1;
  } catch (const std::exception&) {  // no memory
    return 1;
  }
}

}  // namespace

Result<StateFact> record_on_disk(const std::string& folder, const StateKey& key) {
  struct ::stat owned {};
  if (::stat(folder.c_str(), &owned) != 0) return os::system_failure("look at " + folder);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return os::system_failure("make a pipe");
  const os::UniqueFd from(ends[0]);
  const os::UniqueFd to(ends[1]);
  const int status = run_apart(kMostReading, [&] {
    become_owner_of(owned);
    return tell(folder, key, to.get());
  });
  std::array<char, kMostTold> text{};
  const ssize_t size = status == 0 ? ::read(from.get(), text.data(), text.size()) : 0;
  return fact_told({text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))})
      .map_error([&](const Error& error) {
        return Error{"cannot read " + folder + '/' + kRecordsName + ": " + error.text};
      });
}

}  // namespace postern::state
