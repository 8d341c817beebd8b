// docs/dns-faults.md is what Postern really does when DNS does not: every fault with an empty
// cache, a good answer in it and one that has run out, through both doors, over real sockets. The
// page must be what came out. When it is not: POSTERN_WRITE_DOCS=1 writes it anew.
#include <gtest/gtest.h>

#include <array>

#include "tests/dns_faults/fault_matrix.h"
#include "tests/dns_faults/fault_page.h"
#include "tests/scenarios/both_doors.h"
#include "tests/support/rules_from.h"

namespace postern::dns_faults_test {
namespace {

constexpr std::array kCached{Cached::nothing, Cached::good_answer, Cached::outdated_answer};

// Without a good answer at hand a row means what it says.
bool fault_shows(const Cell& cell) {
  return cell.cached != Cached::good_answer;
}

Disposition action_due(const Cell& cell) {
  return fault_shows(cell) ? cell.fault->action : Disposition::pass;
}

Took took_due(const Cell& cell) {
  return fault_shows(cell) ? cell.fault->took : Took::at_once;
}

Took took_of(const Cell::Side& side) {
  const auto attempt = side.pace.attempt_timeout();
  const auto tolerance = attempt / 10;
  if (side.judged.took < attempt - tolerance) return Took::at_once;
  return side.judged.took < 3 * attempt - tolerance ? Took::after_a_repeat : Took::given_up;
}

bool fits(Took took, Took due) {
  if (due != Took::at_once_or_after_a_repeat) return took == due;
  return took == Took::at_once || took == Took::after_a_repeat;
}

bool has_its_pace(const Cell& cell, const Cell::Side& side) {
  return fits(took_of(side), took_due(cell));
}

std::vector<Cell> cells_of(const std::vector<Fault>& faults) {
  std::vector<Cell> cells;
  for (const Fault& fault : faults) {
    for (const Cached cached : kCached) cells.push_back({&fault, cached, {}, {}});
  }
  return cells;
}

// One run for all tests.
class DnsFaults : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    faults_ = new std::vector<Fault>(all_faults());
    cells_ = new std::vector<Cell>(cells_of(*faults_));
    fill(*cells_,
         rules_from("version: 1\nrules:\n  - name: sender-must-exist\n"
                    "    check: sender_mx\n    preset: standard\n"),
         has_its_pace);
  }
  static void TearDownTestSuite() {
    delete cells_;
    delete faults_;
  }
  static std::string words(const Cell& cell) {
    return cell.fault->name + ", cached " + std::to_string(static_cast<int>(cell.cached)) + ": " +
           cell.policy.judged.finding + " " + cell.policy.judged.dns;
  }

  static std::vector<Fault>* faults_;
  static std::vector<Cell>* cells_;
};

std::vector<Fault>* DnsFaults::faults_ = nullptr;
std::vector<Cell>* DnsFaults::cells_ = nullptr;

bool is_permanent(const JudgedMail& judged) {
  return judged.action == Disposition::reject || judged.action == Disposition::discard ||
         judged.reply.starts_with('5');
}

TEST_F(DnsFaults, NothingIsRefusedForGoodUnlessDnsSaidSo) {
  int permanent = 0;
  for (const Cell& cell : *cells_) {
    const bool said_so = fault_shows(cell) && cell.fault->truth != DnsTruth::none;
    for (const Cell::Side* side : {&cell.policy, &cell.milter}) {
      EXPECT_EQ(is_permanent(side->judged), said_so) << words(cell);
      permanent += is_permanent(side->judged) ? 1 : 0;
    }
  }
  EXPECT_EQ(permanent, 6 * 2 * 2) << "six truths, without a good answer, through two doors";
}

TEST_F(DnsFaults, TheRefusalIsTheOneForWhatDnsSaid) {
  for (const Cell& cell : *cells_) {
    if (!fault_shows(cell) || cell.fault->truth == DnsTruth::none) continue;
    const bool null_mx = cell.fault->truth == DnsTruth::null_mx;
    EXPECT_EQ(cell.policy.judged.reply, null_mx ? "550 5.7.27" : "550 5.1.8") << words(cell);
    EXPECT_EQ(cell.policy.judged.finding, null_mx ? "null_mx" : "missing") << words(cell);
  }
}

TEST_F(DnsFaults, EveryCellIsDecidedAsItShouldBe) {
  for (const Cell& cell : *cells_) {
    EXPECT_EQ(to_string(cell.policy.judged.action), to_string(action_due(cell))) << words(cell);
  }
}

