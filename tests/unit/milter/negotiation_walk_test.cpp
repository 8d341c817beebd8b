// Whatever is negotiated, and whatever a message has or does not have: libmilter finds its way
// through what the MTA tells. Against a model of its table of states (engine.c of 8.14 to 8.17);
// tests/e2e/test_milter_walk.py goes the same ways through libmilter itself.
#include <gtest/gtest.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "milter/negotiation.h"

namespace postern::milter::negotiation_walk_test {
namespace {

using enum Stage;

// Commands have their letters of the protocol: CONNECT, HELO, MAIL, RCPT, T for DATA, L for a field
// of the header, N for its end, BODY, E for the end of the message, ABORT, QUIT, UNKNOWN.
constexpr unsigned long step_that_leaves_out(char command) {
  switch (command) {
    case 'C':
      return SMFIP_NOCONNECT;
    case 'H':
      return SMFIP_NOHELO;
    case 'M':
      return SMFIP_NOMAIL;
    case 'R':
      return SMFIP_NORCPT;
    case 'T':
      return SMFIP_NODATA;
    case 'L':
      return SMFIP_NOHDRS;
    case 'N':
      return SMFIP_NOEOH;
    case 'B':
      return SMFIP_NOBODY;
    case 'U':
      return SMFIP_NOUNKNOWN;
    default:
      return 0;
  }
}

// What libmilter's way depends on; nobody asks to leave out CONNECT or HELO.
constexpr std::string_view kWalked = "MRTLNBU";
constexpr unsigned long kWalkedSteps = SMFIP_NOMAIL | SMFIP_NORCPT | SMFIP_NODATA | SMFIP_NOHDRS |
                                       SMFIP_NOEOH | SMFIP_NOBODY | SMFIP_NOUNKNOWN;

bool is_left_out(unsigned long steps, char command) {
  return (steps & step_that_leaves_out(command)) != 0;
}

// One connection, the first of a process: libmilter has one table for all of them, in which what
// one has left out stays passable for the others.
class Libmilter {
 public:
  explicit Libmilter(unsigned long steps) : steps_(steps) {}

  // Whether the command is carried out; else it is dropped, and nothing said. What is only found
  // from HELO on is lost as well in the middle of a message: libmilter takes it for aborted.
  bool takes(char command) {
    if (!finds_way_to(command)) {
      const bool in_message = std::string_view("MRTLNB").find(state_) != std::string_view::npos;
      if (in_message && command != 'M' && command != 'H') return false;
      state_ = 'H';
      if (!finds_way_to(command)) return false;
    }
    state_ = command;
    return true;
  }
  // The filter has refused what came last.
  void refused() {
    if (state_ != 'R' && state_ != 'U') state_ = 'H';
  }

 private:
  [[nodiscard]] bool finds_way_to(char command) const {
    struct State {
      char command;
      std::string_view may_follow;
    };
    static constexpr State states[] = {
        {'O', "CU"},  {'C', "HMU"}, {'H', "HMU"},      {'M', "RAU"}, {'R', "LNTBERAU"},
        {'T', "NLA"}, {'L', "NLA"}, {'N', "BEA"},      {'B', "EBA"}, {'E', "QMU"},
        {'Q', ""},    {'A', ""},    {'U', "HMRATBUQ"},
    };
    const auto* at = std::find_if(std::begin(states), std::end(states),
                                  [&](const State& one) { return one.command == state_; });
    while (at->may_follow.find(command) == std::string_view::npos) {
      if (++at == std::end(states) || !is_left_out(steps_, at->command)) return false;
    }
    return true;
  }

