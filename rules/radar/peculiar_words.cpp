#include "rules/radar/peculiar_words.h"

#include <cstddef>

namespace postern::radar {
namespace {

constexpr std::string_view kUsualLabels =
    "a alert alerts app b billing blog bnc bounce bounces c campaign click cloud cmail comms "
    "communication contact crm customer data delivery digest dispatch e ecm edm em email "
    "emailing emails emarketing enews envelope envoi errors eu events feedback forum from go "
    "groups gw h help host hq i id inbound info infos int intern invoice kunden link links "
    "list listen lists local login m mail mailer mailgun mailing mailings mailout mails "
    "marketing md media member members message messages mg mktg mm ms mta mx my n net new "
    "news newsletter newsletters nl noreply notice notification notifications notify ns "
    "offers office online order orders out outbound pm pop post promo r reply response return "
    "returns rp s sales secure send sender sendgrid server service services sg shop site smtp "
    "srv srs staff status store support system t team track tx uk update updates us users vps "
    "web webmail ws www x";

constexpr std::string_view kRoles =
    "abuse accounting accounts admin administrator alert alerts apache billing bounce bounces "
    "buero contact contacto daemon donotreply email feedback finance hello help helpdesk "
    "hostmaster hr info invoice invoices jobs kontakt list mail mailer mailer-daemon mailing "
    "mailman marketing me media news newsletter newsletters no-reply no.reply no_reply nobody "
    "noreply notice notification notifications notify office order orders post postmaster "
    "press reply return root sales security service services shop store subscribe support "
    "system team test unsubscribe update updates user web webmaster www www-data";

// Whether `word` is one of `words`, which have a blank between.
bool has(std::string_view words, std::string_view word) {
  for (std::size_t at = words.find(word); at != std::string_view::npos;
       at = words.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool begins = at == 0 || words[at - 1] == ' ';
    if (begins && (end == words.size() || words[end] == ' ')) return true;
  }
  return false;
}

}  // namespace

std::string_view peculiar_label(std::string_view domain, std::string_view registrable) {
  if (domain.size() <= registrable.size()) return {};
  const std::string_view label = domain.substr(0, domain.find('.'));
  const std::size_t end = label.find_last_not_of("0123456789-");
  // `mta3` is as usual as `mta`; digits alone are no word.
  if (end == std::string_view::npos || has(kUsualLabels, label.substr(0, end + 1))) return {};
  return label;
}

std::string_view peculiar_local_part(std::string_view local, std::string_view recipient) {
  const bool is_made = local.find_first_of("0123456789=+") != std::string_view::npos;
  if (local.size() < 2 || is_made || has(kRoles, local)) return {};
  return local == recipient.substr(0, recipient.rfind('@')) ? std::string_view() : local;
}

std::string_view peculiar_helo(std::string_view helo) {
  return helo.starts_with('[') ? std::string_view() : helo;
}

}  // namespace postern::radar
