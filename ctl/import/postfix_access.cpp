// access(5) in an indexed table (hash, lmdb, texthash): Postfix looks up one key after the other
// and takes the first that it finds.
//   a client:    its name and the names above it, its address and the networks around it
//   a name:      itself, the names above it
//   an address:  user@domain, domain and the names above it, user@
// and with a recipient_delimiter, each time behind it, what is left without the detail:
//                user+detail@domain, user@domain, domain ..., user+detail@, user@
#include <algorithm>
#include <array>
#include <optional>

#include "common/base/ascii_case.h"
#include "common/base/domain_name.h"
#include "ctl/import/access_table.h"
#include "ctl/import/address_word.h"
#include "ctl/import/formats.h"
#include "ctl/import/postfix_lines.h"
#include "ctl/import/postfix_result.h"
#include "ctl/import/postfix_use.h"
#include "ctl/import/re2_pattern.h"

namespace postern::import {
namespace {

// postconf(5): parent_domain_matches_subdomains, with and without smtpd_access_maps.
enum class Below { by_name, by_dot };

constexpr std::array<std::string_view, 6> kKeysAbout = {
    "client", "client_name", "reverse_client_name", "helo", "sender", "recipient"};

// More expressions than this for user+detail would cost more than they are worth.
constexpr std::size_t kMaxWithDetail = 500;

// Where a key belongs, or why nowhere.
struct Placed {
  std::size_t step = 0;
  std::string value;
};

class AccessTable {
 public:
  AccessTable(const ImportRequest& request, Below below)
      : request_(request),
        about_(request.about.empty() ? about_from_name(request.file) : request.about),
        below_(below),
        log_(request),
        outcomes_([context = ResultContext::of(about_, ResultContext::Substitution::none)](
                      std::string_view text) { return read_postfix_result(text, context); },
                  log_),
        keys_(steps_for(about_, request.recipient_delimiter.value_or("")), log_) {}

  Imported run() {
    const std::vector<TableLine> lines = postfix_lines(request_.text, log_);
    Imported imported;
    if (const std::string why = why_about_servers(request_); !why.empty()) {
      log_.refuse_all(lines, why);
    } else if (std::find(kKeysAbout.begin(), kKeysAbout.end(), about_) == kKeysAbout.end()) {
      log_.refuse_all(lines,
                      "the table does not say what its keys are compared with; want "
                      "--about client, client_name, reverse_client_name, helo, sender or "
                      "recipient");
    } else {
      for (const TableLine& line : lines) read(line);
      say_what_delimiter_does();
      add_table(request_.name, keys_.steps(), imported);
    }
    log_.finish(imported);
    return imported;
  }

 private:
  enum AddressStep : std::size_t { full_address, address_detail, domain, local_part, local_detail };
  enum ClientStep : std::size_t { no_name, name, network };

  static std::vector<TableStep> steps_for(const std::string& about, const std::string& delimiter) {
    if (about == "sender" || about == "recipient") {
      std::vector<Guard> splits;  // split_addr.c: owner-list and list-request are whole names
      if (delimiter.find('-') != std::string::npos) {
        splits = {{about, "~^owner-", Guard::Holds::no}, {about, "~.-request@", Guard::Holds::no}};
      }
      return {{"addresses", about, lists::ListKind::address, {}, {}},
              {"addresses-detail", about, lists::ListKind::address, {}, splits},
              {"domains", about + "_domain", lists::ListKind::domain, {}, {}},
              {"users", about, lists::ListKind::address, {}, {}},
              {"users-detail", about, lists::ListKind::address, {}, splits}};
    }
    const std::string names = about == "client" ? "client_name" : about;
    return {{"unknown", {}, lists::ListKind::domain, {}, {{names, "~.", Guard::Holds::no}}},
            {"names", names, lists::ListKind::domain, {}, {}},
            {"networks", "client", lists::ListKind::network, {}, {}}};
  }

  [[nodiscard]] bool is_about_address() const {
    return about_ == "sender" || about_ == "recipient";
  }

