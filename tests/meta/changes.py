"""Changes that people make to Postern, as templates: what tests/meta/test_changes.py makes of a copy
of the tree, to count the files that each touches."""

import dataclasses
import re
from pathlib import Path

CHANGELOG = ("CHANGELOG.md", r"\Z", "- Example.\n")


@dataclasses.dataclass
class Change:
    most: int  # files that it may touch
    new: dict = dataclasses.field(default_factory=dict)  # path: text
    edits: list = dataclasses.field(default_factory=list)  # (path, what stands behind, text)

    def make(self, root):
        """Makes the change below `root`, and returns the paths of what it has touched."""
        for name, text in self.new.items():
            path = root / name
            assert not path.exists(), f"{name} is there already"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        for name, before, text in self.edits:
            insert(root / name, before, text)
        return {*self.new, *(name for name, _, _ in self.edits)}


def insert(path: Path, before, text):
    old = path.read_text()
    places = list(re.finditer(before, old, re.M))
    assert len(places) == 1, f"{path.name}: {len(places)} places for {before!r}"
    at = places[0].start()
    path.write_text(old[:at] + text + old[at:])


CHECK = """\
// sender_address: does the sender's domain have an address? Page: sender_address.md.
#include <array>

#include "rules/model/check.h"

namespace postern::checks {
namespace {

enum class AddressFinding : std::size_t { address, no_address, no_answer };

constexpr std::array<FindingInfo, 3> kAddressFindings = {{
    {"address", FindingClass::good},
    {"no_address", FindingClass::bad},
    {"no_answer", FindingClass::temporary},
}};

constexpr std::array<PresetAction, 1> kCarefulAddress = {{{"no_answer", "defer"}}};
constexpr std::array<CheckPreset, 1> kAddressPresets = {{{"careful", kCarefulAddress}}};

class SenderAddress : public Check {
 public:
  [[nodiscard]] AttributeSet attributes() const override {
    return attribute_set({Attribute::sender_domain});
  }
  [[nodiscard]] CheckReport inspect(const Transaction& transaction,
                                    FactView& facts) const override {
    if (!transaction.sender || transaction.sender->kind() != MailAddress::Kind::domain) {
      return CheckReport::not_applicable();
    }
    const auto* answer = facts.dns({transaction.sender->domain(), dns::DnsType::a});
    if (answer == nullptr) return CheckReport::waiting();
    return CheckReport::found(static_cast<std::size_t>(finding_for(answer->status)));
  }

 private:
  static AddressFinding finding_for(dns::DnsStatus status) {
    switch (status) {
      case dns::DnsStatus::found:
        return AddressFinding::address;
      case dns::DnsStatus::absent:
        return AddressFinding::no_address;
      case dns::DnsStatus::temporary_failure:
        break;
    }
    return AddressFinding::no_answer;
  }
};

std::unique_ptr<Check> make_sender_address(yaml::ConfigMap& /*options*/) {
  return std::make_unique<SenderAddress>();
}

}  // namespace

const CheckInfo& sender_address_check() {
  static const CheckInfo info{
      "sender_address", Stage::mail, kAddressFindings, kAddressPresets, {}, make_sender_address};
  return info;
}

}  // namespace postern::checks
"""

CHECK_PAGE = """\
# sender_address

## Purpose

Does the sender's domain have an address?

## Findings

| finding | meaning | class |
|---|---|---|
| `address` | it has one | good |
| `no_address` | it has none | bad |
| `no_answer` | DNS gave no answer | temporary |

## Options

| key | value | default |
|---|---|---|
| `preset` | `careful` | none |
| `on` | finding: action, on top of the preset | nothing is done for a finding that is not named |

| finding | `preset: careful` |
|---|---|
| `no_answer` | defer |

## Example

    - name: sender-has-an-address
      check: sender_address
      preset: careful
"""

CHECK_TEST = """\
#include <gtest/gtest.h>

#include "rules/checks/check_list.h"
#include "tests/support/transaction_builder.h"

namespace postern::checks {
namespace {

TEST(SenderAddress, HasNothingToSayOfTheNullSender) {
  const auto transaction = TransactionBuilder(Stage::mail).sender("<>").transaction;
  ASSERT_NE(find_check("sender_address"), nullptr);
  EXPECT_EQ(find_check("sender_address")->findings.size(), 3U);
  EXPECT_TRUE(transaction.sender);
}

}  // namespace
}  // namespace postern::checks
"""

