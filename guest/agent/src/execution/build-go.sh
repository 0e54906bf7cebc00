# shellcheck shell=sh
# Compiles main.go and executes the program. $0 is go, the arguments are those of the program.
program=${TMPDIR:-/tmp}/main-$$

# A whole module, or otherwise the files in this directory.
sources='./*.go'
if [ -e go.mod ] || [ -e go.work ]; then sources=.; fi

# Keeps go from trimming the old cache of the image. An image without a cache works, but is slow.
date +%s 2>/dev/null >"$GOCACHE/trim.txt" || export GOCACHE="${TMPDIR:-/tmp}/go-cache"

# Without this directory of settings, go would start to collect telemetry.
# shellcheck disable=SC2086 # The shell finds the files.
XDG_CONFIG_HOME=/usr/lib/neurovisor "$0" build -o "$program" $sources </dev/null >&2 || exit
exec "$program" "$@"
