# shellcheck shell=bash
# Runs tests once more as a user without privileges, from a copy that this user can read. Root only. Sourced.
# shellcheck disable=SC2154 # Variables of the file that sources this one.

# A uid that no distribution assigns; the name exists only for the processes of the tests.
readonly ordinary_uid=2147480000 ordinary_name=neurovisor-test

# run_tests_as_user CLASS...: uses a separate data directory, so that files of root are not touched.
run_tests_as_user() {
    local place data status=0 began=$SECONDS
    local options selected
    local roots=${NEUROVISOR_DATA_DIR:-${XDG_DATA_HOME:-$HOME/.local/share}/neurovisor}
    place=$(mktemp -d "${TMPDIR:-/tmp}/neurovisor-user-XXXXXX")
    # On a file system where files can be shared with root, mounted where the user has access.
    data=$(mktemp -d "$roots/user-XXXXXX")
    # shellcheck disable=SC2064 # The places of now.
    trap "rm -rf -- '$place' '$data'" EXIT
    chmod 0755 "$place"
    copy_for_user "$place"
    share_for_user "$roots" "$data"
    printf 'user: set up in %s s\n' $((SECONDS - began))
    mapfile -t selected < <(selectors "$@")
    junit_options user
    # In a separate mount namespace, the user database contains the user.
    # shellcheck disable=SC2016 # Expanded by the inner shell.
    unshare --mount --propagation private sh -c '
            for file in passwd subuid subgid; do mount --bind "$1/etc/$file" "/etc/$file" || exit; done
            for name in test-classes libraries; do mount --bind "$3/$name" "$1/tests/$name" || exit; done
            mount --bind "$2" "$1/data" || exit
            shift 3 && exec "$@"' sh "$place" "$data" "$root/java/system-tests/target" \
        setpriv --reuid "$ordinary_uid" --regid "$ordinary_uid" --clear-groups --inh-caps=-all -- \
        env -i "PATH=$PATH" "HOME=$place/home" "JAVA_HOME=$JAVA_HOME" "NEUROVISOR_DATA_DIR=$place/data" LANG=C.UTF-8 "NEUROVISOR_TEST_LONG=${NEUROVISOR_TEST_LONG-}" \
        "$JAVA_HOME/bin/java" "${options[@]}" "-Djava.io.tmpdir=/tmp" "-Dneurovisor.home=$place/neurovisor" "-Dneurovisor.test.times=$place/home/times.tsv" \
        -cp "$place/tests/test-classes:$place/tests/libraries/*" "${junit_console[@]}" "${junit_in_parallel[@]}" "${selected[@]}" \
        </dev/null || status=$?
    [[ ! -f $place/home/times.tsv ]] || cat -- "$place/home/times.tsv" >>"$test_logs/times.tsv"
    rm -rf -- "$place" "$data"
    trap - EXIT
    return "$status"
}

# copy_for_user PLACE: copies the clone with its build and the file times, which show that the build is current.
copy_for_user() {
    local place=$1 part
    mkdir -p "$place/home" "$place/data" "$place/tests/test-classes" "$place/tests/libraries" "$place/etc"
    { cat /etc/passwd && printf '%s:x:%s:%s::%s:/bin/sh\n' "$ordinary_name" "$ordinary_uid" "$ordinary_uid" "$place/home"; } \
        >"$place/etc/passwd"
    printf '%s:%s:65536\n' "$ordinary_name" $((ordinary_uid - 65536)) | tee "$place/etc/subuid" >"$place/etc/subgid"
    # Exit code 1: something changed meanwhile, such as the times of a directory in which another part makes a file.
    (cd "$root" && { tar --create --exclude='./java/*/target' --exclude=./target --exclude=./.git . || (($? == 1)); }) |
        { mkdir "$place/neurovisor" && tar --extract --directory "$place/neurovisor"; }
    for part in target/x86_64-unknown-linux-gnu/release/neurovisor-spawner \
        target/x86_64-unknown-linux-gnu/release/neurovisor-guest-agent \
        target/x86_64-unknown-linux-gnu/debug/examples/inject java/cli/target/app target/neurovisor.stamp; do
        mkdir -p "$place/neurovisor/${part%/*}"
        cp --archive --reflink=auto -- "$root/$part" "$place/neurovisor/$part"
    done
    chown -R "$ordinary_uid:$ordinary_uid" "$place/home" "$place/neurovisor"
}

# share_for_user FROM TO: shares the data of a finished setup. Read-only gigabytes stay owned by root and are not copied.
share_for_user() {
    local from=$1 to=$2 part file
    (umask 077 && mkdir "$to/images" "$to/templates")
    cp --archive --link -- "$from/kernels" "$from/initrds" "$to/"
    cp --archive --link -- "$from"/images/base[.-]* "$to/images/"
    for part in "$from"/templates/*/template.json; do
        grep -q '"image" : "base"' "$part" || continue
        cp --archive --link -- "${part%/*}" "${part%/*}.current" "$to/templates/"
    done
    find "$to" -type f ! -perm -o=r -print0 | while IFS= read -r -d '' file; do
        cp --archive -- "$file" "$file.own" && mv -- "$file.own" "$file"
    done
    find "$to" ! \( -type f -perm -o=r \) -exec chown --no-dereference "$ordinary_uid:$ordinary_uid" {} +
}
