// The MTA's side of the milter protocol, version 6, as sendmail and Postfix speak it: tells what
// the filter has negotiated to be told, and waits for an answer where it has negotiated to give
// one. say() sends anything, for filters that have to stand it.
//
// Blocks, with a time-out; one thread. Knows the protocol by its numbers and not by libmilter's
// headers, so that it can disagree with them.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/os/unique_fd.h"
#include "server/config/settings.h"

namespace postern {

// One packet as it goes over the wire: length, letter, payload.
std::string milter_frame(char letter, std::string_view payload = {});
std::string milter_negotiation(std::uint32_t version, std::uint32_t actions, std::uint32_t steps);
// Each with a NUL behind it.
std::string milter_strings(const std::vector<std::string>& values);
// An address as SMFIC_CONNECT has it; `client` empty: one that the MTA does not know.
std::string milter_client_address(const std::string& host, const std::string& client);

class MilterClient {
 public:
  static constexpr std::uint32_t kAllActions = 0x1ff;
  static constexpr std::uint32_t kAllSteps = 0x1fffff;

  struct Packet {
    char letter = 0;
    std::string payload;
  };
  // What the filter wants. By stage, 0 (connect) to 6 (end of header): the macros it asks for.
  struct Agreement {
    std::uint32_t version = 0;
    std::uint32_t actions = 0;
    std::uint32_t steps = 0;
    std::map<std::uint32_t, std::string> macros;
  };
  using Macros = std::vector<std::pair<std::string, std::string>>;
  using Fields = std::vector<std::pair<std::string, std::string>>;

  // Throws std::runtime_error when it cannot connect.
  explicit MilterClient(const ListenAddress& where,
                        std::chrono::milliseconds patience = std::chrono::seconds{20});

  // Whether all of it was taken.
  bool say(std::string_view bytes);
  // As much as is taken without waiting.
  std::size_t say_at_once(std::string_view bytes);
  // Nothing at the end of the connection, or when its time is over.
  std::optional<Packet> hear();
  // Whether the filter closes the connection, whatever it says before.
  bool ends();

  // Nothing when the filter refuses, closes the connection, or wants what was not offered.
  std::optional<Agreement> negotiate(std::uint32_t actions = kAllActions,
                                     std::uint32_t steps = kAllSteps, std::uint32_t version = 6);
  [[nodiscard]] const Agreement& agreement() const { return agreement_; }

  // The answer in words; empty when there is to be none. `continue`, `accept`, `reject`,
  // `tempfail`, `discard`, `550 5.7.1 text` (its percent signs as the MTAs read them), `ended`;
  // before it what is done to the message: `quarantine reason; insheader 0 Name: value; continue`.
  std::string connect(const std::string& client, const std::string& host = "unknown");
  std::string helo(const std::string& name = "client.example");
  std::string mail(const std::string& sender);
  std::string rcpt(const std::string& recipient);
  std::string data();
  std::string header(const std::string& name, const std::string& value);
  std::string end_of_header();
  std::string body(std::string_view bytes);
  std::string end_of_message();
  void abort() { say(milter_frame('A')); }
  void quit() { say(milter_frame('Q')); }
  // The session is over; on the same connection comes the next one, without negotiation.
  void quit_and_reuse() { say(milter_frame('K')); }

  // Macros that go before the command with that letter.
  void macros(char command, const Macros& macros);

  // Negotiation, CONNECT and HELO, for those who are after what comes later. Throws when that is
  // not let through.
  MilterClient& open(const std::string& client = "192.0.2.1");
  // A whole message, addresses without brackets: the first answer that is not `continue`, with its
  // command: `mail: 550 5.7.1 no`; that of the end of message alone is without. `continue` when
  // there is none.
  std::string message(const std::string& sender, const std::vector<std::string>& recipients,
                      const Fields& fields = {{"Subject", "hello"}});

 private:
  struct Command;
  std::string tell(const Command& command, std::string_view payload);
  std::string answer();
  bool receive(std::size_t size);

  os::UniqueFd fd_;
  std::chrono::milliseconds patience_;
  std::string received_;
  Agreement agreement_;
};

}  // namespace postern
