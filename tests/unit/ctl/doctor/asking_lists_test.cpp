// What is proposed for restriction lists, against a model of Postfix: who gets through before and
// after, with a policy service that has no opinion and with one that refuses.
#include "ctl/doctor/asking_lists.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "tests/unit/ctl/doctor/stored_case.h"

namespace postern::doctor::asking_lists_test {
namespace {

constexpr const char* kOurs =
    "check_policy_service { inet:127.0.0.1:10040, timeout=10s, default_action=DUNNO }";

enum class Client { authenticated, mynetworks, stranger_to_us, stranger_to_elsewhere };
constexpr std::array kClients{Client::authenticated, Client::mynetworks, Client::stranger_to_us,
                              Client::stranger_to_elsewhere};

enum class Answer { dunno, permit, refuse };

struct Ended {
  Answer answer = Answer::dunno;
  std::string by;  // what has ended the list
};

// Postfix as far as the four clients go. One's own people send to elsewhere. What tables and other
// policy services say is drawn by lot, for each of them and each client.
class Model {
 public:
  std::map<std::string, std::string> lists;  // and classes
  std::map<std::pair<std::string, Client>, Answer> lots;
  Answer policy = Answer::dunno;

  static std::vector<std::string> elements(const std::string& text) {
    std::vector<std::string> out;
    int open = 0;
    std::string word;
    for (const char c : text + ",") {
      open += c == '{' ? 1 : c == '}' ? -1 : 0;
      if (c != ',' || open > 0) {
        word += c;
        continue;
      }
      const std::size_t first = word.find_first_not_of(' ');
      if (first != std::string::npos) out.push_back(word.substr(first));
      word.clear();
    }
    return out;
  }

  [[nodiscard]] Ended go_through(const std::string& name, Client client) const {
    for (const std::string& element : elements(lists.at(name))) {
      const Ended ended = one(element, client);
      if (ended.answer != Answer::dunno) return ended;
    }
    return {};
  }

  [[nodiscard]] bool passes(Client client) const {
    return go_through("smtpd_relay_restrictions", client).answer != Answer::refuse &&
           go_through("smtpd_recipient_restrictions", client).answer != Answer::refuse;
  }

 private:
  [[nodiscard]] Ended one(std::string element, Client client) const {
    constexpr std::string_view kWarn = "warn_if_reject ";
    const bool warns = element.starts_with(kWarn);
    if (warns) element.erase(0, kWarn.size());
    Ended ended = lists.count(element) != 0 ? go_through(element, client)
                                            : Ended{said(element, client), element};
    if (warns && ended.answer == Answer::refuse) return {};
    return ended;
  }

  [[nodiscard]] Answer said(const std::string& element, Client client) const {
    const bool to_us = client == Client::stranger_to_us;
    if (element == kOurs) return policy;
    if (element == "permit") return Answer::permit;
    if (element == "reject") return Answer::refuse;
    if (element == "permit_mynetworks") return if_(client == Client::mynetworks, Answer::permit);
    if (element == "permit_sasl_authenticated") {
      return if_(client == Client::authenticated, Answer::permit);
    }
    if (element == "permit_auth_destination") return if_(to_us, Answer::permit);
    if (element.ends_with("_unauth_destination")) return if_(!to_us, Answer::refuse);
    return lots.at({element, client});
  }
  static Answer if_(bool holds, Answer answer) { return holds ? answer : Answer::dunno; }
};

class Lots {
 public:
  explicit Lots(unsigned seed) : random_(seed) {}

  bool one_in(unsigned count) { return random_() % count == 0; }

  std::string list(std::size_t longest, const std::vector<std::string>& from) {
    std::string text;
    const std::size_t length = random_() % (longest + 1);
    for (std::size_t i = 0; i < length; ++i) {
      text += (text.empty() ? "" : ", ") + std::string(one_in(10) ? "warn_if_reject " : "") +
              from[random_() % from.size()];
    }
    return text;
  }

  Answer answer() {
    return one_in(2) ? Answer::dunno : one_in(2) ? Answer::permit : Answer::refuse;
  }

