#include "rules/spf/spf_subject.h"

#include <utility>

namespace postern::spf {
namespace {

constexpr std::string_view kPostmaster = "postmaster";
// More than a local part and a name have (RFC 5321 4.5.3.1): macros repeat what is a stranger's.
constexpr std::size_t kMaxText = 256;

void keep_end(std::string& text) {
  if (text.size() > kMaxText) text.erase(0, text.size() - kMaxText);
}

}  // namespace

std::optional<Subject> subject_of(const Transaction& transaction, Identity identity) {
  Subject subject;
  subject.client = *transaction.client;
  subject.helo = transaction.helo;
  if (identity == Identity::helo || transaction.sender->is_null()) {
    subject.domain = DomainName::parse(transaction.helo).value_or(DomainName());
    subject.asker = Asker::client;
  } else {
    subject.local_part = transaction.sender->local_part();
    subject.domain = transaction.sender->domain();
  }
  if (subject.local_part.empty()) subject.local_part = kPostmaster;
  keep_end(subject.local_part);
  keep_end(subject.helo);
  if (subject.domain.text().find('.') == std::string::npos) return std::nullopt;
  return subject;
}

}  // namespace postern::spf
