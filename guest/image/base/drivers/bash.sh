# The driver of Bash contexts: runs cells that the guest agent sends over the socket at descriptor 0, in this shell.
#
# docs/design/interpreter.md describes requests and frames. Cells share the names of the driver, which begin with neurovisor_.

neurovisor_parts=${BASH_SOURCE[0]%/*}/neurovisor_bash
BASH_ARGV0=bash
# Another number, which is closed while a cell runs. Standard input is empty.
exec 250<&0 </dev/null
neurovisor_socket=$(readlink /proc/self/fd/250)
neurovisor_running='' neurovisor_set_flags='' neurovisor_count=0
builtin trap '' INT

builtin source "$neurovisor_parts/frames.bash"
builtin source "$neurovisor_parts/cells.bash"
builtin source "$neurovisor_parts/ends.bash"
builtin source "$neurovisor_parts/inspection.bash"

neurovisor_initial=$'\n'$(builtin compgen -v)$'\n'
neurovisor_send '{"type":"ready"}' ''
builtin source "$neurovisor_parts/serve.bash"
