// Postern's units as systemd has them. Blocks on systemctl, for a bounded time.
#pragma once

#include <string>
#include <vector>

#include "ctl/doctor/host_state.h"

namespace postern::doctor {

// Of the units with these names, those that systemd knows; none where no systemd runs.
std::vector<UnitStatus> check_units(const std::vector<std::string>& units,
                                    const std::string& systemctl = "systemctl");

// What `systemctl show --property=Id,LoadState,ActiveState,Result` has written: a block of lines a
// unit. Pure.
std::vector<UnitStatus> read_unit_states(const std::string& text);

}  // namespace postern::doctor
