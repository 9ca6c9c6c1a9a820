# Compiler and linker flags, sanitizers, coverage and fuzzers of libmcpserver.

# MCPS_CHECK_FLAG(FLAG, VARIABLE, [EXTRA])
# Appends FLAG to VARIABLE when the compiler takes it without a word, in a compile and a link.
AC_DEFUN([MCPS_CHECK_FLAG], [
    AS_VAR_PUSHDEF([mcps_cache], [mcps_cv_flag_$1])
    AC_CACHE_CHECK([whether $CC takes $1], [mcps_cache], [
        mcps_saved_CFLAGS=$CFLAGS
        CFLAGS="$CFLAGS -Werror $3 $1"
        AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
            [AS_VAR_SET([mcps_cache], [yes])], [AS_VAR_SET([mcps_cache], [no])])
        CFLAGS=$mcps_saved_CFLAGS
    ])
    AS_VAR_IF([mcps_cache], [yes], [$2="$$2 $1"])
    AS_VAR_POPDEF([mcps_cache])
])

# MCPS_FLAGS
# Sets MCPS_CFLAGS (warnings, hardening) and MCPS_LDFLAGS; answers --enable-werror.
AC_DEFUN([MCPS_FLAGS], [
    AC_ARG_ENABLE([werror],
        [AS_HELP_STRING([--enable-werror], [make every warning of the compiler an error])],
        [], [enable_werror=no])
    MCPS_CFLAGS=
    MCPS_LDFLAGS=
    m4_foreach_w([flag], [-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
        -Wold-style-definition -Wvla -Wformat=2 -Wundef -Wcast-qual -Wpointer-arith
        -Wimplicit-fallthrough -Wconversion -Wsign-conversion -Wwrite-strings
        -Wdouble-promotion -Wnull-dereference
        -Wthread-safety -Werror=thread-safety
        -fno-strict-aliasing -fstack-protector-strong -fstack-clash-protection],
        [MCPS_CHECK_FLAG(flag, [MCPS_CFLAGS])])
    AS_IF([test "x$enable_werror" = xyes], [MCPS_CFLAGS="$MCPS_CFLAGS -Werror"])
    m4_foreach_w([flag], [-Wl,-z,defs -Wl,-z,relro -Wl,-z,now -Wl,--as-needed],
        [MCPS_CHECK_FLAG(m4_defn([flag]), [MCPS_LDFLAGS])])
    MCPS_CHECK_FLAG([-Wl,--version-script=$srcdir/lib/libmcpserver.map], [mcps_version_script], [-shared -fPIC])
    AM_CONDITIONAL([HAVE_VERSION_SCRIPT], [test -n "$mcps_version_script"])
    AC_SUBST([MCPS_CFLAGS])
    AC_SUBST([MCPS_LDFLAGS])
])

# MCPS_SANITIZERS
# Answers --enable-asan, --enable-tsan, --enable-ubsan, --enable-coverage and --enable-fuzzers.
# Their flags go into CFLAGS and LDFLAGS, because every object and program needs them alike.
AC_DEFUN([MCPS_SANITIZERS], [
    AC_ARG_ENABLE([asan], [AS_HELP_STRING([--enable-asan], [build with AddressSanitizer])], [], [enable_asan=no])
    AC_ARG_ENABLE([tsan], [AS_HELP_STRING([--enable-tsan], [build with ThreadSanitizer])], [], [enable_tsan=no])
    AC_ARG_ENABLE([ubsan], [AS_HELP_STRING([--enable-ubsan], [build with UndefinedBehaviorSanitizer])], [], [enable_ubsan=no])
    AC_ARG_ENABLE([coverage], [AS_HELP_STRING([--enable-coverage], [build for gcov; "make coverage" shows the figures])], [], [enable_coverage=no])
    AC_ARG_ENABLE([fuzzers], [AS_HELP_STRING([--enable-fuzzers], [build the libFuzzer programs (needs clang)])], [], [enable_fuzzers=no])

    AS_IF([test "x$enable_asan$enable_tsan" = xyesyes],
        [AC_MSG_ERROR([--enable-asan and --enable-tsan exclude each other])])
    mcps_sanitizers=
    AS_IF([test "x$enable_asan" = xyes], [mcps_sanitizers=address])
    AS_IF([test "x$enable_tsan" = xyes], [mcps_sanitizers=thread])
    AS_IF([test "x$enable_ubsan" = xyes], [mcps_sanitizers="${mcps_sanitizers:+$mcps_sanitizers,}undefined"])

    mcps_flags=
    AS_IF([test -n "$mcps_sanitizers"],
        [mcps_flags="-fsanitize=$mcps_sanitizers -fno-sanitize-recover=all -fno-omit-frame-pointer"])
    AS_IF([test "x$enable_coverage" = xyes], [mcps_flags="$mcps_flags --coverage"])
    AS_IF([test "x$enable_fuzzers" = xyes], [mcps_flags="$mcps_flags -fsanitize=fuzzer-no-link"])
    AS_IF([test -n "$mcps_flags"], [
        CFLAGS="$CFLAGS $mcps_flags"
        AC_MSG_CHECKING([whether $CC links with$mcps_flags])
        AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [AC_MSG_RESULT([yes])], [
            AC_MSG_RESULT([no])
            AC_MSG_ERROR([$CC cannot build with $mcps_flags])])
    ], [
        # The fortified functions want an optimising build, and confuse valgrind, which is
        # used on builds with test hooks.
        AS_IF([test "x$enable_test_hooks" != xyes], [AS_CASE([" $CFLAGS $CPPFLAGS "], [*_FORTIFY_SOURCE*], [],
            [*" -O2 "*|*" -O3 "*|*" -O1 "*|*" -Os "*],
            [MCPS_CHECK_FLAG([-D_FORTIFY_SOURCE=3], [MCPS_CFLAGS])])])
    ])
    # Sanitizers link their run-time late; "-z defs" would refuse the shared library.
    AS_IF([test -n "$mcps_sanitizers" || test "x$enable_fuzzers" = xyes],
        [MCPS_LDFLAGS=$(AS_ECHO(["$MCPS_LDFLAGS"]) | sed 's/-Wl,-z,defs//')])
    AM_CONDITIONAL([COVERAGE], [test "x$enable_coverage" = xyes])
    AM_CONDITIONAL([FUZZERS], [test "x$enable_fuzzers" = xyes])
    AM_CONDITIONAL([SANITIZED], [test -n "$mcps_sanitizers"])
])
