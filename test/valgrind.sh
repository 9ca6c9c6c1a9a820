#!/bin/sh
# One test program under valgrind: no error, nothing left behind. Its output is shown only if
# that is not so. Called by make check-valgrind, several at a time.
program=$1
log=$program.valgrind.log

echo "valgrind $program"
MCPS_TEST_VALGRIND=1 $LIBTOOL --mode=execute valgrind --quiet --fair-sched=yes \
    --error-exitcode=99 --leak-check=full --child-silent-after-fork=yes \
    --show-leak-kinds=all --errors-for-leak-kinds=all "$program" > "$log" 2>&1
code=$?
[ $code -eq 0 ] || [ $code -eq 77 ] || { cat "$log"; echo "FAILED: $program"; exit 1; }
