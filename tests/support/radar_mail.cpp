#include "tests/support/radar_mail.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <sstream>

#include "common/base/ascii_case.h"
#include "rules/radar/pool_keys.h"

namespace postern::radar::test {
namespace {

constexpr std::chrono::hours kDay{24};

template <class... Numbers>
std::string text_of(const char* format, Numbers... numbers) {
  std::array<char, 128> buffer{};
  const int length = std::snprintf(buffer.data(), buffer.size(), format, numbers...);
  return {buffer.data(), static_cast<std::size_t>(length)};
}

std::uint32_t below(std::mt19937_64& random, std::uint32_t end) {
  return static_cast<std::uint32_t>(random() % end);
}

// `Oct 22 02:13:42` or `2023-03-14T00:08:33.5+01:00`; zone and year are no matter here.
UtcTime time_of(const std::string& text) {
  std::tm parts{};
  parts.tm_year = 115;
  const bool iso = !text.empty() && text[0] >= '0' && text[0] <= '9';
  ::strptime(text.c_str(), iso ? "%Y-%m-%dT%H:%M:%S" : "%b %d %H:%M:%S", &parts);
  return UtcTime(std::chrono::seconds(::timegm(&parts)));
}

Outcome outcome_of(const std::string& word, const std::string& reason) {
  if (word == "ACCEPT") return Outcome::accepted;
  const bool for_helo = reason.find("Helo command rejected") != std::string::npos;
  return reason.starts_with('5') || for_helo ? Outcome::refused : Outcome::deferred;
}

std::string known(const std::string& text) {
  return text == "-" || text == "unknown" ? std::string() : ascii_lower(text);
}

}  // namespace

UtcTime first_day() {
  return parse_expiry("2026-01-01T00:00:00Z").value();
}

KeyedHash::Secret secret_of(std::uint64_t number) {
  KeyedHash::Secret secret{};
  std::mt19937_64 random(number);
  for (unsigned char& byte : secret) byte = static_cast<unsigned char>(random());
  return secret;
}

std::vector<Mail> read_envelopes(std::string_view text) {
  std::vector<Mail> all;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) continue;
    std::vector<std::string> cells;
    std::istringstream row(line);
    for (std::string cell; std::getline(row, cell, '\t');) cells.push_back(cell);
    if (cells.size() < 10) continue;
    const auto client = IpAddress::parse(cells[5]);
    if (!client || cells[5].starts_with("127.")) continue;
    const std::string sender = ascii_lower(cells[7]);
    const std::size_t at = sender.rfind('@');
    all.push_back({.time = time_of(cells[0]),
                   .client = *client,
                   .client_name = known(cells[4]),
                   .helo = known(cells[6]),
                   .local = sender.substr(0, at),
                   .domain = at == std::string::npos ? "" : sender.substr(at + 1),
                   .recipient = ascii_lower(cells[8]),
                   .outcome = outcome_of(cells[1], cells[9])});
  }
  return all;
}

// ---- legitimate mail
// ------------------------------------------------------------------------------

namespace {

constexpr std::uint32_t kBigProvider = 100;
constexpr std::uint32_t kSecondProvider = 128;
constexpr std::uint32_t kMailers = 60;
constexpr std::uint32_t kMailerNetworks = 4;
constexpr std::size_t kDomainsOfHosting = 20;  // one network for so many domains, wherever they are
// Where the networks of each begin, as the upper 24 bits of an address.
constexpr std::uint32_t kBigAt = 40U << 16U;
constexpr std::uint32_t kSecondAt = 41U << 16U;
constexpr std::uint32_t kMailersAt = 42U << 16U;
constexpr std::uint32_t kHostingAt = 43U << 16U;
constexpr std::uint32_t kAloneAt = 60U << 16U;

enum HomeKind { big, second, mailer, hosted_own, hosted_none, hosted_name, hosted_digits, alone };

}  // namespace

LegitimateMail::LegitimateMail(std::uint64_t seed, std::size_t domains) : random_(seed) {
  double sum = 0;
  for (std::size_t rank = 0; rank < domains; ++rank) {
    popularity_.push_back(sum += 1 / std::pow(static_cast<double>(rank) + 10, 1.1));
  }
  std::uniform_real_distribution<double> unit(0, 1);
  for (std::uint32_t network = 0; network < domains / kDomainsOfHosting; ++network) {
    // Pareto(1.1): most hold a few domains, some very many.
    const double size = std::min(2000.0, std::pow(1 - unit(random_), -1 / 1.1));
    hosting_.insert(hosting_.end(), static_cast<std::size_t>(size), network);
  }
  for (std::size_t domain = 0; domain < domains; ++domain) place(domain);
}

void LegitimateMail::place(std::size_t domain) {
  const std::uint32_t part = below(random_, 100);
  const std::uint32_t address = 1 + below(random_, 254);
  if (part < 35) {
    homes_.push_back({kBigAt, kBigProvider, 0, "mail-out.big-provider.example", big});
  } else if (part < 50) {
    homes_.push_back({kSecondAt, kSecondProvider, 0, "out.second-provider.example", second});
  } else if (part < 65) {
    const std::uint32_t number = below(random_, kMailers);
    homes_.push_back({kMailersAt + number * kMailerNetworks, kMailerNetworks, 0,
                      text_of("mta.mailer%u.example", number), mailer});
  } else if (part < 90) {
    const std::uint32_t network =
        hosting_[below(random_, static_cast<std::uint32_t>(hosting_.size()))];
    const std::uint32_t name = below(random_, 100);
    const auto home = [&](std::string host, HomeKind kind) {
      homes_.push_back({kHostingAt + network, 1, address, std::move(host), kind});
    };
    if (name < 35) {
      home(text_of("mail.d%zu.example", domain), hosted_own);
    } else if (name < 50) {
      home({}, hosted_none);
    } else if (name < 75) {
      home(text_of("server.hoster%u.example", network), hosted_name);
    } else {
      home({}, hosted_digits);
    }
  } else {
    homes_.push_back({kAloneAt + static_cast<std::uint32_t>(domain), 1, address,
                      text_of("mx.d%zu.example", domain), alone});
  }
}

