#include "server/journal/hidden_local_parts.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <optional>
#include <span>

#include "common/base/ascii_case.h"
#include "common/base/hex.h"

namespace postern::journal {
namespace {

constexpr std::size_t kHashBytes = 8;

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

// Without an `@` it may be a user.
void hide_part(std::string& part, LocalParts how, const LocalPartHash* hash) {
  const std::size_t at = std::min(part.rfind('@'), part.size());
  const std::string hidden_part = hidden(part.substr(0, at), how, hash);
  part.replace(0, at, hidden_part.empty() ? "-" : hidden_part);
}

}  // namespace

std::string LocalPartHash::operator()(std::string_view local_part) const {
  const std::string lower = ascii_lower(local_part);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  ::HMAC(::EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
         reinterpret_cast<const unsigned char*>(lower.data()), lower.size(), digest.data(),
         nullptr);
  return hex_of(std::span(digest).first<kHashBytes>());
}

Result<LocalPartHash::Key> local_part_key(const std::string& folder) {
  return os::secret_in_file(folder, "key");
}

void hide_local_parts(JournalRecord& record, LocalParts how, const LocalPartHash* hash) {
  record.local_parts = how;
  if (how == LocalParts::keep) return;
  Transaction& transaction = record.transaction;
  if (transaction.sender) hide(*transaction.sender, how, hash);
  if (transaction.recipient) hide(*transaction.recipient, how, hash);
  for (MailAddress& recipient : record.recipients.each) hide(recipient, how, hash);
  if (!transaction.sasl_username.empty()) hide_part(transaction.sasl_username, how, hash);
  const auto hide_key = [&](StateKey& key) {
    for (std::string& part : key.parts) hide_part(part, how, hash);
  };
  for (StateEvidence& evidence : record.state) hide_key(evidence.key);
  for (Effect& effect : record.effects) {
    hide_key(effect.key);
    if (auto* add = std::get_if<Add>(&effect.what)) hide_part(add->member, how, hash);
  }
  std::string& entry = record.verdict.entry.entry;
  if (const std::size_t at = entry.rfind('@'); at != std::string::npos) {
    entry.replace(0, at, hidden(entry.substr(0, at), how, hash));
  }
}

}  // namespace postern::journal
