#include "ctl/shadow/shadow_page.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "common/base/counted.h"
#include "ctl/cli/json_read.h"
#include "ctl/cli/printing.h"

namespace postern::ctl {
namespace {

using boost::json::object;

struct KindWords {
  const char* key;
  const char* words;
};
constexpr std::array kDifferences{KindWords{"refused", "would be refused"},
                                  KindWords{"let_in", "would be let in"},
                                  KindWords{"other_action", "another action"},
                                  KindWords{"other_details", "other text or header"}};

// `reject 550 by rule adp`
std::string verdict_of(const object& row, const char* action, const char* rule) {
  const std::string name = text_of(row, rule);
  return text_of(row, action) + (name.empty() ? "" : " by rule " + name);
}

std::string head(const object& shadow, const std::string& daemon, UtcTime now) {
  const auto& counts = object_of(shadow, "counts");
  std::string text = daemon + ": " + text_of(shadow, "file") + ", since " +
                     time_with_age(text_of(shadow, "since"), now) +
                     (is_true(shadow, "ask_dns") ? ", asks DNS" : "") + "\n  " +
                     counted(count_of(shadow, "decisions"), "decision") + ": " +
                     std::to_string(count_of(object_of(counts, "same"), "decisions")) +
                     " the same, " + std::to_string(count_of(shadow, "differences")) + " differ, " +
                     std::to_string(count_of(object_of(counts, "undecided"), "decisions")) +
                     " undecided\n";
  if (const auto dropped = count_of(shadow, "dropped"); dropped > 0) {
    text += "  not compared, because the shadow did not keep up: " + counted(dropped, "decision") +
            "\n";
  }
  if (const auto failed = count_of(shadow, "failed"); failed > 0) {
    text += "  FAILED at " + counted(failed, "decision") +
            ", the last: " + text_of(shadow, "failure") + "\n";
  }
  return text;
}

std::string kinds(const object& counts) {
  std::vector<std::vector<std::string>> rows{{"  difference", "decisions", "messages"}};
  for (const auto& [key, words] : kDifferences) {
    const auto& count = object_of(counts, key);
    if (count_of(count, "decisions") == 0) continue;
    rows.push_back({std::string("  ") + words, std::to_string(count_of(count, "decisions")),
                    std::to_string(count_of(count, "messages"))});
  }
  return rows.size() == 1 ? std::string() : as_columns(rows);
}

// The most first.
std::vector<const object*> rows_of(const object& shadow) {
  std::vector<const object*> rows;
  for (const auto& item : array_of(shadow, "by_rule")) rows.push_back(&as_object(item));
  std::ranges::stable_sort(rows, std::ranges::greater{},
                           [](const object* row) { return count_of(*row, "decisions"); });
  return rows;
}

std::string by_rule(const object& shadow) {
  std::vector<std::vector<std::string>> differing{{"  decisions", "in force", "candidate"}};
  std::map<std::string, std::uint64_t> undecided;  // whatever was decided instead
  for (const object* row : rows_of(shadow)) {
    const std::string count = std::to_string(count_of(*row, "decisions"));
    if (text_of(*row, "kind") == "undecided") {
      const std::string rule = text_of(*row, "rule");
      const bool no_rule = rule.empty() || rule == "-";
      undecided[(no_rule ? "" : "rule " + rule + " ") + "needs " + text_of(*row, "needs")] +=
          count_of(*row, "decisions");
    } else {
      differing.push_back({"  " + count, verdict_of(*row, "live", "live_rule"),
                           verdict_of(*row, "candidate", "rule")});
    }
  }
  std::string text = differing.size() == 1 ? std::string() : as_columns(differing);
  for (const auto& [why, decisions] : undecided) {
    text += "  undecided " + std::to_string(decisions) + ": " + why + "\n";
  }
  return text;
}

}  // namespace

std::string example_line(const object& example) {
  const std::string name = text_of(example, "client_name");
  const std::string recipient = text_of(example, "recipient");
  const std::string entry = text_of(example, "entry");
  const auto* sender = example.if_contains("sender");
  const bool is_told = sender != nullptr && sender->is_string();
  return text_of(example, "at") + "  " + text_of(example, "stage") + "  " +
         text_of(example, "client") + (name.empty() ? "" : " (" + name + ")") +
         (is_told ? "  <" + text_of(example, "sender") + ">" : "") +
         (recipient.empty() ? "" : " -> <" + recipient + ">") + ": " +
         verdict_of(example, "live", "live_rule") + " -> " +
         verdict_of(example, "candidate", "rule") +
         (entry.empty() ? "" : ", entry " + entry + " at " + text_of(example, "entry_at"));
}

std::string shadow_text(const object& shadow, const std::string& daemon, std::size_t examples,
                        UtcTime now) {
  std::string text =
      head(shadow, daemon, now) + kinds(object_of(shadow, "counts")) + by_rule(shadow);
  const auto& all = array_of(shadow, "examples");
  for (std::size_t i = std::min(examples, all.size()); i > 0; --i) {
    text += "  " + example_line(as_object(all[i - 1])) + "\n";
  }
  return text;
}

}  // namespace postern::ctl
