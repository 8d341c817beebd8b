// What the findings are told as. Pure.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "ctl/doctor/finding.h"

namespace postern::doctor {

struct Diagnosis {
  std::vector<Finding> findings;
  std::vector<std::string> looked_at;  // `Postfix: 3 SMTP servers`
  [[nodiscard]] std::size_t count(FindingSeverity severity) const;
  // Nothing but notes.
  [[nodiscard]] bool good() const;
};

// Lines that a terminal can show.
std::string diagnosis_text(const Diagnosis& diagnosis);
boost::json::object diagnosis_json(const Diagnosis& diagnosis);

}  // namespace postern::doctor
