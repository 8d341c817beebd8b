// What kind of configuration a text is, for who hands in the wrong file. Pure.
#pragma once

#include <string>
#include <string_view>

namespace postern::doctor {

enum class MtaTextKind {
  unknown,
  main_cf,      // of Postfix, or what postconf -n writes
  master_cf,    // or what postconf -M writes
  sendmail_cf,  // what sendmail reads
  sendmail_mc,  // the m4 source that sendmail.cf is made of
};

MtaTextKind kind_of_mta_text(std::string_view text);

// `the m4 source (.mc) that sendmail.cf is made of`
std::string_view to_string(MtaTextKind kind);

}  // namespace postern::doctor