 private:
  std::mt19937 random_;
};

const std::vector<std::string> kAtoms{"permit_mynetworks",
                                      "permit_sasl_authenticated",
                                      "reject_unauth_destination",
                                      "defer_unauth_destination",
                                      "permit_auth_destination",
                                      "permit",
                                      "reject",
                                      "check_client_access hash:/one",
                                      "reject_rbl_client dnsbl.example",
                                      "check_sender_access inline:{{a@b.example = reject }}",
                                      "check_policy_service inet:192.0.2.9:10023",
                                      kOurs};

Model drawn_model(Lots& lots) {
  Model model;
  std::vector<std::string> words = kAtoms;
  // Permits are more common than other words.
  words.insert(words.end(), kAtoms.begin(), kAtoms.begin() + 3);
  model.lists["inner"] = lots.list(3, words);
  words.emplace_back("inner");
  model.lists["outer"] = lots.list(3, words);
  words.emplace_back("outer");
  model.lists["smtpd_relay_restrictions"] =
      lots.one_in(2) ? "permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination"
                     : lots.list(4, words);
  model.lists["smtpd_recipient_restrictions"] = lots.list(6, words);
  for (const std::string& atom : kAtoms) {
    for (const Client client : kClients) model.lots[{atom, client}] = lots.answer();
  }
  return model;
}

std::string main_cf(const Model& model, bool relay_first) {
  std::string text = "compatibility_level = 3.6\nsmtpd_restriction_classes = inner, outer\n";
  for (const auto& [name, list] : model.lists) text += name + " = " + list + "\n";
  return text + "smtpd_relay_before_recipient_restrictions = " + (relay_first ? "yes" : "no") +
         "\n";
}

// What the lines make of it; the lists that have changed.
std::vector<std::string> write(Model& model, const std::string& lines) {
  std::vector<std::string> changed;
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);) {
    const std::size_t equals = line.find(" =");
    changed.push_back(line.substr(0, equals));
    EXPECT_EQ(model.lists.count(changed.back()), 1U) << lines;
    model.lists[changed.back()] = line.substr(equals + 2);
  }
  return changed;
}

// In the list itself and in the classes it names.
std::size_t count_of(const Model& model, const std::string& list, const std::string& word) {
  std::size_t count = 0;
  for (std::string element : Model::elements(model.lists.at(list))) {
    if (element.starts_with("warn_if_reject ")) element.erase(0, 15);
    count += element == word ? 1 : model.lists.count(element) ? count_of(model, element, word) : 0;
  }
  return count;
}

std::vector<std::string> flat(const Model& model, const std::string& list) {
  std::vector<std::string> words;
  for (std::string element : Model::elements(model.lists.at(list))) {
    const bool warns = element.starts_with("warn_if_reject ");
    if (warns) element.erase(0, 15);
    const auto inside =
        model.lists.count(element) != 0 ? flat(model, element) : std::vector<std::string>{element};
    for (const std::string& word : inside) {
      if (!warns || word != "reject") words.push_back(word);
    }
  }
  return words;
}

// Whether strangers never get as far as that word: then the policy service stands in front of it.
bool is_behind_end(const Model& model, const std::string& list, const std::string& permit) {
  for (const std::string& word : flat(model, list)) {
    if (word == permit) return false;
    if (word == "permit" || word == "reject" || word == "permit_auth_destination") return true;
  }
  return false;
}

constexpr std::array kLists{"smtpd_relay_restrictions", "smtpd_recipient_restrictions"};

class ListsAskingOnce : public testing::Test {
 protected:
  ListsAskingOnce() : wiring_(stored_mta_config({{"main.cf", ""}})) {}

  std::string lines_for(const std::string& main) {
    wiring_.postfix = read_postfix(stored_config("main.cf", main), std::nullopt);
    return lists_asking_once(wiring_, wiring_.postfix->services.front());
  }

  MtaConfig wiring_;
};

