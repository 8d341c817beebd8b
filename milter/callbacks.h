// libmilter's callbacks, the only place that sees SMFICTX. Each callback translates its arguments,
// calls the MilterSession of the connection, and translates the reply. No exception leaves them.
#pragma once

#include "milter/session.h"

namespace postern::milter {

// Registers the filter (smfi_register). libmilter passes no data of the filter to its callbacks, so
// the process keeps one reference: `services` outlive smfi_main() and the threads that it leaves.
// REQUIRES: called once, before smfi_main(). Error: libmilter refuses.
Result<void> register_filter(const MilterServices& services);

}  // namespace postern::milter
