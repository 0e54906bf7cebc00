#!/bin/sh
# check-config.sh FRAGMENT CONFIG SYMBOLS: fails unless every line of the fragment is in the configuration. Kconfig silently
# drops unknown options and those that depend on a disabled option. A kernel without them boots, but is not the requested
# one. SYMBOLS lists all options of this kernel's source.
set -eu

awk '
    FILENAME == ARGV[1] { known[$1] = 1; next }
    FILENAME == ARGV[2] { if (match($0, /^CONFIG_[A-Za-z0-9_]+=/)) actual[substr($0, 1, RLENGTH - 1)] = $0; next }
    /^#/ || /^[ \t]*$/ { next }
    {
        wanted++
        if (!match($0, /^CONFIG_[A-Za-z0-9_]+=/)) {
            problem("\"" $0 "\" has not the form CONFIG_NAME=value")
            next
        }
        name = substr($0, 1, RLENGTH - 1)
        if (name in seen) problem(name " is in the fragment twice")
        else if (!(name in known)) problem(name " is no option of this kernel")
        else if (substr($0, RLENGTH + 1) != "n" && actual[name] != $0)
            problem($0 " was dropped by Kconfig (" (actual[name] ? actual[name] : name " is not set") ")")
        else if (substr($0, RLENGTH + 1) == "n" && name in actual && actual[name] != "")
            problem($0 " was overruled by Kconfig (" actual[name] ")")
        seen[name] = 1
    }
    function problem(text) { problems = problems (problems == "" ? "" : "; ") text }
    END {
        if (!wanted) problem("the fragment is empty")
        if (problems != "") { print "E: kernel configuration: " problems; exit 1 }
        print wanted " lines of the fragment took effect"
    }' "$3" "$2" "$1" >&2
