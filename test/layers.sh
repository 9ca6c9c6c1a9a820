#!/bin/sh
# A folder of lib/ includes only itself and the folders below it.
set -eu

floors="util json rpc schema core proto transport plugin server"
lib=${top_srcdir:-.}/lib
bad=0
below=
for floor in $floors; do
    below="$below $floor"
    [ -d "$lib/$floor" ] || continue
    for file in "$lib/$floor"/*.[ch]; do
        # Quoted includes with a folder are ours; <...> are not.
        for target in $(sed -n 's|^ *# *include *"\([a-z_]*\)/.*|\1|p' "$file"); do
            case " mcpserver$below " in
            *" $target "*) ;;
            *)
                echo "$file includes $target/, which is not below $floor/"
                bad=1
                ;;
            esac
        done
    done
done
[ -n "$(find "$lib/util" -name '*.c')" ] || { echo "no sources found in $lib"; exit 1; }
for dir in "$lib"/*/; do
    case " $floors " in
    *" $(basename "$dir") "*) ;;
    *) echo "$dir is no floor that this test knows"; bad=1 ;;
    esac
done
exit $bad
