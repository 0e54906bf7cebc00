# The variables and functions that cells have made. Local names have the prefix, because the others are those of cells.

neurovisor_inspect() {
    local LC_ALL=C.UTF-8 IFS=$'\n'
    local neurovisor_id neurovisor_name neurovisor_one neurovisor_header neurovisor_separator='' neurovisor_truncated=false
    neurovisor_receive neurovisor_id
    neurovisor_header="{\"type\":\"variables\",\"id\":$neurovisor_id,\"variables\":["
    while builtin read -r neurovisor_name; do
        neurovisor_describe neurovisor_one "$neurovisor_name" || continue
        if ((${#neurovisor_header} + ${#neurovisor_one} > 12000)); then
            neurovisor_truncated=true
            break
        fi
        neurovisor_header+=$neurovisor_separator$neurovisor_one neurovisor_separator=,
    done <<<"$({ builtin compgen -v; builtin compgen -A function; } | LC_ALL=C sort -u)"
    neurovisor_header+="],\"truncated\":$neurovisor_truncated}"
    # Values may have any bytes, and a header is UTF-8.
    neurovisor_send "$(/usr/bin/iconv -c -f UTF-8 -t UTF-8 <<<"$neurovisor_header")" ''
}

# Stores the description of a variable or function. Fails for those of the shell.
neurovisor_describe() {
    case $2 in
    _ | exit | LC_ALL | BASH* | DIRSTACK | EPOCH* | FUNCNAME | OLDPWD | PIPESTATUS | neurovisor_*) return 1 ;;
    esac
    if [[ $neurovisor_initial == *$'\n'"$2"$'\n'* ]]; then
        return 1
    fi
    local neurovisor_kind=function neurovisor_length='' neurovisor_shown="$2()"
    if declare -p "$2" &>/dev/null; then
        local -n neurovisor_named=$2
        case ${neurovisor_named@a} in
        *A*) neurovisor_kind=map ;;
        *a*) neurovisor_kind=array ;;
        *i*) neurovisor_kind=integer ;;
        *) neurovisor_kind=string ;;
        esac
        neurovisor_show
    fi
    neurovisor_quote neurovisor_shown "${neurovisor_shown:0:160}"
    builtin printf -v "$1" '{"name":"%s","kind":"%s",%s"text":"%s"}' \
        "$2" "$neurovisor_kind" "${neurovisor_length:+\"length\":$neurovisor_length,}" "$neurovisor_shown"
}

# Shows the value of neurovisor_named, and notes its length.
neurovisor_show() {
    local neurovisor_key
    case $neurovisor_kind in
    integer) neurovisor_shown=$neurovisor_named ;;
    string) neurovisor_length=${#neurovisor_named} neurovisor_shown=${neurovisor_named:0:120} ;;
    *)
        neurovisor_length=${#neurovisor_named[@]} neurovisor_shown=''
        for neurovisor_key in "${!neurovisor_named[@]}"; do
            [[ $neurovisor_kind == array ]] || neurovisor_shown+="${neurovisor_key:0:40}="
            neurovisor_shown+="${neurovisor_named[$neurovisor_key]:0:40} "
            ((${#neurovisor_shown} < 120)) || break
        done
        neurovisor_shown="(${neurovisor_shown% })"
        ;;
    esac
}
