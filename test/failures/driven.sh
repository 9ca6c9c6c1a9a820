#!/bin/sh
# What is promised of a server with threads holds of one that is driven: the tests of failures
# once more, with a loop of the test in place of the I/O threads.
set -u

programs="close cancel ask stdio order handlers stop clients schemas listen offers layers rounds"
programs="$programs http sse sessions guard"
bad=0

if ! grep -q '^#define MCPS__TEST_HOOKS' "$top_builddir/config.h" ||
    ! grep -q '^#define HAVE_EPOLL_CREATE1' "$top_builddir/config.h" ||
    [ ! -x "$top_builddir/test/failures/close" ]; then
    echo "SKIPPED: this needs test hooks, unit tests and epoll"
    exit 77
fi
for name in $programs; do
    log=$top_builddir/test/failures/$name.driven.out
    # Only where those to be built are named one by one.
    [ -x "$top_builddir/test/failures/$name" ] || { echo "SKIPPED: $name is not built"; continue; }
    MCPS_TEST_DRIVEN=1 "$top_builddir/test/failures/$name" > "$log" 2>&1
    code=$?
    # 77: all passed, but for what cannot be tested here.
    grep SKIPPED "$log"
    [ $code -eq 0 ] || [ $code -eq 77 ] && continue
    echo "FAILED: $name"
    tail -n 40 "$log"
    bad=1
done
exit $bad
