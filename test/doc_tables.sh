#!/bin/sh
# The tables in doc/ are those of the sources: between "<!-- begin NAME -->" and
# "<!-- end NAME -->" stands what tools/doctables prints. --update writes them anew.
set -eu

doctables=$top_builddir/tools/doctables
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
bad=0

names=$("$doctables")
[ -n "$names" ]
for name in $names; do
    doc=$(grep -l "^<!-- begin $name -->\$" "$top_srcdir"/doc/*.md) || {
        echo "no page has a table $name"
        bad=1
        continue
    }
    "$doctables" "$name" > "$dir/want"
    # The page with the table as it should be.
    awk -v name="$name" -v want="$dir/want" '
        $0 == "<!-- end " name " -->" { inside = 0 }
        !inside { print }
        $0 == "<!-- begin " name " -->" {
            inside = 1
            while ((getline line < want) > 0) print line
        }' "$doc" > "$dir/page"
    if [ "${1:-}" = --update ]; then
        cat "$dir/page" > "$doc"
    elif ! diff -u "$doc" "$dir/page"; then
        echo "$doc is not up to date: make docs"
        bad=1
    fi
done
exit $bad
