// To whom a message goes beside its recipients (copy), and instead of some or all of them
// (redirect). Knows every recipient of the message by the words in which the MTA told of it,
// because the MTA removes a recipient only by those. A session owns it. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postern::milter {

class RecipientChanges {
 public:
  // Recipients of one message that it keeps. Where a rule may redirect, a message has no more.
  static constexpr std::size_t kMaxRecipients = 1000;

  // `leave`: the message comes back from where it was captured, and is let alone.
  enum class Capture { may, leave };

  // A recipient that the message has. `told`: as the MTA did, `<ann@a.example>`. `key`: what rules
  // can tell of it, as a number that is the same for all recipients of which they can tell the
  // same. `to`: redirected to; empty: it is not, so far. REQUIRES: not is_full().
  void take(std::string_view told, std::size_t key, std::string_view to, Capture capture);
  [[nodiscard]] bool is_full() const { return recipients_.size() >= kMaxRecipients; }

  // Redirect those recipients with this key, or all, that are not redirected already.
  void redirect(std::size_t key, std::string_view to);
  void redirect_all(std::string_view to);
  void copy(std::string_view to);
  // For the next message.
  void clear();

  [[nodiscard]] bool empty() const { return copies_.empty() && removed().empty(); }
  // Those that are redirected, as the MTA told of them, each once.
  [[nodiscard]] std::vector<std::string> removed() const;
  // Addresses, each once, to whom they are redirected.
  [[nodiscard]] std::vector<std::string> redirects() const;
  [[nodiscard]] const std::vector<std::string>& copies() const { return copies_; }
  // The memory that it takes, about.
  [[nodiscard]] std::size_t kept_bytes() const { return kept_bytes_; }

 private:
  struct Recipient {
    std::string told;
    std::size_t key;
    std::string to;
    Capture capture;
  };
  static void redirect(Recipient& recipient, std::string_view to);

  std::vector<Recipient> recipients_;
  std::vector<std::string> copies_;
  std::size_t kept_bytes_ = 0;
};

}  // namespace postern::milter