ACTION_STRUCT = """\
struct Tag {
  std::string text;
  friend bool operator==(const Tag&, const Tag&) = default;
};

"""

ACTION_ROW = """\
    {ActionKind::tag, "tag", Argument::optional, kTextForm, "Named in the decision line", kGoesOn,
     false, kAlways, parse_with_text<Tag>},
"""

ACTION_TEST = """\
TEST(Tag, IsReadAndWritten) {
  EXPECT_EQ(action_text(parse_action("tag seen").value()), "tag \\"seen\\"");
}

"""

ATTRIBUTE_ROW = """\
    {Attribute::sasl_method, "sasl_method", "How the client authenticated", Stage::mail,
     DoorSet{Door::policy}, TextIn{&Transaction::sasl_method}, Attribute::sasl_method, "WORD"},
"""

ATTRIBUTE_TEST = """\
TEST(FillTransaction, TakesOverHowTheClientHasAuthenticated) {
  PolicyRequest request = full_request();
  Transaction transaction;
  static_assert(kTextAttributes[1] == Attribute::sasl_method);
  request.texts[1] = "PLAIN";
  fill_transaction(request, Stage::mail, transaction);
  EXPECT_EQ(transaction.sasl_method, "PLAIN");
}

"""

MACRO_ROW = """\
    {Attribute::sasl_sender, "sasl_sender", "For whom the client sends (AUTH=)", Stage::mail,
     kBoth, TextIn{&Transaction::sasl_sender}, Attribute::sasl_sender, "NAME", kNotAsked,
     "{auth_author}"},
"""

MACRO_TEST = """\
TEST_F(SessionStates, TakesOverForWhomTheClientSends) {
  static_assert(kTextAttributes[1] == Attribute::sasl_sender);
  state_.mail("<>", {.texts = {"ann", "bob@b.example"}});
  EXPECT_EQ(now().sasl_sender, "bob@b.example");
}

"""

METRIC = """\
    {{"postern_connections_free", kGauge, "Connections that may still come."},
     [](const Page& page) {
       return page.settings.policyd.max_connections - page.status.open_connections;
     }},
"""

METRIC_ROW = "| `postern_connections_free` | gauge | | connections that may still come |\n"

COMMAND = """\
// `posternctl uptime`: since when the daemons run.
#include "ctl/cli/installation.h"
#include "ctl/cli/json_read.h"
#include "ctl/cli/printing.h"

namespace postern::ctl {
namespace {

CtlExit run_uptime(const CommandContext& context) {
  const auto answers = ask_daemons(daemons_of(settings_in_use(context).settings),
                                   {"GET", "/v1/status", {}}, kQuickAnswer);
  if (context.console.is_json()) {
    context.console.json(json_answers(answers, "status"));
  } else {
    for (const DaemonAnswer& answer : answers) {
      if (!answer.ok()) continue;
      context.console.line(answer.daemon.name, ": since ", text_of(answer.body, "started"));
    }
  }
  return print_faults(answers, context.console);
}

}  // namespace

extern const Command kUptimeCommand{"uptime", "Says since when the daemons run",
                                    "Examples:\\n  posternctl uptime\\n"
                                    "  posternctl uptime --json", prepare<run_uptime>};

}  // namespace postern::ctl
"""

COMMAND_PAGE = """\
*uptime*
	Says since when the daemons run.

"""

COMMAND_TEST = """\
#include <gtest/gtest.h>

#include "ctl/commands.h"

namespace postern::ctl {
namespace {

TEST(Uptime, IsACommand) {
  EXPECT_EQ(kUptimeCommand.name, "uptime");
}

}  // namespace
}  // namespace postern::ctl
"""

