#!/bin/sh
# In a locale whose decimal point is a comma, numbers are read and written all the same. The
# locale is made here, because few machines have one.
set -eu

program=$top_builddir/test/unit/json
[ -x "$program" ] || { echo "SKIPPED: no unit tests in this build"; exit 77; }
command -v localedef > /dev/null || { echo "SKIPPED: no localedef"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

cat > "$dir/source" <<'EOF'
comment_char %
escape_char /
LC_NUMERIC
decimal_point ","
thousands_sep "."
grouping 3;3
END LC_NUMERIC
EOF
localedef -c -i "$dir/source" "$dir/comma" > "$dir/log" 2>&1 || true # it warns of what is missing
[ -e "$dir/comma/LC_NUMERIC" ] || { cat "$dir/log"; exit 1; }
LOCPATH=$dir MCPS_TEST_LOCALE=comma "$program" the_locale_changes_nothing
