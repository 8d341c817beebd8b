// One thing that is wrong in how an MTA asks Postern, and the list of all that is checked: one
// small pure function each. The page is docs/doctor.md; a test compares it with the list.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctl/doctor/mta_config.h"

namespace postern::doctor {

enum class FindingSeverity {
  note,     // works; there is a better way
  warning,  // works until something else happens
  error,    // mail is not judged, is lost, or waits
};

std::string_view to_string(FindingSeverity severity);

struct Finding {
  std::string_view name;
  FindingSeverity severity = FindingSeverity::error;
  std::string where;  // file and parameter
  std::string found;
  std::string why;    // why that matters, one sentence
  std::string write;  // the line or lines to write; what to do where there is no line
};

// Where the functions put what they find. Main.cf counts for many services: what is the same is
// there once.
class FindingList {
 public:
  explicit FindingList(std::string_view name) : name_(name) {}
  void add(FindingSeverity severity, std::string where, std::string found, std::string why,
           std::string write);
  std::vector<Finding> take() && { return std::move(all_); }

 private:
  std::string_view name_;
  std::set<std::pair<std::string, std::string>> seen_;
  std::vector<Finding> all_;
};

struct FindingKind {
  std::string_view name;
  void (*check)(const MtaConfig& mta, FindingList& findings);
};

using FindingKinds = std::span<const FindingKind>;

// In the order in which they are told within one severity.
std::vector<FindingKind> all_findings();

// Everything that is wrong, the worst first.
std::vector<Finding> findings_in(const MtaConfig& mta);

// Those of each file NAME_findings.cpp.
FindingKinds policy_place_findings();   // where Postfix asks the policy daemon
FindingKinds weakening_findings();      // what Postfix makes of a refusal
FindingKinds policy_answer_findings();  // time-outs and default actions
FindingKinds milter_findings();         // the filter in Postfix
FindingKinds sendmail_findings();       // the filter in sendmail
FindingKinds duplicate_findings();      // what is done twice
FindingKinds socket_findings();         // the sockets between them
FindingKinds unit_findings();           // what systemd says of the daemons
FindingKinds store_findings();          // what is remembered of senders
FindingKinds store_server_findings();   // who shares what is remembered
FindingKinds name_findings();           // name servers and hosts files

}  // namespace postern::doctor
