#include "ctl/doctor/io/diagnosis_text.h"

#include <algorithm>

#include "common/base/counted.h"
#include "ctl/cli/wrapped_page.h"
#include "server/control/control_json.h"

namespace postern::doctor {
namespace {

// Line by line: what is to be written is not broken.
void print_lines(const std::string& lines, ctl::WrappedPage& page) {
  std::string_view left = lines;
  while (!left.empty()) {
    const std::size_t end = left.find('\n');
    page.exactly(6, left.substr(0, end));
    left.remove_prefix(end == std::string_view::npos ? left.size() : end + 1);
  }
}

void print_finding(const Finding& finding, ctl::WrappedPage& page) {
  const std::string head = std::string(to_string(finding.severity)) + ": " +
                           std::string(finding.name) + ": " + finding.where;
  page.line(0, 4, head);
  page.line(2, 4, finding.found);
  page.line(2, 4, finding.why);
  page.exactly(2, "write:");
  print_lines(finding.write, page);
  page.gap();
}

}  // namespace

std::size_t Diagnosis::count(FindingSeverity severity) const {
  return static_cast<std::size_t>(
      std::count_if(findings.begin(), findings.end(),
                    [&](const Finding& finding) { return finding.severity == severity; }));
}

bool Diagnosis::good() const {
  return count(FindingSeverity::note) == findings.size();
}

std::string diagnosis_text(const Diagnosis& diagnosis) {
  ctl::WrappedPage page;
  for (const Finding& finding : diagnosis.findings) print_finding(finding, page);
  std::string looked_at;
  for (const std::string& one : diagnosis.looked_at) {
    looked_at += (looked_at.empty() ? "" : "; ") + one;
  }
  page.line(0, 2, "looked at: " + looked_at);
  const std::string notes = counted(diagnosis.count(FindingSeverity::note), "note");
  if (diagnosis.good()) {
    page.line(0, 2, "good: " + notes);
  } else {
    page.line(0, 2,
              "NOT GOOD: " + counted(diagnosis.count(FindingSeverity::error), "error") + ", " +
                  counted(diagnosis.count(FindingSeverity::warning), "warning") + ", " + notes);
  }
  return page.take();
}

boost::json::object diagnosis_json(const Diagnosis& diagnosis) {
  boost::json::array findings;
  for (const Finding& finding : diagnosis.findings) {
    findings.push_back({{"name", control::json_text(finding.name)},
                        {"severity", control::json_text(to_string(finding.severity))},
                        {"where", control::json_text(finding.where)},
                        {"found", control::json_text(finding.found)},
                        {"why", control::json_text(finding.why)},
                        {"write", boost::json::array{}}});
    auto& lines = findings.back().as_object()["write"].as_array();
    std::string_view left = finding.write;
    while (!left.empty()) {
      const std::size_t end = left.find('\n');
      lines.push_back(control::json_text(left.substr(0, end)));
      left.remove_prefix(end == std::string_view::npos ? left.size() : end + 1);
    }
  }
  boost::json::array looked_at;
  for (const std::string& one : diagnosis.looked_at) looked_at.push_back(control::json_text(one));
  return {{"good", diagnosis.good()},
          {"errors", diagnosis.count(FindingSeverity::error)},
          {"warnings", diagnosis.count(FindingSeverity::warning)},
          {"notes", diagnosis.count(FindingSeverity::note)},
          {"looked_at", std::move(looked_at)},
          {"findings", std::move(findings)}};
}

}  // namespace postern::doctor