TEST_F(ListsAskingOnce, LetEverybodyThroughWhoGetsThroughNow) {
  for (unsigned seed = 0; seed < 1500; ++seed) {
    Lots lots(seed);
    const Model before = drawn_model(lots);
    const std::string main = main_cf(before, lots.one_in(2));
    Model after = before;
    const std::string lines = lines_for(main);
    write(after, lines);
    SCOPED_TRACE(main + "\n" + lines);
    for (const Client client : kClients) ASSERT_EQ(after.passes(client), before.passes(client));
    // And there is nothing more to say.
    ASSERT_EQ(lines_for(main + lines + "\n"), "");
  }
}

TEST_F(ListsAskingOnce, AskOnceAndTakeNothingAway) {
  for (unsigned seed = 0; seed < 1500; ++seed) {
    Lots lots(seed);
    const Model before = drawn_model(lots);
    const std::string main = main_cf(before, lots.one_in(2));
    Model after = before;
    const std::string lines = lines_for(main);
    write(after, lines);
    SCOPED_TRACE(main + "\n" + lines);
    ASSERT_EQ(count_of(after, kLists[0], kOurs) + count_of(after, kLists[1], kOurs), 1U);
    for (const char* list : kLists) {
      for (const std::string& word : kAtoms) {
        if (word == kOurs) continue;
        const std::size_t now = count_of(after, list, word);
        const std::size_t was = count_of(before, list, word);
        // A permit more only of those that relaying or the list itself has, for one's own people.
        const bool own = word == "permit_mynetworks" || word == "permit_sasl_authenticated";
        const bool may_be_added = own && count_of(before, kLists[0], word) + was > 0;
        ASSERT_TRUE(now == was || (may_be_added && now == was + 1)) << list << ": " << word;
      }
    }
  }
}

TEST_F(ListsAskingOnce, LetThePolicyRefuseStrangersAndNobodyElse) {
  std::size_t refused = 0;
  for (unsigned seed = 0; seed < 1500; ++seed) {
    Lots lots(seed);
    const Model before = drawn_model(lots);
    const std::string main = main_cf(before, lots.one_in(2));
    Model after = before;
    const std::string lines = lines_for(main);
    write(after, lines);
    SCOPED_TRACE(main + "\n" + lines);
    const char* asking = count_of(after, kLists[0], kOurs) > 0 ? kLists[0] : kLists[1];
    after.policy = Answer::refuse;
    for (const Client client : {Client::authenticated, Client::mynetworks}) {
      // Who is let through as one of our own people is not asked about.
      const Ended was = before.go_through(asking, client);
      const bool own = was.by == "permit_mynetworks" || was.by == "permit_sasl_authenticated";
      if (!own || !before.passes(client) || is_behind_end(before, asking, was.by)) continue;
      ASSERT_TRUE(after.passes(client));
    }
    if (!before.passes(Client::stranger_to_us)) continue;
    // What lets a stranger through earlier was there, and stays in front.
    const Ended now = after.go_through(asking, Client::stranger_to_us);
    const bool asked = now.answer == Answer::refuse;
    if (asked) {
      ASSERT_EQ(now.by, kOurs);
    } else {
      ASSERT_EQ(now.answer, Answer::permit);
      ASSERT_NE(now.by, "permit");
      ASSERT_NE(now.by, "permit_auth_destination");
    }
    refused += asked ? 1 : 0;
  }
  EXPECT_GT(refused, 200U);
}

struct Proposal {
  const char* what;
  const char* main;
  const char* lines;
};

class Proposals : public testing::TestWithParam<Proposal> {};

TEST_P(Proposals, AreTheListAndOneElement) {
  MtaConfig mta = stored_mta_config({{"main.cf", GetParam().main}});
  std::string expected = GetParam().lines;
  for (std::size_t at = 0; (at = expected.find("OURS", at)) != std::string::npos;) {
    expected.replace(at, 4, kOurs);
  }
  EXPECT_EQ(lists_asking_once(mta, mta.postfix->services.front()), expected);
}

