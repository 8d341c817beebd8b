// The units of the daemons, as systemd has them.
#include <array>
#include <string>

#include "ctl/doctor/finding.h"

namespace postern::doctor {
namespace {

// Of a service its Result, of a socket that of the service that it has started, or its own.
bool is_limit_hit(const UnitStatus& unit) {
  return unit.result == "start-limit-hit" || unit.result == "service-start-limit-hit" ||
         unit.result == "trigger-limit-hit";
}

std::string stem_of(const UnitStatus& unit) {
  return unit.unit.substr(0, unit.unit.rfind('.'));
}

// What systemd knows of the two that belong together.
std::string both_units(const MtaConfig& mta, const UnitStatus& unit) {
  std::string names;
  for (const UnitStatus& one : mta.host.units) {
    if (stem_of(one) == stem_of(unit)) names += (names.empty() ? "" : " ") + one.unit;
  }
  return names;
}

std::string found_text(const UnitStatus& unit) {
  return unit.unit + " has failed: Result=" + unit.result;
}

void check_start_limit_hit(const MtaConfig& mta, FindingList& findings) {
  for (const UnitStatus& unit : mta.host.units) {
    if (unit.state != "failed" || !is_limit_hit(unit)) continue;
    const std::string units = both_units(mta, unit);
    std::string way_back = "posternctl check && systemctl reset-failed ";
    way_back.append(units).append(" && systemctl start ").append(units);
    findings.add(FindingSeverity::error, "systemd: " + unit.unit, found_text(unit),
                 "After too many starts in vain systemd starts it no more, also when what was "
                 "wrong has been mended.",
                 way_back);
  }
}

void check_unit_failed(const MtaConfig& mta, FindingList& findings) {
  for (const UnitStatus& unit : mta.host.units) {
    if (unit.state != "failed" || is_limit_hit(unit)) continue;
    findings.add(
        FindingSeverity::error, "systemd: " + unit.unit, found_text(unit),
        "Nothing starts it again by itself, and mail goes on as the default action says.",
        "journalctl -u " + unit.unit + " -n 20\nsystemctl restart " + both_units(mta, unit));
  }
}

}  // namespace

FindingKinds unit_findings() {
  static constexpr std::array kFindings{
      FindingKind{"start-limit-hit", check_start_limit_hit},
      FindingKind{"unit-failed", check_unit_failed},
  };
  return kFindings;
}

}  // namespace postern::doctor
