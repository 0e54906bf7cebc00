# shellcheck shell=sh
# Compiles main.rs and executes the program. $0 is rustc, the arguments are those of the program.
program=${TMPDIR:-/tmp}/main-$$

"$0" --edition 2021 -C opt-level=1 -o "$program" main.rs </dev/null >&2 || exit
exec "$program" "$@"
