# The beginning of a cell, and its variables and directory.

# Receives a cell. It does not run if its variables or directory cannot be set.
neurovisor_begin() {
    local count bytes index
    neurovisor_receive neurovisor_cell
    neurovisor_receive neurovisor_directory
    neurovisor_receive count
    neurovisor_pairs=()
    for ((index = 0; index < count; index++)); do
        neurovisor_receive "neurovisor_pairs[index]"
    done
    neurovisor_receive bytes
    neurovisor_receive_long neurovisor_code "$bytes"
    neurovisor_text=$neurovisor_code
    neurovisor_count=$((neurovisor_count + 1))
    neurovisor_status=0 neurovisor_line=0 neurovisor_problem='' neurovisor_saved=()
    neurovisor_interrupted='' neurovisor_exiting='' neurovisor_errexit='' neurovisor_finished=''
    if neurovisor_set && neurovisor_enter; then
        neurovisor_running=1
    fi
}

neurovisor_set() {
    local pair name
    for pair in "${neurovisor_pairs[@]}"; do
        name=${pair%%=*}
        if [[ ! $name =~ ^[A-Za-z_][A-Za-z0-9_]*$ || ${!name@a} == *r* ]]; then
            neurovisor_problem="$name cannot be a variable of a cell"
            return 1
        fi
        neurovisor_saved+=("$name" "$(declare -p "$name" 2>/dev/null)")
        builtin unset -v "$name"
        declare -gx "$pair"
    done
}

neurovisor_enter() {
    local problem
    [[ -n $neurovisor_directory ]] || return 0
    neurovisor_before=$PWD neurovisor_oldpwd=${OLDPWD-}
    if problem=$(builtin cd -- "$neurovisor_directory" 2>&1); then
        builtin cd -- "$neurovisor_directory" && return 0
    fi
    neurovisor_problem=${problem##*: cd: } neurovisor_directory=''
    return 1
}

# Restores variables and directory.
neurovisor_leave() {
    local index name before
    for ((index = 0; index < ${#neurovisor_saved[@]}; index += 2)); do
        name=${neurovisor_saved[index]} before=${neurovisor_saved[index + 1]}
        builtin unset -v "$name"
        # Without -g this function would declare a local variable.
        [[ -z $before ]] || eval "declare -g ${before#declare }"
    done
    if [[ -n $neurovisor_directory ]]; then
        builtin cd -- "$neurovisor_before" 2>/dev/null
        OLDPWD=$neurovisor_oldpwd
    fi
}
