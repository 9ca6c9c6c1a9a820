#!/bin/sh
# The tables of doc/protocol.md are true: each test that they name is there, each row has a cell
# for each revision, and each method and notification of the schemas has a row. The last is
# skipped where the schemas are not.
set -eu

doc=$top_srcdir/doc/protocol.md
clients=$top_srcdir/test/clients
schemas=${MCPS_SHARED:-$top_srcdir/../shared}/data/mcp-schema
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
bad=0

fail() {
    echo "$1"
    bad=1
}

grep -E '^\| `[A-Za-z_/.]+` \|.* \|.* \|.* \|' "$doc" > "$dir/rows"
awk -F' [|] ' 'NF != 6 { print "not six cells: " $0; bad = 1 } END { exit bad }' \
    "$dir/rows" || bad=1

# What stands between backquotes, behind the first cell.
sed 's/^| `[^`]*` |//' "$dir/rows" | grep -o '`[^`]*`' | tr -d '`' | sort -u > "$dir/tests"
[ "$(wc -l < "$dir/tests")" -gt 20 ] || fail "there are hardly any tests in $doc"

scenarios() { # files: the names of their scenarios
    cd "$clients"
    sed -nE "s/^ *(scenario|asking)\('([^']*)'.*/\2/p" "$@"
    cd - > /dev/null
}
scenarios ts.mjs features.mjs ts_features.mjs > "$dir/ts"
scenarios modern.mjs features.mjs modern_features.mjs > "$dir/modern"
grep -rhoE 'UNIT_TEST(_ONCE)?\([a-z0-9_]+' "$top_srcdir/test/failures" \
    "$top_srcdir/test/unit" | sed 's/.*(//' > "$dir/units"

while read -r name; do
    case $name in
    ts:*) grep -qxF "${name#ts: }" "$dir/ts" || fail "no such scenario: $name" ;;
    modern:*) grep -qxF "${name#modern: }" "$dir/modern" || fail "no such scenario: $name" ;;
    *) grep -qxF "$name" "$dir/units" || fail "no such test: $name" ;;
    esac
done < "$dir/tests"

if [ -d "$schemas" ]; then
    # In the schemas a method is a constant of the property of that name.
    for file in "$schemas"/20*/schema.json; do
        awk '/"method": *\{/ { inside = 1 }
            inside && /"const":/ {
                gsub(/.*"const": *"|".*/, "")
                print
            }
            /\}/ { inside = 0 }' "$file"
    done | sort -u > "$dir/methods"
    [ "$(wc -l < "$dir/methods")" -gt 20 ] || fail "hardly any methods in $schemas"
    while read -r method; do
        grep -qF "| \`$method\` |" "$dir/rows" || fail "no row for $method"
    done < "$dir/methods"
else
    echo "SKIPPED: the methods of the schemas: there is no $schemas"
fi
exit $bad