  // Postfix looks up the name, then the address.
  [[nodiscard]] bool is_about_client() const {
    return about_ == "client" || about_ == "reverse_client_name";
  }

  void read(const TableLine& line) {
    const WordAndRest words = cut_word(line.text);
    const std::string key = ascii_lower(words.word);
    if (words.rest.empty()) {
      log_.refuse(line, words.word, "no action behind the key");
      return;
    }
    if (const std::string why = why_never_found(key); !why.empty()) {
      log_.leave_idle(line, words.word, why);
      return;
    }
    const Outcome outcome = outcomes_.read(line, words.rest);
    const auto placed = is_about_address() ? place_address(key) : place_name(key);
    if (placed) {
      add(line, words.word, *placed, outcome);
      if (is_about_address()) add_detail(line, words.word, key, outcome);
      if (const auto groups = also_groups(key)) add(line, words.word, *groups, outcome);
    } else if (const auto meant = ipv6_groups(key, Ipv6Text::any); may_be_wider(outcome) && meant) {
      log_.warn(line, words.word,
                placed.error().text + "; imported for all of them, since it lets mail in");
      add(line, words.word, {network, *meant}, outcome);
    } else {
      log_.refuse(line, words.word, placed.error().text + what_it_leaves(outcome));
    }
  }

  // Postfix looks one and the same key up as a name and as the beginning of an address: `fd00` is
  // both. Groups of fewer digits begin no address that a client has.
  [[nodiscard]] std::optional<Placed> also_groups(const std::string& key) const {
    constexpr std::size_t kGroupOfClients = 4;
    if (!is_about_client() || key.size() != kGroupOfClients ||
        key.find_first_of(".:") != std::string::npos) {
      return std::nullopt;
    }
    const auto groups = ipv6_groups(key, Ipv6Text::compressed);
    return groups ? std::optional(Placed{network, *groups}) : std::nullopt;
  }

  // `user@domain` is also found for user+detail@domain, and `user@` for user+detail@, where
  // recipient_delimiter is set.
  void add_detail(const TableLine& line, std::string_view part, const std::string& key,
                  const Outcome& outcome) {
    const std::size_t at = key.rfind('@');
    if (at == std::string::npos || at == 0) return;
    if (!request_.recipient_delimiter) {
      if (++may_have_detail_ == 1) first_with_detail_ = line;
      return;
    }
    const std::string& delimiter = *request_.recipient_delimiter;
    if (delimiter.empty() || key.find_first_of(delimiter) < at) return;
    if (++details_ > kMaxWithDetail) {
      log_.refuse(line, part,
                  "more than " + std::to_string(kMaxWithDetail) +
                      " addresses that are to be found with a detail; this one is found "
                      "without");
      return;
    }
    const std::string user = "~^" + literal_pattern(key.substr(0, at)).substr(1) + "[" +
                             escaped_for_bracket(delimiter) + "].*@";
    if (at + 1 == key.size()) {
      add(line, part, {local_detail, user}, outcome);
    } else {
      const std::string of = normalised(key).substr(at + 1);
      add(line, part, {address_detail, user + literal_pattern(of).substr(1) + "$"}, outcome);
    }
  }

  static std::string escaped_for_bracket(const std::string& characters) {
    std::string result;
    for (char c : characters) result += std::string("\\") + c;
    return result;
  }

  void say_what_delimiter_does() {
    if (may_have_detail_ == 0) return;
    log_.warn(first_with_detail_, first_with_detail_.text,
              "where recipient_delimiter is set (Debian sets it to +), Postfix finds this key "
              "for user+detail, too; it and others like it (" +
                  std::to_string(may_have_detail_) +
                  " in all) are imported as if it were not: say what 'postconf "
                  "recipient_delimiter' says with --recipient-delimiter, '' for nothing");
  }

  // Whether a key of a client may stand for more addresses than it does in Postfix.
  [[nodiscard]] bool may_be_wider(const Outcome& outcome) const {
    return is_about_client() && outcome.severity() == 0;
  }

