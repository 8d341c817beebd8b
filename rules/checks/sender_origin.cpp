#include "rules/checks/sender_origin.h"

#include "rules/checks/client_name.h"
#include "rules/spf/spf_subject.h"

namespace postern::checks {

std::optional<SenderOrigin> sender_origin(const Transaction& transaction,
                                          const PublicSuffixes& suffixes, FactView& facts) {
  const auto subject = spf::subject_of(transaction, spf::Identity::mail_from);
  const auto spf = subject ? spf::judge(*subject, facts) : std::optional(spf::Judgement{});
  const auto name = look_up_client_name(*transaction.client, facts);
  if (!spf) return std::nullopt;
  if (spf->result == spf::SpfResult::pass && !spf->is_for_everybody) return SenderOrigin{"spf"};
  if (spf->result == spf::SpfResult::temperror) {
    return SenderOrigin{{}, "SPF of " + spf->domain + ": " + spf->problem};
  }
  if (!name) return std::nullopt;
  if (name->kind != ClientName::Kind::confirmed) return SenderOrigin{};
  const std::string_view domain = suffixes.registrable(name->text);
  // No name of one label can be taken for the word above.
  return SenderOrigin{domain.find('.') == std::string_view::npos ? "" : std::string(domain)};
}

}  // namespace postern::checks
