# Serves requests until the agent closes the socket. Sourced at the top level, where declarations of cells are global.

neurovisor_pid=$BASHPID
neurovisor_note_depth
if [[ -n $neurovisor_running ]]; then
    # The shell that ran this cell has ended, and this one is its copy.
    neurovisor_finish "$neurovisor_status" "$neurovisor_flags"
    neurovisor_end
fi
while neurovisor_receive neurovisor_request; do
    case $neurovisor_request in
    execute)
        neurovisor_begin
        while [[ -n $neurovisor_running ]]; do
            builtin trap neurovisor_interrupt INT
            builtin trap 'RANDOM=$SRANDOM' URG
            builtin trap neurovisor_failed ERR
            builtin trap 'neurovisor_exited "$?" "$-" && (builtin source "$neurovisor_parts/serve.bash")' EXIT
            builtin set -E
            builtin source "$neurovisor_parts/cell.bash" 250<&-
            # Without a trace of the driver.
            { neurovisor_finish "$?" "$-"; builtin trap - DEBUG ERR RETURN; } 2>/dev/null
        done
        neurovisor_end
        ;;
    inspect) neurovisor_inspect ;;
    refresh) neurovisor_receive neurovisor_ignored && RANDOM=$SRANDOM ;;
    esac
done
