# The ends of cells: after their last command, or by an interrupt, exit or an error.

# Counts the calls around a cell.
neurovisor_note_depth() { neurovisor_depth=$((${#FUNCNAME[@]} - 1)); }

# Leaves the functions and loops of the cell: with extdebug, a DEBUG trap that returns 2 is a return from each. With `set -e` such a
# return would end the shell.
neurovisor_unwind() {
    [[ $- != *e* ]] || neurovisor_errexit=e
    builtin set +e
    builtin shopt -s extdebug
    builtin set -T
    builtin trap neurovisor_return DEBUG
}

neurovisor_return() {
    # The driver calls functions, and only sources cells.
    [[ $BASHPID == "$neurovisor_pid" && ${FUNCNAME[${#FUNCNAME[@]} - neurovisor_depth - 1]} == source ]] && return 2
    return 0
}

neurovisor_interrupt() {
    [[ $BASHPID == "$neurovisor_pid" ]] || return 0
    neurovisor_interrupted=1
    neurovisor_unwind
}

# Notes the line of the cell from which the caller was called.
neurovisor_note_line() {
    local frame=$((${#FUNCNAME[@]} - neurovisor_depth - 2))
    neurovisor_line=${BASH_LINENO[frame]-0}
}

# A command has failed. With `set -e` the cell ends, and not the shell.
neurovisor_failed() {
    local status=$?
    [[ $BASHPID == "$neurovisor_pid" && -z $neurovisor_exiting$neurovisor_interrupted ]] || return 0
    # Not for the commands of the driver that contain the cell.
    [[ $BASH_COMMAND != *'"$neurovisor_'* ]] || return 0
    neurovisor_note_line
    if [[ $- == *e* ]]; then
        neurovisor_exiting=1 neurovisor_status=$status
        neurovisor_unwind
    fi
}

# Ends the cell, and not the shell.
exit() {
    local status=$?
    if [[ $BASHPID != "$neurovisor_pid" || -z $neurovisor_running ]]; then
        builtin exit "${1-$status}"
    fi
    neurovisor_note_line
    neurovisor_exiting=1 neurovisor_status=$((${1-$status} & 255))
    neurovisor_unwind
}

# The shell ends because of an error, such as an unset variable with `set -u`. A copy of it is to go on while it waits.
neurovisor_exited() {
    builtin set +aefkuvx
    local descriptor
    [[ $BASHPID == "$neurovisor_pid" && -n $neurovisor_running ]] || return 1
    neurovisor_status=$1 neurovisor_flags=$2
    # The shell may have moved the socket and not moved it back.
    for descriptor in 250 {10..40}; do
        if [[ $(readlink "/proc/$neurovisor_pid/fd/$descriptor") == "$neurovisor_socket" ]]; then
            exec 250<&"$descriptor"
            return 0
        fi
    done
    return 1
}

# Takes the status and the flags of a cell that has ended. It goes on with its trap on EXIT, if it has set one.
neurovisor_finish() {
    builtin trap '' INT
    builtin trap - URG
    builtin shopt -u extdebug
    builtin set +aefkuvxET
    local flags=$2$neurovisor_errexit handler=''
    neurovisor_flags=${flags//[!aefkuvx]/}
    neurovisor_set_flags=${neurovisor_flags:+builtin set -$neurovisor_flags;}
    if [[ -z $neurovisor_finished ]]; then
        [[ -n $neurovisor_exiting ]] || neurovisor_status=$1
        neurovisor_finished=1
        handler=$(builtin trap -p EXIT)
    fi
    builtin trap - EXIT
    if [[ $handler == 'trap -- '* && $handler != *neurovisor_exited* ]]; then
        eval "builtin set -- ${handler#trap -- }"
        neurovisor_code=$1
    else
        neurovisor_running=''
    fi
}

# Reports the end of the cell.
neurovisor_end() {
    neurovisor_leave
    local failed=true
    if [[ -n $neurovisor_interrupted ]]; then
        neurovisor_report Interrupted SIGINT
    elif [[ -n $neurovisor_problem ]]; then
        neurovisor_report CellNotStarted "$neurovisor_problem"
    elif ((neurovisor_status == 2)) && neurovisor_is_not_syntax; then
        neurovisor_report SyntaxError "$neurovisor_problem"
    elif ((neurovisor_status != 0)); then
        neurovisor_report ExitStatus "$neurovisor_status"
    else
        failed=false
    fi
    neurovisor_send "{\"type\":\"ended\",\"cell\":$neurovisor_cell,\"failed\":$failed,\"count\":$neurovisor_count}" ''
    neurovisor_code='' neurovisor_text='' neurovisor_pairs=()
}

# Returns whether the cell cannot be parsed, with line and message.
neurovisor_is_not_syntax() {
    local message
    message=$(/usr/bin/env BASHOPTS="$BASHOPTS" LC_ALL=C.UTF-8 /bin/bash --norc -n <<<"$neurovisor_text" 2>&1) && return 1
    [[ $message =~ line\ ([0-9]+):\ ([^$'\n']*) ]] || return 1
    neurovisor_line=${BASH_REMATCH[1]} neurovisor_problem=${BASH_REMATCH[2]}
}

# Sends an error with the line of the cell that is known.
neurovisor_report() {
    local LC_ALL=C.UTF-8 IFS='' value source='' frames='' text="$1: $2"$'\n' lines
    if ((neurovisor_line > 0)); then
        builtin mapfile -t -s $((neurovisor_line - 1)) -n 1 lines <<<"$neurovisor_text"
        text="line $neurovisor_line: ${lines[0]:0:200}"$'\n'$text
        neurovisor_quote source "${lines[0]:0:200}"
        frames="{\"file\":\"<cell $neurovisor_cell>\",\"line\":$neurovisor_line,\"function\":\"\",\"source\":\"$source\"}"
    fi
    neurovisor_quote value "${2:0:1000}"
    neurovisor_send "{\"type\":\"error\",\"cell\":$neurovisor_cell,\"name\":\"$1\",\"value\":\"$value\",\"frames\":[$frames]}" "$text"
}
