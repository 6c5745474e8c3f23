#!/bin/sh
# The servers and the browser that the tests drive, from Debian's packages; says what stays away and what is then skipped.
# Debian lets only one IMAP server be installed, so Cyrus and Courier are unpacked into a cache folder beside Dovecot.

if [ "$(id -u)" = 0 ]; then as_root=""; elif sudo -n true 2>/dev/null; then as_root="sudo"; else as_root="none"; fi
if [ "$(id -u)" = 0 ]; then cache=/var/cache; else cache="${XDG_CACHE_HOME:-$HOME/.cache}"; fi
cache="${MAILTRIAGE_TEST_SERVERS_CACHE:-$cache/mailtriage-test-servers}"

cyrus="cyrus-imapd cyrus-common sasl2-bin libsasl2-modules-db"
courier="courier-imap gamin courier-base courier-authdaemon courier-authlib courier-authlib-userdb"

# The libraries, not installed here, that packages need to run.
libraries_of() {
    pending="$*"
    found=""
    while [ -n "$pending" ]; do
        next=""
        # shellcheck disable=SC2086
        for library in $(apt-cache depends --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces \
            --no-enhances $pending | sed -n 's/^ *|*\(Pre\)*Depends: \(lib[^<>:]*\)$/\2/p' | sort -u); do
            case " $found $next " in *" $library "*) continue ;; esac
            case "$library" in libclamav* | libzephyr*) continue ;; esac # of programs that the tests do not start
            dpkg-query -W -f '${db:Status-Status}' "$library" 2>/dev/null | grep -q '^installed' || next="$next $library"
        done
        found="$found $next"
        pending="$next"
    done
    echo "$found"
}

# is_unpacked NAME PACKAGES: whether exactly those packages are in the cache under that name.
is_unpacked() {
    [ "$(cat "$cache/$1/.complete" 2>/dev/null)" = "$2" ]
}

# unpack NAME PACKAGE...: those packages and their libraries, unpacked into the cache under that name.
unpack() {
    name="$1"
    shift
    is_unpacked "$name" "$*" && return
    echo "Unpacking for the tests: $*"
    half="$cache/$name.$$"
    mkdir -p "$half/packages" && chmod 755 "$cache" "$half" || return
    # apt's own user has no right to write here, and says so.
    # shellcheck disable=SC2046
    if (cd "$half/packages" && apt-get download -qq "$@" $(libraries_of "$@") >../log 2>&1) &&
        find "$half/packages" -name '*.deb' -exec dpkg -x {} "$half" \; ; then
        rm -rf "$half/packages" "${cache:?}/$name"
        mv "$half" "$cache/$name" && echo "$*" >"$cache/$name/.complete"
    else
        echo "$name could not be unpacked; the tests that need it are skipped: $(tail -n 1 "$half/log" 2>/dev/null)"
        rm -rf "$half"
    fi
}

missing=""
command -v dovecot >/dev/null 2>&1 || [ -x /usr/sbin/dovecot ] || missing="$missing dovecot-imapd"
command -v openssl >/dev/null 2>&1 || missing="$missing openssl"
command -v chromium >/dev/null 2>&1 || missing="$missing chromium fonts-dejavu-core"
[ -n "$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null)" ] || missing="$missing postgresql"
if [ -z "$missing" ] && is_unpacked cyrus "$cyrus" && is_unpacked courier "$courier"; then exit 0; fi

if ! command -v apt-get >/dev/null 2>&1; then
    echo "Not installed, and there is no apt-get here:$missing, Cyrus and Courier"
    echo "The tests that need them are skipped."
    exit 0
fi
[ "$as_root" = none ] || $as_root apt-get update -qq
if [ -n "$missing" ] && [ "$as_root" = none ]; then
    echo "Not installed, and this user cannot install them:$missing"
    echo "The tests that need them are skipped. As root: apt-get install$missing"
elif [ -n "$missing" ]; then
    echo "Installing for the tests:$missing"
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null ||
        echo "Some of$missing could not be installed; the tests that need them are skipped."
fi
# shellcheck disable=SC2086
unpack cyrus $cyrus
# shellcheck disable=SC2086
unpack courier $courier
exit 0