  unsigned long steps_;
  char state_ = 'O';
};

// What an MTA says at all. One that does not offer to leave out DATA or unknown commands may know
// of none, being older, or may say them always.
struct Habits {
  bool says_data = true;
  bool says_unknown = true;
};

std::vector<Habits> habits_with(unsigned long offer) {
  std::vector<Habits> habits = {{true, true}};
  if ((offer & SMFIP_NOUNKNOWN) == 0) habits.push_back({true, false});
  // There is no MTA that tells unknown commands, cannot leave them out, and knows no DATA.
  if ((offer & SMFIP_NODATA) == 0) habits.push_back({false, (offer & SMFIP_NOUNKNOWN) != 0});
  return habits;
}

// `!`: the filter refuses what went before. Empty: every command is taken; else what has been said
// when one was not. Nobody waits for an answer to ABORT and QUIT.
std::string lost_in(const std::string& dialogue, unsigned long steps, Habits habits) {
  Libmilter libmilter(steps);
  std::string said;
  for (const char command : dialogue) {
    if (is_left_out(steps, command) || (command == 'T' && !habits.says_data) ||
        (command == 'U' && !habits.says_unknown)) {
      continue;
    }
    said += command;
    if (command == '!') {
      libmilter.refused();
    } else if (!libmilter.takes(command) && command != 'A' && command != 'Q') {
      return said;
    }
  }
  return "";
}

std::vector<std::string> dialogues() {
  std::vector<std::string> messages;
  for (const char* header : {"", "L", "LLL"}) {
    for (const char* body : {"", "B", "BB"}) messages.push_back(std::string(header) + "N" + body);
  }
  std::vector<std::string> all = {"CQ", "CHQ", "CHHMRTLNBEQ", "CMRTNEQ", "CHMMRTNE", "CHMRRRTNE"};
  for (const std::string& first : messages) {
    const std::string one = "CHMRT" + first + "E";
    all.push_back(one + "Q");
    for (const char* between : {"", "A", "H", "AH", "!", "!A"}) {
      for (const std::string& second : messages)
        all.push_back(one + between + "MRT" + second + "E");
    }
    // Given up or refused anywhere, and then the next one; an unknown command anywhere before the
    // content.
    for (std::size_t at = 2; at < one.size(); ++at) {
      for (const char* end : {"A", "!A", "!"}) all.push_back(one.substr(0, at) + end + "MRTNE");
      if (at <= 4) all.push_back(one.substr(0, at) + "U" + one.substr(at));
    }
    all.push_back(one + "UMRTNE");
    all.push_back(one + "AUMRTNE");
  }
  return all;
}

// The first way that is not found; empty when there is none.
std::string first_lost(unsigned long steps, unsigned long offer) {
  static const std::vector<std::string> all = dialogues();
  for (const Habits habits : habits_with(offer)) {
    for (const std::string& dialogue : all) {
      if (const std::string lost = lost_in(dialogue, steps, habits); !lost.empty()) return lost;
    }
  }
  return "";
}

std::vector<Needs> all_needs() {
  std::vector<Needs> all;
  for (unsigned stages = 0; stages < 64; ++stages) {
    for (const auto action : {ActionKind::log, ActionKind::reject, ActionKind::hold}) {
      for (unsigned more = 0; more < 4; ++more) {
        Needs needs;
        for (const Stage stage : {connect, helo, mail, rcpt, data, eom}) {
          if ((stages >> static_cast<unsigned>(stage) & 1) != 0) needs.stages.add(stage);
        }
        needs.actions.set(static_cast<std::size_t>(action));
        if ((more & 1) != 0) needs.header_fields = {"subject"};
        if ((more & 2) != 0) {
          needs.attributes.set(static_cast<std::size_t>(Attribute::recipient_refused));
        }
        all.push_back(std::move(needs));
      }
    }
  }
  return all;
}

std::vector<unsigned long> all_offers() {
  std::vector<unsigned long> all = {SMFI_V1_PROT, SMFI_V2_PROT, SMFI_CURR_PROT};
  for (unsigned chosen = 0; chosen < 1U << kWalked.size(); ++chosen) {
    unsigned long offer = SMFI_CURR_PROT & ~kWalkedSteps;
    for (std::size_t bit = 0; bit < kWalked.size(); ++bit) {
      if ((chosen >> bit & 1) != 0) offer |= step_that_leaves_out(kWalked[bit]);
    }
    all.push_back(offer);
  }
  return all;
}

// Each combination of what rules need, where they refuse clients, the transport and the offer, as
// what comes of it: (what is left out, of what is offered).
const std::set<std::pair<unsigned long, unsigned long>>& all_negotiated() {
  static const auto all = [] {
    std::set<std::pair<unsigned long, unsigned long>> made;
    for (const Needs& needs : all_needs()) {
      for (const unsigned long offer : all_offers()) {
        for (const auto refuse :
             {config::RefuseClients::at_mail, config::RefuseClients::at_greeting}) {
          for (const auto transport :
               {ListenAddress::Kind::unix_socket, ListenAddress::Kind::tcp}) {
            const auto negotiated = negotiate(needs, refuse, transport, {SMFI_V2_ACTS, offer});
            made.emplace(negotiated.value().steps & kWalkedSteps, offer & kWalkedSteps);
          }
        }
      }
    }
    return made;
  }();
  return all;
}

TEST(WalkThroughANegotiation, EveryMessageGetsToItsEnd) {
  const auto& all = all_negotiated();
  EXPECT_GT(all.size(), 300U);
  for (const auto& [steps, offer] : all) {
    EXPECT_EQ(first_lost(steps, offer), "") << std::hex << steps << " of " << offer;
  }
}

// Each step that is told costs the MTA something.
TEST(WalkThroughANegotiation, TheEndOfTheHeaderIsToldOnlyWhereItIsTheWay) {
  std::size_t told = 0;
  for (const auto& [steps, offer] : all_negotiated()) {
    if ((offer & SMFIP_NOEOH) == 0 || (steps & SMFIP_NOEOH) != 0) continue;
    ++told;
    EXPECT_NE(first_lost(steps | SMFIP_NOEOH, offer), "") << std::hex << steps << " of " << offer;
  }
  EXPECT_GT(told, 50U);
}

// What was agreed on before, with a rule about a field over TCP.
TEST(WalkThroughANegotiation, TheModelKnowsWhereLibmilterLosesItsWay) {
  constexpr unsigned long kBefore = SMFIP_NOBODY | SMFIP_NOEOH | SMFIP_NOUNKNOWN;
  EXPECT_EQ(lost_in("CHMRTE", kBefore, {}), "CHMRTE");
  EXPECT_EQ(lost_in("CHMRTLE", kBefore, {}), "");
  EXPECT_EQ(lost_in("CHMRTE", kBefore | SMFIP_NODATA, {}), "");
  EXPECT_EQ(lost_in("CHMRTE", kBefore | SMFIP_NOHDRS, {}), "");
  EXPECT_EQ(lost_in("CHMRTNE", SMFIP_NOBODY | SMFIP_NOUNKNOWN, {}), "");
  EXPECT_EQ(lost_in("CHMRULE", SMFIP_NOBODY | SMFIP_NODATA, {}), "CHMRUL");
}

}  // namespace
}  // namespace postern::milter::negotiation_walk_test
