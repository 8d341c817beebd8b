#include "rules/spf/received_spf.h"

#include <algorithm>

#include "common/base/words.h"

namespace postern::spf {
namespace {

constexpr Word<SpfResult> kResults[] = {
    {"none", SpfResult::none},           {"neutral", SpfResult::neutral},
    {"pass", SpfResult::pass},           {"fail", SpfResult::fail},
    {"softfail", SpfResult::softfail},   {"temperror", SpfResult::temperror},
    {"permerror", SpfResult::permerror},
};

// All of them together leave room for what else stands in a field.
constexpr std::size_t kMaxFieldValue = 160;

// What may stand without quotes is not worth knowing: all of it may stand in them.
void append_quoted(std::string& field, std::string_view key, std::string_view value) {
  if (value.empty()) return;
  field.append("; ").append(key).append("=\"");
  for (const char c : value.substr(0, kMaxFieldValue)) {
    if (c == '"' || c == '\\') field += '\\';
    field += c;
  }
  field += '"';
}

}  // namespace

std::string_view to_string(SpfResult result) {
  return word_of(kResults, result);
}

std::string received_spf(const Transaction& transaction, Identity identity,
                         const Judgement& judgement) {
  std::string field(to_string(judgement.result));
  field.append(" client-ip=").append(transaction.client->to_string());
  append_quoted(field, "envelope-from", transaction.sender ? transaction.sender->text() : "");
  append_quoted(field, "helo", transaction.helo);
  const bool is_helo =
      identity == Identity::helo || (transaction.sender && transaction.sender->is_null());
  field.append("; identity=").append(is_helo ? "helo" : "mailfrom");
  append_quoted(field, "mechanism", judgement.mechanism);
  append_quoted(field, "problem", judgement.problem);
  return field;
}

}  // namespace postern::spf
