#include "common/resolver/dns_circuit.h"

#include <gtest/gtest.h>

namespace postern::resolver::dns_circuit_test {
namespace {

using namespace std::chrono_literals;
using State = DnsCircuit::State;

constexpr auto kStart = DnsCircuit::TimePoint{} + 1h;

TEST(DnsCircuit, OpensOnlyBehindADoubt) {
  DnsCircuit circuit;
  EXPECT_EQ(circuit.state(), State::closed);
  circuit.all_down();
  EXPECT_EQ(circuit.state(), State::half_open);
  EXPECT_FALSE(circuit.status(kStart).open);
  circuit.open(kStart);
  EXPECT_EQ(circuit.state(), State::open);
  circuit.all_down();
  EXPECT_EQ(circuit.state(), State::open);
  circuit.close();
  EXPECT_EQ(circuit.state(), State::closed);
}

TEST(DnsCircuit, CountsWhatWasNotAskedEachTimeAnew) {
  DnsCircuit circuit;
  circuit.open(kStart);
  circuit.open(kStart + 5s);
  for (int question = 0; question < 3; ++question) circuit.note_not_asked();
  DnsCircuitStatus status = circuit.status(kStart + 12900ms);
  EXPECT_TRUE(status.open);
  EXPECT_EQ(status.open_for, 12s) << "from when it opened first";
  EXPECT_EQ(status.not_asked, 3U);
  EXPECT_EQ(status.opened, 1U);

  circuit.close();
  status = circuit.status(kStart + 20s);
  EXPECT_FALSE(status.open);
  EXPECT_EQ(status.open_for, 0s);
  EXPECT_EQ(status.not_asked, 3U) << "of the last time, until the next";

  circuit.open(kStart + 30s);
  status = circuit.status(kStart + 31s);
  EXPECT_EQ(status.not_asked, 0U);
  EXPECT_EQ(status.opened, 2U);
}

TEST(DnsCircuit, Lines) {
  EXPECT_EQ(circuit_closed_line({true, 12s, 34, 1}),
            "DNS answers again after 12s, 34 questions were not asked");
  EXPECT_TRUE(circuit_opened_line().starts_with("DNS: no upstream answers"));
}

}  // namespace
}  // namespace postern::resolver::dns_circuit_test
