#!/bin/sh
# Would the tests of group 1 notice if the code were wrong? Runs them with each mutation of
# lib/util/sync.h: those that are meant to catch it must fail in every run, and end by
# themselves. Without a mutation they must pass.
set -u

# A mutation, and a test that is to catch it, of the program close.
table='
M1 f1_01_input_ends_while_a_handler_runs
M1 f1_04_two_sources_of_cancellation
M2 f1_02_parked_in_roots_at_the_end_of_input
M3 f1_02_parked_in_roots_at_the_end_of_input
M4 f1_03_answer_to_a_broken_sink
M4 f1_03_answer_to_a_closed_sink
M4 f1_03_answer_as_the_sink_closes
M5 f1_04_two_sources_of_cancellation
'
# The same over HTTP, of the program http.
http_table='
M1 f1_01_told_before_the_session_is_closed
M1 f1_01_told_before_the_connection_is_closed
M2 f1_02_gone_while_it_is_woken
M3 f1_02_an_ask_of_a_client_that_left
M4 f1_03_an_answer_to_a_client_that_left
M5 f1_04_sources_of_cancellation_over_http
'

program=$top_builddir/test/failures/close
http_program=$top_builddir/test/failures/http
log=$top_builddir/test/failures/mutations.out
runs=5
[ "${MCPS_TEST_LONG:-0}" = 1 ] && runs=20
bad=0
ulimit -c 0

if ! grep -q '^#define MCPS__TEST_HOOKS' "$top_builddir/config.h" || [ ! -x "$program" ] ||
    [ ! -x "$http_program" ]; then
    echo "SKIPPED: mutations are in builds with --enable-test-hooks only"
    exit 77
fi

# The mutation or nothing, the test. The shell's own word on an abort goes to the log, too.
run() {
    (
        MCPS_TEST_MUTATION=$1 "$program" "$2"
        exit $?
    ) >"$log" 2>&1
}

# Failed by itself: a test that hangs is ended by SIGALRM, and 2 is an unknown mutation.
is_caught() {
    case $1 in
    0 | 2 | 77 | 142) return 1 ;;
    esac
    ! grep -q 'no such test' "$log"
}

check_passes() {
    code=0
    run "" "$1" || code=$?
    [ $code -eq 0 ] && return
    echo "$1 fails without any mutation: exit code $code"
    cat "$log"
    bad=1
}

check_caught() {
    n=0
    for i in $(seq $runs); do
        code=0
        run "$1" "$2" || code=$?
        if is_caught $code; then
            n=$((n + 1))
        else
            echo "$1 not caught in run $i: exit code $code"
            tail -n 20 "$log"
        fi
    done
    echo "$1 caught $n/$runs by $2"
    [ $n -eq $runs ] || bad=1
}

check_table() { # words
    for word in $1; do
        case $word in
        M[0-9]) ;;
        *) check_passes "$word" ;;
        esac
    done
    for word in $1; do
        case $word in
        M[0-9]) mutation=$word ;;
        *) check_caught "$mutation" "$word" ;;
        esac
    done
}

check_table "$table"
program=$http_program
check_table "$http_table"
rm -f "$log"
exit $bad
