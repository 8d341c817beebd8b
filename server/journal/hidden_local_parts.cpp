#include "server/journal/hidden_local_parts.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <span>

#include "common/base/ascii_case.h"
#include "common/os/random_bytes.h"
#include "common/os/system_error.h"
#include "common/os/unique_fd.h"

namespace postern::journal {
namespace {

constexpr std::size_t kHashBytes = 8;

// Nothing where there is no whole key.
std::optional<LocalPartHash::Key> read_key(const std::string& path) {
  const os::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  LocalPartHash::Key key{};
  if (!fd.is_open()) return std::nullopt;
  const ssize_t got = ::read(fd.get(), key.data(), key.size());
  if (got != static_cast<ssize_t>(key.size())) return std::nullopt;
  return key;
}

// Whole or not at all: the other daemon may do the same.
Result<void> make_key(const std::string& path) {
  const std::string beside = path + "." + std::to_string(::getpid());
  LocalPartHash::Key key{};
  if (!os::fill_random(std::as_writable_bytes(std::span(key)))) {
    return failure("there are no random bytes for " + path);
  }
  const os::UniqueFd fd(
      ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  const bool made = fd.is_open() &&
                    ::write(fd.get(), key.data(), key.size()) == static_cast<ssize_t>(key.size()) &&
                    ::fsync(fd.get()) == 0 &&
                    (::link(beside.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const int error = errno;
  ::unlink(beside.c_str());
  if (!made) return os::system_failure("make " + path, error);
  return {};
}

std::string hidden(std::string_view local_part, LocalParts how, const LocalPartHash* hash) {
  return how == LocalParts::hash ? (*hash)(local_part) : std::string();
}

void hide(MailAddress& address, LocalParts how, const LocalPartHash* hash) {
  if (address.is_null()) return;
  const std::string local_part = hidden(address.untagged_local_part(), how, hash);
  const std::string& text = address.text();
  const bool has_domain = address.kind() != MailAddress::Kind::local_only;
  address = MailAddress::from_parts(
      local_part, has_domain ? std::optional(std::string_view(text).substr(text.rfind('@') + 1))
                             : std::nullopt);
}

}  // namespace

std::string LocalPartHash::operator()(std::string_view local_part) const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const std::string lower = ascii_lower(local_part);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  ::HMAC(::EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
         reinterpret_cast<const unsigned char*>(lower.data()), lower.size(), digest.data(),
         nullptr);
  std::string text;
  for (const unsigned char byte : std::span(digest).first<kHashBytes>()) {
    text += {kDigits[byte >> 4U], kDigits[byte & 0xfU]};
  }
  return text;
}

Result<LocalPartHash::Key> local_part_key(const std::string& folder) {
  const std::string path = folder + "/key";
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return os::system_failure("make the folder " + folder);
  }
  if (const auto key = read_key(path)) return *key;
  if (auto made = make_key(path); !made) return tl::unexpected(made.error());
  if (const auto key = read_key(path)) return *key;
  return failure("found no key of 32 bytes in " + path);
}

void hide_local_parts(JournalRecord& record, LocalParts how, const LocalPartHash* hash) {
  record.local_parts = how;
  if (how == LocalParts::keep) return;
  Transaction& transaction = record.transaction;
  if (transaction.sender) hide(*transaction.sender, how, hash);
  if (transaction.recipient) hide(*transaction.recipient, how, hash);
  for (MailAddress& recipient : record.recipients.each) hide(recipient, how, hash);
  std::string& user = transaction.sasl_username;
  if (!user.empty()) user = how == LocalParts::hash ? (*hash)(user) : "-";
  std::string& entry = record.verdict.entry.entry;
  if (const std::size_t at = entry.rfind('@'); at != std::string::npos) {
    entry.replace(0, at, hidden(entry.substr(0, at), how, hash));
  }
}

}  // namespace postern::journal
