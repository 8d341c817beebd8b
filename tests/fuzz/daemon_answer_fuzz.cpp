// Whatever a daemon, or one in its place, answers to `posternctl status`, a person sees lines of
// text: nothing that a terminal obeys. Input: one answer's body, or two with an empty line between.
#include <algorithm>

#include "common/base/escape.h"
#include "common/json/parse_json.h"
#include "ctl/status/status.h"
#include "tests/fuzz/require.h"

namespace postern::daemon_answer_fuzz {
namespace {

void require_lines(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    require(printable(line) == line);
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
}

void add_answer(std::vector<ctl::DaemonAnswer>& answers, Door door, std::string_view body) {
  const auto json = json::parse_json(body);
  if (!json || !json->is_object()) return;
  ctl::DaemonAnswer answer;
  answer.daemon = {door, door == Door::policy ? "postern-policyd" : "postern-milter", "/run/a"};
  answer.status = 200;
  answer.body = json->as_object();
  answers.push_back(std::move(answer));
}

void check(std::string_view bytes) {
  std::vector<ctl::DaemonAnswer> answers;
  const auto middle = bytes.find("\n\n");
  add_answer(answers, Door::policy, bytes.substr(0, middle));
  if (middle != std::string_view::npos) {
    add_answer(answers, Door::milter, bytes.substr(middle + 2));
  }
  if (answers.empty()) return;
  const auto problems = ctl::problems_of(answers, "5d41402abc4b2a76");
  for (const ctl::StatusProblem& problem : problems) require(!problem.text.empty());
  require(ctl::exit_of(problems) == ctl::CtlExit::ok || !problems.empty());
  require_lines(ctl::status_text(answers, problems, UtcTime{std::chrono::seconds{1795284000}}));
}

}  // namespace
}  // namespace postern::daemon_answer_fuzz

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  postern::daemon_answer_fuzz::check(postern::as_text(data, size));
  return 0;
}