TEST_F(DnsFaults, BothDoorsAgree) {
  for (const Cell& cell : *cells_) {
    EXPECT_EQ(milter_words_for(cell.policy.judged.reply), cell.milter.judged.reply) << words(cell);
    EXPECT_EQ(cell.policy.judged.finding, cell.milter.judged.finding) << words(cell);
    EXPECT_EQ(cell.policy.judged.dns, cell.milter.judged.dns) << words(cell);
  }
}

TEST_F(DnsFaults, NoVerdictTakesLongerThanItShould) {
  for (const Cell& cell : *cells_) {
    for (const Cell::Side* side : {&cell.policy, &cell.milter}) {
      EXPECT_TRUE(fits(took_of(*side), took_due(cell)))
          << words(cell) << ": " << side->judged.took.count() << " ms";
      EXPECT_LT(side->judged.took, side->pace.longest()) << words(cell);
    }
  }
}

// --- the page

std::string_view in_words(Cached cached) {
  switch (cached) {
    case Cached::nothing:
      return "empty";
    case Cached::good_answer:
      return "good";
    case Cached::outdated_answer:
      return "outdated";
  }
  return "?";
}

std::string_view in_words(Took took) {
  switch (took) {
    case Took::at_once:
      return "at once";
    case Took::at_once_or_after_a_repeat:
      return "at once or after a repeat";
    case Took::after_a_repeat:
      return "after a repeat";
    case Took::given_up:
      return "given up";
  }
  return "?";
}

const char* const kIntroduction = R"(# When DNS does not answer as it should

Generated by `tests/dns_faults`, which has Postern judge mail from a domain, here `bad.example`,
through both doors while name servers of its own do what the table says; a test compares this page
with what comes out (`POSTERN_WRITE_DOCS=1 dns_faults_test` writes it anew). What is behind it
stands in `docs/dns.md`.

The rule is the shipped one, with `mode: enforce`:

```yaml
- name: sender-must-exist
  check: sender_mx
  preset: standard
```

**No fault refuses mail for good.** A 550 stands only where DNS itself has said that the domain does
not exist, has neither MX nor address, or takes no mail. Everything else is deferred with 451, so
that the sender tries again, or got around.

- *cache*: `empty`; `good`: the answer from before the fault is still within its TTL; `outdated`: it
  was, and its TTL ran out. An outdated answer is never used.
- *took*: `at once`; `after a repeat`: a query was repeated, or the next server asked, after
  `attempt_timeout`; `given up`: after all attempts at all servers, or at the deadline of the
  decision, whichever came first. With the default settings that is 0.8 s, and 2.4 s for one server
  or 4 s for several.
- *Postfix*, *milter*: what goes to the MTA through either door.
- *log*: `finding` and the answers of the mail domain in the `dns` field of the decision line.
  `first` and `second` stand for the addresses of the servers; of a mail host that is well no
  address is shown.

| fault | cache | Postfix | milter | took | log |
|---|---|---|---|---|---|
)";

std::string row(const Cell& cell, const std::string& cached) {
  const JudgedMail& judged = cell.policy.judged;
  return "| " + cell.fault->name + " | " + cached + " | `" + judged.reply + "` | `" +
         cell.milter.judged.reply + "` | " + std::string(in_words(took_due(cell))) + " | `" +
         (judged.finding.empty() ? "" : judged.finding + ": ") + judged.dns + "` |\n";
}

bool read_alike(const Cell& one, const Cell& other) {
  return row(one, "") == row(other, "");
}

// The three cells of a fault, those that read alike in one row.
std::string rows(const Cell* cells) {
  std::string text;
  std::array<bool, kCached.size()> told{};
  for (std::size_t i = 0; i < kCached.size(); ++i) {
    if (told[i]) continue;
    std::string cached;
    for (std::size_t other = i; other < kCached.size(); ++other) {
      if (!read_alike(cells[i], cells[other])) continue;
      told[other] = true;
      cached += (cached.empty() ? "" : ", ") + std::string(in_words(cells[other].cached));
    }
    text += row(cells[i], cached);
  }
  return text;
}

TEST_F(DnsFaults, ThePageIsWhatHappens) {
  std::string part = kIntroduction;
  for (std::size_t at = 0; at < cells_->size(); at += kCached.size()) part += rows(&(*cells_)[at]);
  expect_on_page(PagePart::sender_mx, part);
}

}  // namespace
}  // namespace postern::dns_faults_test
