// In the program and not in its library, because it is for the whole process.
#include <csignal>

#include <unistd.h>

// libmilter has a thread that waits with sigwait(3) for SIGHUP, SIGTERM and SIGINT, and takes each
// for an order to stop, SIGHUP too; there is no way to tell it not to. The kernel gives a signal of
// the process to the main thread, unless that blocks it, which it does while it is in the handler
// of another one: then the signal goes to whoever waits for it. So nobody else does. libmilter
// calls this function instead of libc's, because the program's come first when symbols are bound,
// and it is the only one in the process that calls it. Its thread has all signals blocked
// (MilterServer::run_filter), so that nothing ends the pause.
extern "C" int sigwait(const sigset_t* /*signals*/, int* /*signal*/) {
  for (;;) ::pause();
}
