// How libmilter takes connections when there are no descriptors left for them.
#pragma once

#include "common/io/accept_shortage.h"

namespace postern {

// From now on libmilter waits a moment whenever a connection to this socket cannot be taken for
// want of descriptors or memory, and `shortage` hears of it; by itself it would try again at once,
// on a whole core, and tell nobody. For the whole process, like libmilter: call it once, before
// smfi_main(). `shortage` outlives libmilter's threads.
void pause_at_shortage(int listening_fd, AcceptShortage& shortage);

}  // namespace postern
