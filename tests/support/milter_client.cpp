#include "tests/support/milter_client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace postern {

// A command: its letter, the step "do not tell me", the step "I shall not answer".
struct MilterClient::Command {
  char letter;
  std::uint32_t untold;
  std::uint32_t unanswered;
};

namespace {

constexpr std::size_t kMaxPacket = std::size_t{1} << 20;

std::string number(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
  return bytes;
}

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

// Up to the next NUL, which goes too.
std::string take_string(std::string_view& bytes) {
  std::string text(bytes.substr(0, bytes.find('\0')));
  bytes.remove_prefix(std::min(bytes.size(), text.size() + 1));
  return text;
}

// sendmail and Postfix take a reply for a format without arguments.
std::string as_formatted(const std::string& format) {
  std::string text;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      text += format[i];
    } else if (i + 1 < format.size() && format[i + 1] == '%') {
      text += format[i++];
    }
  }
  return text;
}

os::UniqueFd connected(const ListenAddress& where) {
  const bool is_unix = where.kind == ListenAddress::Kind::unix_socket;
  os::UniqueFd fd(::socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  int result = -1;
  if (is_unix) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::strncpy(name.sun_path, where.path.c_str(), sizeof name.sun_path - 1);
    result = ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name);
  } else {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(where.port);
    name.sin_addr.s_addr = htonl(where.address.v4());
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    result = ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name);
  }
  if (result != 0) throw std::runtime_error("cannot connect to " + where.to_string());
  return fd;
}

// What a filter answers at last; nothing for what it does before.
std::optional<std::string> last_word(const MilterClient::Packet& packet) {
  switch (packet.letter) {
    case 'c':
      return "continue";
    case 'a':
      return "accept";
    case 'r':
      return "reject";
    case 't':
      return "tempfail";
    case 'd':
      return "discard";
    case 'y':
      return as_formatted(packet.payload.c_str());
    default:
      return std::nullopt;
  }
}

std::string change(const MilterClient::Packet& packet) {
  std::string_view rest = packet.payload;
  if (packet.letter == 'q') return "quarantine " + take_string(rest);
  if (packet.letter == 'i' && rest.size() > 4) {
    const std::string place = std::to_string(number_at(rest, 0));
    rest.remove_prefix(4);
    const std::string name = take_string(rest);
    return "insheader " + place + " " + name + ": " + take_string(rest);
  }
  return std::string("unexpected ") + packet.letter;
}

}  // namespace

std::string milter_frame(char letter, std::string_view payload) {
  return number(static_cast<std::uint32_t>(payload.size()) + 1) + letter + std::string(payload);
}

std::string milter_negotiation(std::uint32_t version, std::uint32_t actions, std::uint32_t steps) {
  return milter_frame('O', number(version) + number(actions) + number(steps));
}

std::string milter_strings(const std::vector<std::string>& values) {
  std::string bytes;
  for (const std::string& value : values) bytes += value + '\0';
  return bytes;
}

std::string milter_client_address(const std::string& host, const std::string& client) {
  std::string bytes = host + '\0';
  if (client.empty()) return bytes + 'U';
  const bool is_v6 = client.find(':') != std::string::npos;
  bytes += is_v6 ? '6' : '4';
  bytes += std::string("\x9c\x40", 2);  // port 40000
  return bytes + (is_v6 ? "IPv6:" : "") + client + '\0';
}

MilterClient::MilterClient(const ListenAddress& where, std::chrono::milliseconds patience)
    : fd_(connected(where)), patience_(patience) {}

bool MilterClient::say(std::string_view bytes) {
  while (!bytes.empty()) {
    pollfd waiting{fd_.get(), POLLOUT, 0};
    if (::poll(&waiting, 1, static_cast<int>(patience_.count())) <= 0) return false;
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN) return false;
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::size_t MilterClient::say_at_once(std::string_view bytes) {
  const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent < 0 ? 0 : static_cast<std::size_t>(sent);
}

// Until there are so many bytes.
bool MilterClient::receive(std::size_t size) {
  while (received_.size() < size) {
    pollfd waiting{fd_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(patience_.count())) <= 0) return false;
    char bytes[4096];
    const ssize_t got = ::recv(fd_.get(), bytes, sizeof bytes, 0);
    if (got <= 0) return false;
    received_.append(bytes, static_cast<std::size_t>(got));
  }
  return true;
}

std::optional<MilterClient::Packet> MilterClient::hear() {
  if (!receive(4)) return std::nullopt;
  const std::size_t size = number_at(received_, 0);
  if (size == 0 || size > kMaxPacket || !receive(4 + size)) return std::nullopt;
  Packet packet{received_[4], received_.substr(5, size - 1)};
  received_.erase(0, 4 + size);
  return packet;
}

