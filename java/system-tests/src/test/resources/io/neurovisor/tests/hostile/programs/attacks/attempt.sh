# shellcheck shell=bash
# How hostile programs in Bash attempt something and tell what came of it. Sourced.

# attempt WHAT COMMAND...: what ends with 0 has worked.
attempt() {
    local what=$1 said
    shift
    if said=$("$@" 2>&1); then
        printf 'ESCAPED %s %s\n' "$what" "${said:0:200}"
    else
        printf 'REFUSED %s %s\n' "$what" "$(error_of "$said")"
    fi
}

# held WHAT COMMAND...: what ends with 0 is as promised.
held() {
    local what=$1 said
    shift
    if said=$("$@" 2>&1); then printf 'HELD %s\n' "$what"; else printf 'ESCAPED %s %s\n' "$what" "${said:0:200}"; fi
}

error_of() {
    case $1 in
        *'Operation not permitted'* | *'must be superuser'* | *'not superuser'*) echo EPERM ;;
        *'Permission denied'* | *'permission denied'*) echo EACCES ;;
        *'Read-only file system'*) echo EROFS ;;
        *'No such file'* | *'does not exist'*) echo ENOENT ;;
        *'No such process'*) echo ESRCH ;;
        *'No space left'*) echo ENOSPC ;;
        *'Device or resource busy'*) echo EBUSY ;;
        *'Network is unreachable'*) echo ENETUNREACH ;;
        *'Invalid argument'*) echo EINVAL ;;
        *'No such device'*) echo ENODEV ;;
        *'File name too long'*) echo ENAMETOOLONG ;;
        *'Input/output error'*) echo EIO ;;
        *) printf 'unknown: %s\n' "${1:0:200}" ;;
    esac
}

# write FILE TEXT
write() {
    printf '%s' "$2" >"$1"
}
