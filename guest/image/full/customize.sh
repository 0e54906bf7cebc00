#!/bin/sh
# Runs as root inside the new root file system, once all packages are configured. $1 is the directory of this recipe. A
# failing line fails the build.
set -eu
recipe=$1
cache=/usr/lib/neurovisor/go-cache

# --- Go: disable telemetry, which it would write to the user's home
install -d /usr/lib/neurovisor/go/telemetry
echo off >/usr/lib/neurovisor/go/telemetry/mode

# --- Go: compile the standard library with the settings of guest/agent/src/execution/language.rs, which takes two minutes
# in an emulated guest
echo "I: compiling the standard library of Go" >&2
go_settings() {
	env -i HOME=/root PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 XDG_CONFIG_HOME=/usr/lib/neurovisor \
		GOCACHE="$cache" CGO_ENABLED="$cgo" GOPROXY=off GOSUMDB=off GOTOOLCHAIN=local GOPATH=/tmp/go \
		GOFLAGS='-buildvcs=false -ldflags=-s' "$@"
}
cgo=0 && go_settings go build std
cgo=1 && go_settings go build runtime/cgo
rm -f "$cache/trim.txt"

# Programs can add files. The files of the image belong to root, so that go can neither delete them nor change their dates.
find "$cache" -type d -exec chmod 1777 {} +

# --- programs that warm the page cache of a template
install -m 0644 "$recipe/warm.go" "$recipe/warm.rs" /usr/lib/neurovisor/

# --- check: the warming programs are compiled and run here like programs of users, with the compiled standard library
home=$(mktemp -d)
chown user:user "$home"
touch "$home/begin"
date +%s >"$cache/trim.txt"
as_user() {
	(cd "$home" && cgo=0 && go_settings HOME="$home" \
		setpriv --reuid 1000 --regid 1000 --clear-groups --no-new-privs "$@") >/dev/null
}
as_user go build -o warm-go /usr/lib/neurovisor/warm.go
as_user rustc --edition 2021 -o warm-rust /usr/lib/neurovisor/warm.rs
as_user ./warm-go
as_user ./warm-rust
written=$(find "$cache" -type f -newer "$home/begin" | wc -l)
[ "$written" -lt 10 ] || { echo "E: Go wrote $written files: its library is not compiled with the settings of programs" >&2; exit 1; }
find "$cache" -type f -newer "$home/begin" -delete
[ -z "$(find "$home" -mindepth 1 -name '.*')" ] || { echo "E: a compiler leaves traces in the user's home" >&2; exit 1; }
rm -rf "$home"