  void add(const TableLine& line, std::string_view key, const Placed& placed,
           const Outcome& outcome) {
    const lists::ListKind kind = keys_.steps()[placed.step].kind;
    const std::string fault = placed.value.empty() ? "" : value_fault(kind, placed.value);
    if (fault.empty()) {
      keys_.add(placed.step, placed.value, outcome, line);
    } else {
      log_.refuse(line, key, fault + what_it_leaves(outcome));
    }
  }

  [[nodiscard]] std::string why_never_found(const std::string& key) const {
    if (is_about_address() && key.starts_with('@')) {
      return "Postfix never looks up '@domain' in an access table; it means 'domain' there";
    }
    if (below_ == Below::by_name && key.starts_with('.')) {
      return "Postfix never looks this up as long as parent_domain_matches_subdomains has "
             "smtpd_access_maps, its default; where yours has not, want --format "
             "postfix-access-dotted";
    }
    return {};
  }

  Result<Placed> place_address(const std::string& key) const {
    if (key == "<>" && about_ == "sender") return Placed{full_address, key};
    if (key.ends_with('@')) return Placed{local_part, key};
    if (key.find("@[") != std::string::npos) {
      return Placed{full_address, "~^" + literal_pattern(key).substr(1) + "$"};
    }
    if (key.find('@') != std::string::npos) return Placed{full_address, normalised(key)};
    return domain_value(key).map([](std::string value) {
      return Placed{domain, std::move(value)};
    });
  }

  Result<Placed> place_name(const std::string& key) const {
    if (key == "unknown" && about_ != "helo") return Placed{no_name, {}};
    if (is_about_client() && looks_like_octets(key)) {
      return network_of(key).map([](std::string value) {
        return Placed{network, std::move(value)};
      });
    }
    if (about_ == "helo" && key.starts_with('[') && key.ends_with(']')) {
      return Placed{name, "~^" + literal_pattern(key).substr(1) + "$"};
    }
    return domain_value(key).map([](std::string value) { return Placed{name, std::move(value)}; });
  }

  // Postfix does not look for what stands above a name that is an IPv4 address.
  [[nodiscard]] Result<std::string> domain_value(const std::string& key) const {
    const bool dotted = key.starts_with('.');
    const auto parsed = DomainName::parse(std::string_view(key).substr(dotted ? 1 : 0));
    if (!parsed || key.ends_with('.')) {
      return failure("'" + key + "' is no name" + (parsed ? "" : " (" + parsed.error().text + ")"));
    }
    const std::string& text = parsed->text();
    const std::string last = text.substr(text.rfind('.') + 1);
    const bool numeric = last.find_first_not_of("0123456789") == std::string::npos;
    if (numeric && !IpAddress::parse(text)) {
      return failure("'" + key +
                     "' ends in a number and is no address: what it would match are "
                     "parts of addresses, which Postfix does not look for");
    }
    if (below_ == Below::by_name) return "." + text;
    return dotted ? "*." + text : text;
  }

  // A number of four digits is no octet.
  static Result<std::string> network_of(const std::string& key) {
    const bool v6 = key.find(':') != std::string::npos ||
                    (key.size() == 4 && key.find('.') == std::string::npos);
    return v6 ? ipv6_groups(key, Ipv6Text::compressed) : ipv4_octets(key);
  }

  static std::string normalised(const std::string& key) {
    const std::size_t at = key.rfind('@');
    const auto parsed = DomainName::parse(std::string_view(key).substr(at + 1));
    return parsed ? key.substr(0, at + 1) + parsed->text() : key;
  }

  const ImportRequest& request_;
  std::string about_;
  Below below_;
  ImportLog log_;
  OutcomeReader outcomes_;
  KeySteps keys_;
  std::size_t details_ = 0;
  std::size_t may_have_detail_ = 0;
  TableLine first_with_detail_;
};

}  // namespace

Imported import_postfix_access(const ImportRequest& request) {
  return AccessTable(request, Below::by_name).run();
}

Imported import_postfix_access_dotted(const ImportRequest& request) {
  return AccessTable(request, Below::by_dot).run();
}

}  // namespace postern::import
