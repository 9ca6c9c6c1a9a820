#!/bin/sh
# doc/failures.md has a row for every entry that a test is named after, and every whole name of
# a test that it quotes is one.
set -eu

doc=$top_srcdir/doc/failures.md
sources=$(ls "$top_srcdir"/test/failures/*.c)
bad=0

tests=$(grep -oh '\bf[0-9]*_[0-9][0-9]_[a-z0-9_]*' $sources | sort -u)
[ -n "$tests" ]
for entry in $(echo "$tests" | sed 's/^f\([0-9]*\)_\([0-9]*\)_.*/F\1.\2/' | sort -u); do
    grep -q "^| $entry " "$doc" || { echo "no row for $entry"; bad=1; }
done
for name in $(grep -o '`f[0-9]*_[0-9][0-9]_[a-z0-9_]*`' "$doc" | tr -d '`' | sort -u); do
    echo "$tests" | grep -qx "$name" || { echo "there is no test $name"; bad=1; }
done
exit $bad
