#!/bin/sh
# The examples work: each is started, greeted, called, where it can be cancelled, and ends by
# itself with its input. They never have more than a minute.
set -u

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
bad=0
tried=0
capabilities={}

fail() {
    echo "$name: $*"
    echo "what it said:"
    cat "$dir/got" "$dir/err"
    bad=1
    failed=1
}

say() { # a message
    [ $failed -eq 0 ] && printf '%s\n' "$1" >&3
}

call() { # id, tool, arguments, more params
    say "{\"jsonrpc\":\"2.0\",\"id\":$1,\"method\":\"tools/call\",\"params\":{\"name\":\"$2\",\"arguments\":$3${4-}}}"
}

cancel() { # id
    say "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":$1}}"
}

expect() { # a pattern that a coming message fits
    [ $failed -eq 0 ] || return
    while IFS= read -r line <&4; do
        printf '%s\n' "$line" >> "$dir/got"
        case $line in
        $1) return ;;
        esac
    done
    fail "nothing came that fits $1"
}

start() { # program, and where it is, its argument
    name=$1 failed=0
    program=$top_builddir/${2-doc/examples}/$name
    [ -x "$program" ] || { echo "SKIPPED: $name was not built"; return 1; }
    rm -f "$dir"/*
    : > "$dir/got"
    mkfifo "$dir/in" "$dir/out"
    timeout 60 "$program" ${3-} < "$dir/in" > "$dir/out" 2> "$dir/err" &
    pid=$!
    exec 3> "$dir/in" 4< "$dir/out"
    tried=$((tried + 1))
    say '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":'$capabilities',"clientInfo":{"name":"sh","version":"1"}}}'
    expect '*"id":1,"result"*"2025-11-25"*'
    say '{"jsonrpc":"2.0","method":"notifications/initialized"}'
}

end() {
    exec 3>&-
    cat <&4 >> "$dir/got"
    exec 4<&-
    wait $pid || fail "it ended with $?"
    [ ! -s "$dir/err" ] || fail "it complained"
}

trap '' PIPE
if start calc; then
    call 2 add '{"a":19.5,"b":22.5}'
    expect '*"id":2,"result"*"structuredContent":{"sum":42.0}*'
    call 3 add '{"a":1}'
    expect '*"id":3,"result"*"isError":true*'
    call 4 count_primes '{}'
    expect '*"id":4,"result"*"text":"25"*'
    call 5 count_primes '{"below":1000000000}' ',"_meta":{"progressToken":7}'
    expect '*"progressToken":7*'
    cancel 5
    end
    ! grep -q '"id":5' "$dir/got" || fail "what was cancelled was answered"
fi
# That one is no server.
name=check program=$top_builddir/doc/examples/check
if [ -x "$program" ]; then
    tried=$((tried + 1))
    printf '{"properties":{"a":{"type":"integer"}},"required":["b"]}' > "$dir/schema"
    printf '{"a":1,"b":2}' > "$dir/good"
    printf '{"a":"x"}' > "$dir/bad"
    : > "$dir/err"
    "$program" "$dir/schema" "$dir/good" > "$dir/got" || fail "it refused what fits"
    "$program" "$dir/schema" "$dir/good" "$dir/bad" > "$dir/got"
    [ $? -eq 1 ] || fail "it did not say that a file does not fit"
    grep -q '/bad: at "/a": expected an integer, got "x"' "$dir/got" || fail "it did not say why"
    grep -q 'expected a member "b", got an object without it' "$dir/got" || fail "it did not say all"
    "$program" "$dir/bad" "$dir/good" 2> "$dir/err" > "$dir/got" || fail "it refused what any schema allows"
else
    echo "SKIPPED: $name was not built"
fi
if start mainloop; then
    call 2 ticks '{}'
    expect '*"id":2,"result"*"text":"[0-9]*"*'
    end
fi
if start game; then
    call 2 spawn '{"count":40}'
    call 3 spawn '{"count":60}'
    call 4 spawn '{"count":1}'
    expect '*"id":2,"result"*"40 monsters in frame *'
    expect '*"id":3,"result"*"100 monsters in frame *'
    expect '*"id":4,"result"*"there is room for 0 more"*"isError":true*'
    end
fi
if start notes; then
    say '{"jsonrpc":"2.0","id":2,"method":"resources/read","params":{"uri":"note:///tea"}}'
    expect '*"id":2,"result"*"uri":"note:///tea","mimeType":"text/plain","text":"Three minutes*'
    say '{"jsonrpc":"2.0","id":3,"method":"resources/read","params":{"uri":"note:///soup"}}'
    expect '*"id":3,"error":*-32002*"uri":"note:///soup"*'
    say '{"jsonrpc":"2.0","id":4,"method":"completion/complete","params":{"ref":{"type":"ref/resource","uri":"note:///{name}"},"argument":{"name":"name","value":"br"}}}'
    expect '*"id":4,"result"*"values":*"bread","broth"*'
    say '{"jsonrpc":"2.0","id":5,"method":"prompts/get","params":{"name":"discuss","arguments":{"name":"broth"}}}'
    expect '*"id":5,"result"*"role":"user"*"text":"Bones*'
    end
fi
# What ./autogen.sh demo leaves running.
if start demo tools stdio:; then
    call 2 calculate '{"expression":"-(1.5 + 2) * 4 / 0.5 - 2"}'
    expect '*"id":2,"result"*"text":"-30"*'
    for wrong in '' '1 +' '(1' '1 2' '1/(2-2)' 2x '1..2' "$(printf '%050d' 0 | tr 0 '(')1" \
        "$(printf '%0400d' 0 | tr 0 9)"; do
        call 3 calculate "{\"expression\":\"$wrong\"}"
        expect '*"id":3,"result"*"This cannot be calculated: *"isError":true*'
    done
    call 4 count_words '{"text":"two words\nand three more\n"}'
    expect '*"id":4,"result"*"structuredContent":{"words":5,"lines":2,"bytes":25}*'
    call 5 convert '{"value":212,"from":"fahrenheit","to":"celsius"}'
    expect '*"id":5,"result"*"212 fahrenheit is 100 celsius"*'
    call 6 convert '{"value":1,"from":"m","to":"kg"}'
    expect '*"id":6,"result"*"isError":true*'
    call 7 clock '{"offset":-3.5}'
    expect '*"id":7,"result"*"text":"2*:?? -03:30"*'
    call 8 roll_dice '{"dice":3,"sides":2}' ',"_meta":{"progressToken":8}'
    expect '*"progressToken":8,"progress":1.0,"total":3.0*'
    expect '*"id":8,"result"*"Rolled [12] [12] [12]: [3-6] in all."*'
    call 9 roll_dice '{"dice":60}'
    cancel 9
    call 10 write_note '{"name":"tea","text":"Three minutes."}'
    expect '*"id":10,"result"*"Written."*"uri":"note:///tea"*'
    say '{"jsonrpc":"2.0","id":11,"method":"resources/read","params":{"uri":"note:///tea"}}'
    expect '*"id":11,"result"*"Three minutes."*'
    say '{"jsonrpc":"2.0","id":12,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"summarize"},"argument":{"name":"note","value":"t"}}}'
    expect '*"id":12,"result"*"values":*"tea"*'
    say '{"jsonrpc":"2.0","id":13,"method":"prompts/get","params":{"name":"summarize","arguments":{"note":"tea"}}}'
    expect '*"id":13,"result"*one sentence*"uri":"note:///tea"*"Three minutes."*'
    say '{"jsonrpc":"2.0","id":14,"method":"prompts/get","params":{"name":"summarize","arguments":{"note":""}}}'
    expect '*"id":14,"error"*'
    call 15 write_note '{"name":"../x","text":""}'
    expect '*"id":15,"result"*"isError":true*'
    call 16 delete_note '{"name":"tea"}'
    expect '*"id":16,"result"*"Ask the user*"isError":true*'
    call 17 delete_note '{"name":"tea","sure":true}'
    expect '*"id":17,"result"*"Deleted."*'
    say '{"jsonrpc":"2.0","id":18,"method":"resources/read","params":{"uri":"note:///tea"}}'
    expect '*"id":18,"error":*-32002*'
    end
    ! grep -q '"id":9,' "$dir/got" || fail "what was cancelled was answered"
fi
# Both ways of asking, on one wire: by requests, and by results that a retry answers.
capabilities='{"elicitation":{}}'
if start demo tools stdio:; then
    call 2 delete_note '{"name":"welcome"}'
    expect '*"id":1,"method":"elicitation/create"*"Delete the note \\"welcome\\"?"*'
    say '{"jsonrpc":"2.0","id":1,"result":{"action":"accept","content":{"sure":false}}}'
    expect '*"id":2,"result"*"It was kept."*'
    call 3 delete_note '{"name":"welcome"}'
    expect '*"id":2,"method":"elicitation/create"*'
    say '{"jsonrpc":"2.0","id":2,"result":{"action":"accept","content":{"sure":true}}}'
    expect '*"id":3,"result"*"Deleted."*'
    end
fi
if start ask; then
    modern=',"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":'$capabilities'}'
    pizza='{"action":"accept","content":{"size":"large","with":["olives"]}}'
    sure='{"action":"accept","content":{"sure":true}}'
    call 2 order '{}'
    expect '*"id":1,"method":"elicitation/create"*"What would you like?"*'
    say '{"jsonrpc":"2.0","id":1,"result":'"$pizza"'}'
    expect '*"id":2,"method":"elicitation/create"*"Order 101: a large pizza with 1 toppings?"*'
    say '{"jsonrpc":"2.0","id":2,"result":'"$sure"'}'
    expect '*"id":2,"result"*"Order 101 is on its way."*'
    call 3 order '{}' "$modern"
    expect '*"id":3,"result":{"resultType":"input_required"*"What would you like?"*'
    call 4 order '{}' ',"inputResponses":{"pizza":'"$pizza}$modern"
    expect '*"id":4,"result":{"resultType":"input_required"*"Order 102: a large*"requestState":*'
    state=$(sed -n 's/.*"requestState":"\([^"]*\)".*/\1/p' "$dir/got")
    call 5 order '{}' ',"inputResponses":{"sure":'"$sure"'},"requestState":"'"$state-TAMPERED\"$modern"
    expect '*"id":5,"error":{"code":-32602*'
    call 6 order '{}' ',"inputResponses":{"sure":'"$sure"'},"requestState":"'"$state\"$modern"
    expect '*"id":6,"result"*"Order 102 is on its way."*'
    end
fi
capabilities={}
if start async; then
    call 2 remind '{"ms":3600000}'
    call 3 remind '{"ms":3600000}'
    call 4 remind '{"ms":1}'
    expect '*"id":4,"result"*"It is time."*'
    cancel 2
    call 5 remind '{"ms":0}'
    expect '*"id":5,"result"*"It is time."*'
    end
    ! grep -q '"id":[23]' "$dir/got" || fail "what was cancelled was answered"
fi
if start interrupt; then
    call 2 sum '{"limit":1000}'
    expect '*"id":2,"result"*"text":"500500"*'
    call 3 sum '{"limit":1000000000000}' ',"_meta":{"progressToken":7}'
    expect '*"progressToken":7*'
    cancel 3
    call 4 sum '{"limit":10}'
    expect '*"id":4,"result"*"text":"55"*'
    # A query that was not interrupted would hold it up, and make it complain.
    end
    ! grep -q '"id":3' "$dir/got" || fail "what was cancelled was answered"
fi
# Without a standard input no server starts, says so, and spins or succeeds.
for program in "$top_builddir"/doc/examples/*; do
    [ -f "$program" ] && [ -x "$program" ] && [ "${program##*/}" != check ] || continue
    name=${program##*/}
    timeout 60 "$program" <&- > "$dir/got" 2> "$dir/err"
    [ $? -eq 1 ] && grep -q "^$name: standard input is closed" "$dir/err" ||
        fail "it does not miss its standard input"
done
[ $tried -gt 0 ] || exit 77
exit $bad
