// bare_zone PORTFILE: an authoritative server on 127.0.0.1 that has everything: one mail host for
// every name, the same for all, and one address for every host. Faster than what it is asked by.
//
// PORTFILE gets the port that it listens on.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string_view>

namespace {

constexpr std::size_t kAtOnce = 64;
constexpr std::size_t kSize = 512;
constexpr std::size_t kHeader = 12;
constexpr unsigned kA = 1;
constexpr unsigned kMx = 15;
using namespace std::string_view_literals;
// Name (the question's), class IN, TTL 3600, length, data.
constexpr auto kMxRecord = "\xc0\x0c\0\x0f\0\1\0\0\x0e\x10\0\x14\0\x0a\2mx\5bench\7example\0"sv;
constexpr auto kARecord = "\xc0\x0c\0\1\0\1\0\0\x0e\x10\0\4\xc6\x33\x64\1"sv;
// Of the root, for what is not there: a SOA makes it NODATA.
constexpr auto kSoaRecord =
    "\0\0\6\0\1\0\0\x0e\x10\0\x16\0\0\0\0\0\1\0\0\x0e\x10\0\0\x0e\x10\0\0\x0e\x10\0\0\x0e\x10"sv;

// Where the question ends; 0: there is none.
std::size_t end_of_question(const unsigned char* packet, std::size_t size) {
  std::size_t at = kHeader;
  while (at < size && packet[at] != 0) at += packet[at] + std::size_t{1};
  return at + 5 <= size ? at + 5 : 0;
}

// Answers in place; the new size, 0: none.
std::size_t answer(unsigned char* packet, std::size_t size) {
  const std::size_t end = size > kHeader ? end_of_question(packet, size) : 0;
  if (end == 0 || end + 64 > kSize) return 0;
  const unsigned type = packet[end - 4] * 256U + packet[end - 3];
  const bool is_there = type == kMx || type == kA;
  const auto record = type == kMx ? kMxRecord : type == kA ? kARecord : kSoaRecord;
  std::memcpy(packet + end, record.data(), record.size());
  packet[2] = 0x84;  // a reply, authoritative
  packet[3] = 0;
  std::memset(packet + 6, 0, 6);
  packet[is_there ? 7 : 9] = 1;
  return end + record.size();
}

void serve(int fd) {
  static std::array<std::array<unsigned char, kSize>, kAtOnce> packets;
  std::array<sockaddr_in, kAtOnce> peers{};
  std::array<iovec, kAtOnce> parts{};
  std::array<mmsghdr, kAtOnce> messages{};
  for (;;) {
    for (std::size_t i = 0; i < kAtOnce; ++i) {
      parts[i] = {packets[i].data(), kSize};
      messages[i].msg_hdr = {&peers[i], sizeof peers[i], &parts[i], 1, nullptr, 0, 0};
    }
    const int got = ::recvmmsg(fd, messages.data(), kAtOnce, MSG_WAITFORONE, nullptr);
    unsigned ready = 0;
    for (std::size_t i = 0; got > 0 && i < static_cast<std::size_t>(got); ++i) {
      const std::size_t size = answer(packets[i].data(), messages[i].msg_len);
      if (size == 0) continue;
      parts[i].iov_len = size;
      messages[ready++].msg_hdr = messages[i].msg_hdr;
    }
    for (unsigned sent = 0; sent < ready;) {
      const int more = ::sendmmsg(fd, messages.data() + sent, ready - sent, 0);
      sent += more > 0 ? static_cast<unsigned>(more) : 1;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in address{};
  socklen_t length = sizeof address;
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int room = 8 << 20;
  ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  auto* const where = reinterpret_cast<sockaddr*>(&address);
  if (argc != 2 || ::bind(fd, where, length) != 0 || ::getsockname(fd, where, &length) != 0) {
    std::fprintf(stderr, "usage: bare_zone PORTFILE\n");
    return 2;
  }
  std::ofstream(argv[1]) << ntohs(address.sin_port) << std::endl;
  serve(fd);
}
