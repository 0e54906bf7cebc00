# Requests of the agent, and frames to it.

# Reads a field into a variable.
neurovisor_receive() { IFS= builtin read -r -d '' -u 250 "$1"; }

# Reads a field of so many bytes. The shell reads a socket byte by byte, which takes too long for many.
neurovisor_receive_long() {
    if (($2 < 65536)); then
        neurovisor_receive "$1"
    else
        builtin printf -v "$1" %s "$(/usr/bin/head -c "$2" <&250)"
        neurovisor_receive neurovisor_ignored
    fi
}

# Sends a frame: a header and a body.
neurovisor_send() {
    local LC_ALL=C lengths
    builtin printf -v lengths '\\x%02x' $((${#1} >> 24)) $((${#1} >> 16 & 255)) $((${#1} >> 8 & 255)) $((${#1} & 255)) \
        $((${#2} >> 24)) $((${#2} >> 16 & 255)) $((${#2} >> 8 & 255)) $((${#2} & 255))
    # shellcheck disable=SC2059 # Only a format can have zero bytes.
    builtin printf "$lengths%s%s" "$1" "$2" >&250
}

# Stores a text as the contents of a JSON string.
neurovisor_quote() {
    local LC_ALL=C neurovisor_quoted=$2
    neurovisor_quoted=${neurovisor_quoted//\\/"\\\\"}
    neurovisor_quoted=${neurovisor_quoted//\"/"\\\""}
    neurovisor_quoted=${neurovisor_quoted//$'\n'/"\\n"}
    neurovisor_quoted=${neurovisor_quoted//$'\t'/"\\t"}
    builtin printf -v "$1" %s "${neurovisor_quoted//[[:cntrl:]]/"?"}"
}