# By what HACKING.md calls them, with NAME for the new thing's name there.
CHANGES = {
    "a check on DNS": ("sender_address", Change(
        most=5,
        new={"rules/checks/sender_address.cpp": CHECK,
             "rules/checks/sender_address.md": CHECK_PAGE,
             "tests/unit/rules/checks/sender_address_test.cpp": CHECK_TEST},
        edits=[("rules/checks.list", r"\Z", "sender_address\n"), CHANGELOG])),
    "an action": ("tag", Change(
        most=6,
        edits=[("rules/model/action.h", "^using Action = ", ACTION_STRUCT),
               ("rules/model/action.h", r"(?<=Copy, Log)>;$", ", Tag"),
               ("rules/model/action.h", r"(?<=^  log)\n\};", ",\n  tag"),
               ("rules/model/action.cpp", r"^\}\};\n\nconstexpr bool is_in_order", ACTION_ROW),
               ("rules/model/action.cpp", r"(?<=Log& log\) \{ return with_text\(log\); \})\},$",
                ", [&](const Tag& tag) { return with_text(tag); }"),
               ("rules/engine.cpp", r"(?<=\[\]\(const Log&\) \{\})\},$", ", [](const Tag&) {}"),
               ("docs/actions.md", r"^- A matching rule whose action is not possible",
                "- **tag** only marks the decision line.\n"),
               ("tests/unit/rules/model/action_test.cpp", r"\}  // namespace\n\}", ACTION_TEST),
               CHANGELOG])),
    "an attribute": ("sasl_method", Change(
        most=6,
        edits=[("rules/model/transaction.h", r"^  TlsState tls = ",
                "  std::string sasl_method;          // empty: not authenticated\n"),
               ("rules/model/transaction.h", r"(?<=&sasl_username, )&queue_id", "&sasl_method, "),
               ("rules/model/transaction.h", r"^  tls,$", "  sasl_method,\n"),
               ("rules/attribute.h", r'^    \{Attribute::tls, "tls"', ATTRIBUTE_ROW),
               ("docs/log.md", r"^\| `tls` \|", "| `sasl_method` | how it did |\n"),
               ("tests/unit/policyd/adapter_test.cpp", r"\}  // namespace\n\}", ATTRIBUTE_TEST),
               CHANGELOG])),
    "an attribute through the milter": ("sasl_sender", Change(
        most=6,
        edits=[("rules/model/transaction.h", r"^  TlsState tls = ",
                "  std::string sasl_sender;          // empty: the client's own\n"),
               ("rules/model/transaction.h", r"(?<=&sasl_username, )&queue_id", "&sasl_sender, "),
               ("rules/model/transaction.h", r"^  tls,$", "  sasl_sender,\n"),
               ("rules/attribute.h", r'^    \{Attribute::tls, "tls"', MACRO_ROW),
               ("docs/log.md", r"^\| `tls` \|", "| `sasl_sender` | for whom it sends |\n"),
               ("tests/unit/milter/session_state_test.cpp", r"\}  // namespace\n\}", MACRO_TEST),
               CHANGELOG])),
    "a setting": ("max_examples", Change(
        most=3,
        edits=[("server/config/settings.h", r"^  std::size_t max_delayed = 50;$",
                "  std::size_t max_examples = 7;\n"),
               ("server/config/settings.h", r'^    row\(\{"max_delayed",',
                '    row({"max_examples", "Examples at once"}, &S::max_examples, Number{0, 9});\n'),
               ("server/service/decision_service.cpp", r"^  cache_\.reconfigure\(",
                "  delays_.resize(settings().decision.max_examples);\n"),
               CHANGELOG])),
    "a metric": ("postern_connections_free", Change(
        most=3,
        edits=[("server/control/control_metrics.cpp",
                r'^    \{\{"postern_connections_accepted_total"', METRIC),
               ("docs/metrics.md", r"^\| `postern_connections_accepted_total`", METRIC_ROW),
               CHANGELOG])),
    "a command of posternctl": ("uptime", Change(
        most=5,
        new={"ctl/status/uptime.cpp": COMMAND, "tests/unit/ctl/status/uptime_test.cpp": COMMAND_TEST},
        edits=[("ctl/commands.h", r"^extern const Command kImportCommand;",
                "extern const Command kUptimeCommand;\n"),
               ("ctl/commands.h", r"&kImportCommand\b", "&kUptimeCommand, "),
               ("docs/posternctl.8.scd", r"^\*completion\* \*bash", COMMAND_PAGE), CHANGELOG])),
}
