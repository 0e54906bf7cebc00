# shellcheck shell=sh
# Compiles main.go and becomes the program: $0 is go, the arguments are the program's.
program=${TMPDIR:-/tmp}/main-$$

# All of a module, or else the files that lie there.
sources='./*.go'
if [ -e go.mod ] || [ -e go.work ]; then sources=.; fi

# The image's cache is old, but go must not spend time on emptying it. An image without one is slow and works.
date +%s 2>/dev/null >"$GOCACHE/trim.txt" || export GOCACHE="${TMPDIR:-/tmp}/go-cache"

# In its own settings, below XDG_CONFIG_HOME, go would begin to count what it does.
# shellcheck disable=SC2086 # The shell finds the files.
XDG_CONFIG_HOME=/usr/lib/neurovisor "$0" build -o "$program" $sources </dev/null >&2 || exit
exec "$program" "$@"
