printf "<%s>\n" "$@"