INSTANTIATE_TEST_SUITE_P(
    All, Proposals,
    testing::Values(
        Proposal{"BehindThePermits",
                 "compatibility_level = 3.6\n"
                 "smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination\n"
                 "smtpd_recipient_restrictions = permit_sasl_authenticated, "
                 "reject_non_fqdn_recipient\n",
                 "smtpd_recipient_restrictions = permit_sasl_authenticated, OURS, "
                 "reject_non_fqdn_recipient"},
        Proposal{"ThePermitsOfRelayingGuardIt", "compatibility_level = 3.6\n",
                 "smtpd_recipient_restrictions = permit_mynetworks, permit_sasl_authenticated, "
                 "OURS"},
        Proposal{"WithTheRelayCheckWhereThatComesLater", "compatibility_level = 2\n",
                 "smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, "
                 "defer_unauth_destination, OURS"},
        Proposal{"InFrontOfWhatPermitsEverybody",
                 "compatibility_level = 3.6\n"
                 "smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, "
                 "permit\n",
                 "smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, "
                 "OURS, permit"},
        Proposal{"NoGuardWhereItWouldLetSomebodyIn",
                 "compatibility_level = 3.6\n"
                 "smtpd_recipient_restrictions = permit_auth_destination, reject\n",
                 "smtpd_recipient_restrictions = OURS, permit_auth_destination, reject"},
        Proposal{"NotBehindWarnIfReject",
                 "compatibility_level = 3.6\n"
                 "smtpd_recipient_restrictions = permit_mynetworks, warn_if_reject "
                 "reject_rbl_client a.example, permit\n",
                 "smtpd_recipient_restrictions = permit_mynetworks, OURS, warn_if_reject "
                 "reject_rbl_client a.example, permit"},
        Proposal{"InsideAClass",
                 "compatibility_level = 3.6\nsmtpd_restriction_classes = all\n"
                 "all = permit_mynetworks, reject_unauth_destination, permit\n"
                 "smtpd_recipient_restrictions = reject_non_fqdn_recipient, all\n",
                 "smtpd_recipient_restrictions = reject_non_fqdn_recipient, permit_mynetworks, "
                 "reject_unauth_destination, OURS, permit"},
        Proposal{"AClassThatItNeedNotEnterStays",
                 "compatibility_level = 3.6\nsmtpd_restriction_classes = own\n"
                 "own = permit_mynetworks, permit_sasl_authenticated\n"
                 "smtpd_recipient_restrictions = own, reject_unauth_destination\n",
                 "smtpd_recipient_restrictions = own, reject_unauth_destination, OURS"},
        Proposal{"ADollarStaysOne",
                 "compatibility_level = 3.6\n"
                 "own = permit_mynetworks, reject_unauth_destination\n"
                 "smtpd_recipient_restrictions = $own, check_sender_access "
                 "pcre:{{/@a{2}$$/ reject}}\n",
                 "smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, "
                 "OURS, check_sender_access pcre:{{/@a{2}$$/ reject}}"},
        Proposal{"AMistypedPortIsMended",
                 "compatibility_level = 3.6\n"
                 "smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, "
                 "check_policy_service { inet:127.0.0.1:10041, timeout=7s }\n",
                 "smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, "
                 "check_policy_service { inet:127.0.0.1:10040, timeout=7s }"},
        Proposal{"NothingWhereItIsRight",
                 "compatibility_level = 3.6\n"
                 "smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, "
                 "check_policy_service { inet:127.0.0.1:10040, timeout=7s }, permit\n",
                 ""}),
    [](const testing::TestParamInfo<Proposal>& one) { return one.param.what; });

TEST(ProposalOfAnOverride, IsForMasterCf) {
  MtaConfig mta = stored_mta_config(
      {{"main.cf", "compatibility_level = 3.6\n"},
       {"master.cf",
        "smtp inet n - n - - smtpd\n"
        "  -o smtpd_recipient_restrictions=permit_mynetworks,reject_unauth_destination\n"}});
  EXPECT_EQ(lists_asking_once(mta, mta.postfix->services.front()),
            "# at smtp/inet in master.cf\n"
            "  -o { smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, " +
                std::string(kOurs) + " }");
}

}  // namespace
}  // namespace postern::doctor::asking_lists_test