void LegitimateMail::write_client(Mail& mail, const Home& home) {
  const std::uint32_t network = home.first_network + below(random_, home.networks);
  const std::uint32_t address = home.address != 0 ? home.address : 1 + below(random_, 254);
  mail.client = IpAddress::from_v4(network << 8U | address);
  mail.client_name = home.name;
  if (home.kind == hosted_digits) {
    mail.client_name = text_of("h%u-%u.hoster%u.example", network & 0xffU, address, network);
  }
}

void LegitimateMail::day(int number, int messages, const std::function<void(const Mail&)>& take) {
  static constexpr std::array<const char*, 20> kLocal{
      "info",      "sales",   "noreply", "anna",   "peter",      "office",   "john.smith",
      "m.mueller", "maria",   "support", "bounce", "newsletter", "k.lee",    "thomas",
      "julia",     "service", "contact", "paul",   "b.jones",    "marketing"};
  static constexpr std::array<const char*, 6> kLabels{"", "", "", "mail.", "news.", "em."};
  std::uniform_real_distribution<double> unit(0, popularity_.back());
  Mail mail;
  for (int i = 0; i < messages; ++i) {
    const auto domain = static_cast<std::size_t>(
        std::lower_bound(popularity_.begin(), popularity_.end(), unit(random_)) -
        popularity_.begin());
    mail.time = first_day() + number * kDay + std::chrono::seconds(86400LL * i / messages);
    // Some people write under names that they alone have.
    mail.local = below(random_, 3) == 0
                     ? text_of("%c%c%c%c", 'a' + domain % 26, 'a' + domain / 26 % 26,
                               'a' + domain / 676 % 26, 'a' + domain / 17576 % 26)
                     : kLocal[below(random_, kLocal.size())];
    mail.domain = text_of("%sd%zu.example", kLabels[domain % kLabels.size()], domain);
    mail.recipient = text_of("user%u@here.example", below(random_, 500));
    write_client(mail, homes_[std::min(domain, homes_.size() - 1)]);
    mail.helo = mail.client_name;
    take(mail);
  }
}

// ---- bad mail
// --------------------------------------------------------------------------------------

Mail flood_mail(std::mt19937_64& random, UtcTime time) {
  const auto word = [&] {
    std::string text;
    for (int i = 0; i < 12; ++i) text += static_cast<char>('a' + below(random, 26));
    return text;
  };
  Mail mail;
  mail.time = time;
  mail.client = IpAddress::from_v4(0x0b000000U + below(random, 0xd0000000U));
  mail.helo = word() + ".test";
  mail.local = word();
  mail.domain = word() + "." + word() + ".com";
  mail.recipient = "user@own1.example";
  return mail;
}

std::vector<Mail> campaign_of_2013(std::mt19937_64& random, UtcTime begin) {
  static constexpr std::array<const char*, 4> kLabels{"emalsrv", "complains", "achnotice",
                                                      "adpmsg"};
  static constexpr std::array<const char*, 6> kLocal{"ach_support",   "run.payroll", "adp_clients",
                                                     "payroll.alert", "netsecure",   "clientcare"};
  constexpr std::uint32_t kMessages = 2035;
  constexpr std::uint32_t kSenders = 90;
  std::vector<const char*> labels;
  for (std::uint32_t i = 0; i < kSenders; ++i)
    labels.push_back(kLabels[below(random, kLabels.size())]);
  std::vector<Mail> all;
  for (std::uint32_t i = 0; i < kMessages; ++i) {
    // New ones come fast at first, later more slowly.
    const double part = static_cast<double>(i) / kMessages;
    const auto in_use = 1 + static_cast<std::uint32_t>(kSenders * std::sqrt(part));
    const std::uint32_t domain = below(random, in_use);
    Mail mail;
    mail.time = begin + std::chrono::seconds(6 * 3600LL * i / kMessages);
    mail.client = IpAddress::from_v4(0x0b000000U + below(random, 0xd0000000U));
    mail.local = kLocal[below(random, kLocal.size())];
    mail.domain = text_of("%s.campaign%u.com", labels[domain], domain);
    mail.recipient = text_of("user%u@here.example", below(random, 500));
    all.push_back(std::move(mail));
  }
  return all;
}

// ---- entries
// ---------------------------------------------------------------------------------------

void Entries::take(const std::vector<Proposal>& proposals) {
  for (const Proposal& one : proposals) {
    entries_.push_back({one, one.time + who_.looks_after, one.time + Radar::kStands});
    if (one.strength == Strength::strong && who_.brake > std::chrono::minutes{0}) {
      entries_.push_back({one, one.time, one.time + who_.brake});
    }
  }
}

bool Entries::stops(const Mail& mail) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    if (mail.time < entry.from || mail.time > entry.until) return false;
    const Proposal& proposal = entry.proposal;
    switch (proposal.kind) {
      case PoolKind::network:
        return network_text(mail.client) == proposal.key;
      case PoolKind::label:
        return mail.domain.starts_with(proposal.key + ".");
      case PoolKind::local_part:
        return mail.local == proposal.key;
      case PoolKind::helo:
        return mail.helo == proposal.key;
      case PoolKind::domain:
        return proposal.entries[0] == proposal.key ? is_below(mail.domain, proposal.key)
                                                   : mail.client.to_string() == proposal.entries[0];
    }
    return false;
  });
}

}  // namespace postern::radar::test
