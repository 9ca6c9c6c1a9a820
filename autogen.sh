#!/bin/sh
# Everything from a fresh clone, on a bare Debian machine.
#
#   ./autogen.sh         makes ./configure; then ./configure && make && make install
#   ./autogen.sh demo    builds a server with sample tools, runs it, and says how to try it
#   ./autogen.sh check   builds with the tests' hooks, and runs all tests
#
# All install missing packages with apt-get and say so; demo and check build in build/.
set -eu
cd "$(dirname "$0")"

packages="autoconf automake libtool pkg-config make gcc g++ libjson-c-dev libssl-dev libpcre2-dev libwebsockets-dev libev-dev libcunit1-dev libsqlite3-dev locales"

install_packages() {
    missing=
    for package in $packages; do
        case $(dpkg-query -W -f '${Status}' "$package" 2> /dev/null) in
        "install ok installed") ;;
        *) missing="$missing $package" ;;
        esac
    done
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        echo "These packages are missing; install them as root, then run this again:"
        echo "    apt-get install --no-install-recommends$missing"
        exit 1
    fi
    echo "Installing with apt-get:$missing"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing \
        > /dev/null
}

need_packages() {
    if command -v dpkg-query > /dev/null; then
        install_packages
    else
        echo "This is no Debian: these packages, or what they are called here, are needed:"
        echo "    $packages"
    fi
}

generate() {
    autoreconf --install --force
}

build() { # folder, target, configure's arguments
    folder=build/$1 target=$2
    shift 2
    need_packages
    [ configure -nt configure.ac ] && [ Makefile.in -nt Makefile.am ] || generate
    mkdir -p "$folder"
    cd "$folder"
    ../../configure --quiet "$@"
    make -s -j"$(nproc)" "$target"
}

case ${1-} in
"")
    need_packages
    generate
    echo "Now: ./configure && make && make install"
    ;;
demo)
    build demo tools/demo --disable-static --disable-tests
    exec tools/demo
    ;;
check)
    build check all --enable-test-hooks --enable-werror --enable-tests
    # Many tests wait more than they work.
    exec make -s -j"$((2 * $(nproc)))" check
    ;;
*)
    sed -n '2,9s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
