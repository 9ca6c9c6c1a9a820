/* SPDX-License-Identifier: MIT */
/*
 * Executors: threads of the host on which tools run.
 *
 * A tool that must run on a certain thread, the main thread of a game or one that a database
 * has prepared, names an executor (struct mcps_tool, `executor`), and the host runs the calls
 * that wait there when it suits it, on one thread or on several:
 *
 *     mcps_executor_new(&executor, server, "main");
 *     … add tools with .executor = "main", start the server …
 *     once a frame: mcps_executor_run(executor, 2000);
 *
 * Such calls have their limits and time limits, and can be cancelled, as those on workers. The
 * clients of one executor are served in turn, each in the order of its calls. A handler there
 * does not wait for what it asks its client (ask.h): it is run again when the answer is there,
 * for nothing would take the place of the thread.
 *
 * A stop of the server does not need the executor to be run: what waits there when the time to
 * drain is over is taken away. It waits for handlers that run on the host's threads as for
 * others.
 */
#ifndef MCPSERVER_EXECUTOR_H
#define MCPSERVER_EXECUTOR_H

#include <mcpserver/base.h>
#include <mcpserver/server.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mcps_executor mcps_executor;

/* Makes an executor, before the tools that name it are added. Gives *ret, a reference that
 * mcps_executor_unref() lets go of. The executor itself stays until the server is gone.
 * MCPS_EEXISTS for a name that there is already; MCPS_EBUSY while the server stops; -EINVAL;
 * -ENOMEM. Any thread. */
MCPS_PUBLIC int mcps_executor_new(mcps_executor **ret, mcps_server *server,
                                  const char *name) MCPS_MUST_CHECK;
MCPS_PUBLIC mcps_executor *mcps_executor_ref(mcps_executor *executor);
/* Returns NULL; NULL is fine. */
MCPS_PUBLIC mcps_executor *mcps_executor_unref(mcps_executor *executor);

/*
 * Runs calls that wait, on this thread, until there are none or `budget_us` microseconds are
 * over, which is looked at between calls; 0: one call at the most. Any thread, several at
 * once. Returns how many were run; MCPS_ECLOSED once the server is gone; -EDEADLK within a
 * handler of the server; -ENOMEM.
 */
MCPS_PUBLIC int mcps_executor_run(mcps_executor *executor,
                                  unsigned budget_us) MCPS_MUST_CHECK;
/* A descriptor to poll for reading: readable while calls wait, and once the server is gone.
 * Not to be read or closed, valid as long as the caller's reference. MCPS_ECLOSED. */
MCPS_PUBLIC int mcps_executor_get_fd(mcps_executor *executor) MCPS_MUST_CHECK;
/* Waits until a call waits, for threads that do nothing else: 1; 0 after so many milliseconds,
 * of which -1 is no limit; MCPS_ECLOSED when the server stops, has stopped since the executor was made, or is gone, and no
 * call waits; -EDEADLK within a handler of the server. Any thread, several at once. */
MCPS_PUBLIC int mcps_executor_wait(mcps_executor *executor,
                                   int timeout_ms) MCPS_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
