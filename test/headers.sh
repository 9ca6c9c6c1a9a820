#!/bin/sh
# Each public header compiles by itself, in every language that may include it.
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
flags="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -I$top_srcdir/include -I$top_builddir/include"
bad=0
tried=0

try() { # compiler, standard, language's suffix
    echo 'int main(void) { return 0; }' > "$dir/probe.$3"
    command -v "${1%% *}" > /dev/null && $1 -std="$2" -c "$dir/probe.$3" -o "$dir/probe.o" 2> /dev/null ||
        { echo "SKIPPED: $1 has no $2"; return 0; }
    for header in "$top_srcdir"/include/mcpserver/*.h "$top_builddir"/include/mcpserver/version.h; do
        printf '#include <mcpserver/%s>\n#include <mcpserver/%s>\nint main(void) { return 0; }\n' \
            "$(basename "$header")" "$(basename "$header")" > "$dir/one.$3"
        $1 -std="$2" $flags -c "$dir/one.$3" -o "$dir/one.o" || { echo "$header as $2"; bad=1; }
        tried=$((tried + 1))
    done
}

for std in c99 c11 c17 c2x; do try "$CC" $std c; done
for std in c++11 c++17 c++20; do try "${CXX:-c++}" $std cc; done
echo "$tried compiled"
[ $tried -gt 0 ] || exit 1
exit $bad