bool MilterClient::ends() {
  const auto until = std::chrono::steady_clock::now() + patience_;
  while (std::chrono::steady_clock::now() < until) {
    pollfd waiting{fd_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(patience_.count())) <= 0) return false;
    char bytes[4096];
    if (::recv(fd_.get(), bytes, sizeof bytes, 0) <= 0) return true;
  }
  return false;
}

std::optional<MilterClient::Agreement> MilterClient::negotiate(std::uint32_t actions,
                                                               std::uint32_t steps,
                                                               std::uint32_t version) {
  if (!say(milter_negotiation(version, actions, steps))) return std::nullopt;
  const auto packet = hear();
  if (!packet || packet->letter != 'O' || packet->payload.size() < 12) return std::nullopt;
  const std::string_view bytes = packet->payload;
  agreement_ = {number_at(bytes, 0), number_at(bytes, 4), number_at(bytes, 8), {}};
  if ((agreement_.actions & ~actions) != 0 || (agreement_.steps & ~steps) != 0) return std::nullopt;
  std::string_view rest = bytes.substr(12);
  while (rest.size() > 4) {
    const std::uint32_t stage = number_at(rest, 0);
    rest.remove_prefix(4);
    agreement_.macros[stage] = take_string(rest);
  }
  return agreement_;
}

std::string MilterClient::tell(const Command& command, std::string_view payload) {
  if ((agreement_.steps & command.untold) != 0) return "";
  if (!say(milter_frame(command.letter, payload))) return "ended";
  return (agreement_.steps & command.unanswered) != 0 ? "" : answer();
}

std::string MilterClient::answer() {
  std::string before;
  while (const auto packet = hear()) {
    if (const auto last = last_word(*packet)) return before + *last;
    before += change(*packet) + "; ";
  }
  return before + "ended";
}

std::string MilterClient::connect(const std::string& client, const std::string& host) {
  return tell({'C', 0x1, 0x1000}, milter_client_address(host, client));
}

std::string MilterClient::helo(const std::string& name) {
  return tell({'H', 0x2, 0x2000}, milter_strings({name}));
}

std::string MilterClient::mail(const std::string& sender) {
  return tell({'M', 0x4, 0x4000}, milter_strings({"<" + sender + ">", "SIZE=100"}));
}

std::string MilterClient::rcpt(const std::string& recipient) {
  return tell({'R', 0x8, 0x8000}, milter_strings({"<" + recipient + ">"}));
}

std::string MilterClient::data() {
  return tell({'T', 0x200, 0x10000}, "");
}

std::string MilterClient::header(const std::string& name, const std::string& value) {
  return tell({'L', 0x20, 0x80}, milter_strings({name, value}));
}

std::string MilterClient::end_of_header() {
  return tell({'N', 0x40, 0x40000}, "");
}

std::string MilterClient::body(std::string_view bytes) {
  return tell({'B', 0x10, 0x80000}, bytes);
}

std::string MilterClient::end_of_message() {
  return tell({'E', 0, 0}, "");
}

void MilterClient::macros(char command, const Macros& macros) {
  std::vector<std::string> strings;
  for (const auto& [name, value] : macros) {
    strings.push_back(name);
    strings.push_back(value);
  }
  say(milter_frame('D', command + milter_strings(strings)));
}

MilterClient& MilterClient::open(const std::string& client) {
  if (!negotiate()) throw std::runtime_error("the filter does not negotiate");
  for (const std::string& said : {connect(client), helo()}) {
    if (!said.empty() && said != "continue") throw std::runtime_error("not let through: " + said);
  }
  return *this;
}

std::string MilterClient::message(const std::string& sender,
                                  const std::vector<std::string>& recipients,
                                  const Fields& fields) {
  std::string first;
  const auto goes_on = [&](const char* command, const std::string& said) {
    if (said.empty() || said == "continue") return true;
    first = std::string(command) + ": " + said;
    return false;
  };
  if (!goes_on("mail", mail(sender))) return first;
  for (const std::string& recipient : recipients) {
    if (!goes_on("rcpt", rcpt(recipient))) return first;
  }
  if (!goes_on("data", data())) return first;
  for (const auto& [name, value] : fields) {
    if (!goes_on("header", header(name, value))) return first;
  }
  if (!goes_on("end of header", end_of_header())) return first;
  if (!goes_on("body", body("hello\r\n"))) return first;
  return end_of_message();
}

}  // namespace postern
