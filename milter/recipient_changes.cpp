#include "milter/recipient_changes.h"

#include <algorithm>

namespace postern::milter {
namespace {

constexpr std::size_t kMaxCopies = 100;

void add_once(std::vector<std::string>& addresses, std::string_view address) {
  if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
    addresses.emplace_back(address);
  }
}

}  // namespace

void RecipientChanges::take(std::string_view told, std::size_t key, std::string_view to,
                            Capture capture) {
  Recipient& recipient = recipients_.emplace_back(Recipient{std::string(told), key, {}, capture});
  kept_bytes_ += sizeof(Recipient) + told.size();
  redirect(recipient, to);
}

void RecipientChanges::redirect(Recipient& recipient, std::string_view to) {
  if (recipient.to.empty() && recipient.capture == Capture::may) recipient.to = to;
}

void RecipientChanges::redirect(std::size_t key, std::string_view to) {
  for (Recipient& recipient : recipients_) {
    if (recipient.key == key) redirect(recipient, to);
  }
}

void RecipientChanges::redirect_all(std::string_view to) {
  for (Recipient& recipient : recipients_) redirect(recipient, to);
}

void RecipientChanges::copy(std::string_view to) {
  if (copies_.size() < kMaxCopies) add_once(copies_, to);
}

void RecipientChanges::clear() {
  recipients_.clear();
  copies_.clear();
  kept_bytes_ = 0;
}

std::vector<std::string> RecipientChanges::removed() const {
  std::vector<std::string> removed;
  for (const Recipient& recipient : recipients_) {
    if (!recipient.to.empty()) add_once(removed, recipient.told);
  }
  return removed;
}

std::vector<std::string> RecipientChanges::redirects() const {
  std::vector<std::string> addresses;
  for (const Recipient& recipient : recipients_) {
    if (!recipient.to.empty()) add_once(addresses, recipient.to);
  }
  return addresses;
}

}  // namespace postern::milter
