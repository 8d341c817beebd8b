// The only place that sees libmilter's SMFICTX: its callbacks, each of which translates and hands
// over to the connection's MilterSession. Nothing is thrown across them.
#pragma once

#include "milter/session.h"

namespace postern::milter {

// Registers the filter (smfi_register). libmilter has no place for data of a filter's own, so
// `services` are kept for the whole process; they outlive smfi_main() and the threads it leaves.
// Call once. Error: libmilter refuses.
Result<void> register_filter(const MilterServices& services);

}  // namespace postern::milter
