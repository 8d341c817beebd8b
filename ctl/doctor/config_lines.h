// Logical lines of a mail server's configuration file: main.cf, master.cf and sendmail.cf agree on
// them. A line that begins with a blank goes on with the one before; blank lines and those that
// begin with `#` say nothing. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postern::doctor {

// What is longer is not looked at: real ones have some hundred kilobytes.
inline constexpr std::size_t kMaxConfigText = std::size_t{1} << 20;

struct ConfigText {
  std::string text;
  std::string name;  // what a person is told: a path, or `main.cf` for what a program wrote
  // Whether its lines are those that a person edits.
  enum class Lines { of_a_file, of_a_program } lines = Lines::of_a_file;
};

struct ConfigLine {
  int number = 0;  // of its first line, from 1
  std::string text;
};

std::vector<ConfigLine> config_lines(std::string_view text);

// Without blanks at both ends.
std::string_view without_blanks(std::string_view text);

// Where a setting stands, for a person.
struct ConfigPlace {
  std::string file;
  int line = 0;         // 0: not known, or of no use
  std::string setting;  // `smtpd_milters`, `smtp/inet/smtpd_milters`, `Xpostern`
  // `main.cf:12: smtpd_milters`
  [[nodiscard]] std::string to_string() const;
  friend auto operator<=>(const ConfigPlace&, const ConfigPlace&) = default;
};

ConfigPlace place_in(const ConfigText& text, int line, std::string setting);

// What kind of configuration a text is, for a person who hands in the wrong file.
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
