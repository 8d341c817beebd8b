#include "rules/spf/received_spf.h"

#include <algorithm>

#include "common/base/concat.h"
#include "common/base/words.h"

namespace postern::spf {
namespace {

constexpr Word<SpfResult> kResults[] = {
    {"none", SpfResult::none},           {"neutral", SpfResult::neutral},
    {"pass", SpfResult::pass},           {"fail", SpfResult::fail},
    {"softfail", SpfResult::softfail},   {"temperror", SpfResult::temperror},
    {"permerror", SpfResult::permerror},
};

// With their backslashes; all of them together leave room for what else stands in a field, so that
// no quote is cut off.
constexpr std::size_t kMaxFieldValue = 160;
constexpr std::size_t kUsualField = 256;

// `key` with what is around it: `; helo="`. What may stand without quotes is not worth knowing: all
// of it may stand in them.
void append_quoted(std::string& field, std::string_view key, std::string_view value) {
  if (value.empty()) return;
  field += key;
  const std::size_t begin = field.size();
  const bool is_plain =
      value.find('"') == std::string_view::npos && value.find('\\') == std::string_view::npos;
  if (is_plain && value.size() <= kMaxFieldValue) {
    field.append(value) += '"';
    return;
  }
  for (const char c : value) {
    const bool is_escaped = c == '"' || c == '\\';
    if (field.size() - begin + (is_escaped ? 2 : 1) > kMaxFieldValue) break;
    if (is_escaped) field += '\\';
    field += c;
  }
  field += '"';
}

bool is_about_helo(const Transaction& transaction, Identity identity) {
  return identity == Identity::helo || (transaction.sender && transaction.sender->is_null());
}

}  // namespace

std::string_view to_string(SpfResult result) {
  return word_of(kResults, result);
}

std::string received_spf(const Transaction& transaction, Identity identity,
                         const Judgement& judgement) {
  std::string field;
  field.reserve(kUsualField);
  field += to_string(judgement.result);
  // A dot-atom has no colons.
  const std::string_view quote = transaction.client->is_v4() ? "" : "\"";
  field.append(" client-ip=").append(quote).append(transaction.client->to_string()).append(quote);
  append_quoted(field, "; envelope-from=\"", transaction.sender ? transaction.sender->text() : "");
  append_quoted(field, "; helo=\"", transaction.helo);
  field.append("; identity=").append(is_about_helo(transaction, identity) ? "helo" : "mailfrom");
  append_quoted(field, "; mechanism=\"", judgement.mechanism);
  append_quoted(field, "; problem=\"", judgement.problem);
  return field;
}

// What is no domain name is nobody's, and stands in no field that a filter trusts.
std::string auth_result(const Transaction& transaction, Identity identity,
                        const Judgement& judgement) {
  const std::string_view result = to_string(judgement.result);
  if (is_about_helo(transaction, identity)) {
    const auto helo = DomainName::parse(transaction.helo);
    return helo ? concat({"spf=", result, " smtp.helo=", helo->text()}) : concat({"spf=", result});
  }
  const std::string& domain = transaction.sender->domain().text();
  return concat({"spf=", result, domain.empty() ? "" : " smtp.mailfrom=", domain});
}

}  // namespace postern::spf
