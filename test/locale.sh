#!/bin/sh
# In locales whose decimal point is a comma, or even two bytes, numbers are read and written
# all the same. The locales are made here, because few machines have any.
set -eu

program=$top_builddir/test/unit/json
[ -x "$program" ] || { echo "SKIPPED: no unit tests in this build"; exit 77; }
command -v localedef > /dev/null && [ -d /usr/share/i18n/charmaps ] ||
    { echo "SKIPPED: no localedef with its charmaps (package locales)"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

for point in , '<U066B>'; do
    rm -rf "$dir/made"
    cat > "$dir/source" <<EOF
comment_char %
escape_char /
LC_NUMERIC
decimal_point "$point"
thousands_sep ""
grouping -1
END LC_NUMERIC
EOF
    # It warns of the categories that are missing.
    localedef -c -f UTF-8 -i "$dir/source" "$dir/made" > "$dir/log" 2>&1 || true
    [ -e "$dir/made/LC_NUMERIC" ] || { tail -n 20 "$dir/log"; exit 1; }
    echo "decimal point $point"
    LOCPATH=$dir MCPS_TEST_LOCALE=made "$program" the_locale_changes_nothing
done
