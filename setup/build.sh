# shellcheck shell=bash
# Builds NeuroVisor if its sources are newer than the build. Sourced; root and app are set.
# shellcheck disable=SC2034,SC2154 # Variables shared with the files that source this one.

# Of two concurrent starts, the second one waits and finds the build current.
build_if_stale() {
    ! build_is_current || return 0
    mkdir -p -- "$root/target" 2>/dev/null || true
    [[ -w $root/target ]] || die "The build in $root is out of date, and $(id -un) cannot write there." \
        'Start it once as its owner, or clone it into a directory of your own.'
    exec 9>"$root/target/build.lock"
    if ! flock --nonblock 9; then
        note 'Waiting for another start of NeuroVisor to finish building ...'
        flock 9
    fi
    build_is_current || build "$@"
    exec 9>&-
}

# Compiles the parts whose sources have changed in content. Timestamps do not count, so a new checkout of the same commit compiles
# nothing.
build() {
    local name status=0
    # The stamp has the time of the beginning, so that changes during the build are newer.
    : >"$root/target/build.started"
    java_digest=$(digest_of "${java_sources[@]}") rust_digest=$(digest_of "${rust_sources[@]}")
    forget_steps
    is_made java "$java_digest" "${java_programs[@]}" || add_java_step
    is_made rust "$rust_digest" "${rust_programs[@]}" || add_rust_steps
    if ((${#step_names[@]})); then
        if [[ ! -f $root/target/neurovisor.stamp ]]; then
            require_build_space "$@"
            if starts_usual_image "$@"; then
                require_user_ids
                add_image_step "$@"
            fi
        fi
        rm -f -- "$root/target/neurovisor.stamp"
        # Maven does not replace existing jars in this directory.
        [[ -z ${step_title[java]-} ]] || rm -rf -- "$app"
        run_steps || status=$?
        if ((status != 0)); then
            explain_failure "${step_log[$failed_step]}"
            die "The build failed: ${step_title[$failed_step]}." "The whole log: ${step_log[$failed_step]}"
        fi
    fi
    mv -- "$root/target/build.started" "$root/target/neurovisor.stamp"
}

# digest_of PATH...: the digest of the names and contents of all files.
digest_of() {
    # shellcheck disable=SC2068 # The paths hold patterns, and no blanks.
    (cd "$root" && find $@ -name target -prune -o -type f -print0 | LC_ALL=C sort --zero-terminated |
        xargs --null sha256sum | sha256sum)
}

# is_made PART SOURCES PATH...: whether the files at the paths were built from sources of that digest. ./mvnw compiles the
# programs, too.
is_made() {
    [[ -f $root/target/$1.made && $(<"$root/target/$1.made") == "$2 $(digest_of "${@:3}" 2>/dev/null)" ]]
}

# made PART SOURCES PATH...
made() { printf '%s %s\n' "$2" "$(digest_of "${@:3}")" >"$root/target/$1.made"; }

add_java_step() {
    add_step java '' 'Compiling Java' "$root/target/build.log" read_maven_line make_java
}

make_java() {
    # The run of Maven is too short to benefit from the C2 compiler, which would use a fifth of the CPU time.
    export MAVEN_OPTS="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC ${MAVEN_OPTS-}"
    # Maven leaves the classes of messages that were moved or removed.
    [[ -z $(find "$root/proto" -maxdepth 1 -name '*.proto' -newer "$root/proto/target/generated-sources" 2>/dev/null) ]] ||
        rm -rf -- "$root/proto/target"
    maven -Dneurovisor.product -T2 package -pl java/cli -am && list_jars >"$app/classpath" &&
        made java "$java_digest" "${java_programs[@]}"
}

# The spawner comes first, because the root image is built with it.
add_rust_steps() {
    add_step spawner '' 'Compiling the spawner' "$root/target/spawner.log" read_cargo_line make_rust spawner
    add_step agent spawner 'Compiling the guest agent' "$root/target/guest-agent.log" read_cargo_line make_agent
}

make_agent() {
    make_rust guest-agent && made rust "$rust_digest" "${rust_programs[@]}"
}

build_floor() {
    local program=target/x86_64-unknown-linux-gnu/release/neurovisor-floor log=$root/target/floor.log floor_digest
    floor_digest=$(digest_of "${rust_sources[@]}" bench/floor)
    ! is_made floor "$floor_digest" "$program" || return 0
    install_missing_packages build
    with_progress 'Compiling the reference of the benchmark' "$log" read_cargo_line make_rust floor || {
        explain_failure "$log"
        die 'The floor of the benchmark does not compile.' "The whole log: $log"
    }
    made floor "$floor_digest" "$program"
}

# Forces the progress bar, which Cargo omits if its output is a file.
make_rust() {
    CARGO_TERM_COLOR=never CARGO_TERM_PROGRESS_WHEN=always CARGO_TERM_PROGRESS_WIDTH=80 "$root/setup/rust.sh" "$1" 2>&1 |
        sed --unbuffered -e 's/\r/\n/g' -e 's/\x1b\[K//g'
}

# Whether the command boots the default image or one that is built on it.
starts_usual_image() {
    [[ ${1-} =~ ^(run|serve|agent|example|bench|setup|sessions)$ ]] && starts_machines "$@"
}

# add_image_step ARGUMENT...: builds kernel and root image in parallel with the guest agent, which they do not need.
add_image_step() {
    local needed=''
    [[ -z ${step_title[java]-} ]] || needed+=' java'
    [[ -z ${step_title[spawner]-} ]] || needed+=' spawner'
    place_options "$@"
    add_step image "$needed" 'Building the root image' "$root/target/image.log" read_image_line make_image \
        ${options_of_place[@]+"${options_of_place[@]}"}
}

make_image() {
    set_java_flags
    exec "$JAVA_HOME/bin/java" "${flags[@]}" -cp "$classpath" io.neurovisor.cli.Main prepare-image "$@"
}

# place_options ARGUMENT...: sets options_of_place to the options for the data directory and the user of image builds.
place_options() {
    options_of_place=()
    while (($#)); do
        case $1 in
            --) break ;;
            --data-dir=* | --config=* | --image-uids=*) options_of_place+=("$1") ;;
            --data-dir | --config | --image-uids) options_of_place+=("$1" "${2-}") && shift ;;
        esac
        shift || break
    done
}

# The order must not depend on the locale, because the AOT cache depends on it.
list_jars() (
    LC_ALL=C
    cd "$app/lib" || exit
    printf '%s\n' *.jar
)

maven() {
    local settings=()
    maven_proxy_settings
    (cd "$root" && exec ./mvnw --batch-mode "${settings[@]}" "$@")
}

# Maven reads proxies only from its settings. Those of the environment are passed on if the user has configured none.
maven_proxy_settings() {
    local file=$root/target/maven-proxies.xml https=${https_proxy:-${HTTPS_PROXY-}} http=${http_proxy:-${HTTP_PROXY-}}
    [[ -n $http$https ]] || return 0
    ! grep -qs '<proxies>' "${HOME-}/.m2/settings.xml" || return 0
    (umask 077 && {
        printf '<settings>\n<proxies>\n'
        proxy_element https "${https:-$http}"
        proxy_element http "${http:-$https}"
        printf '</proxies>\n</settings>\n'
    } >"$file")
    settings=(--global-settings "$file")
}

# proxy_element PROTOCOL URL: URL as in http_proxy, [http://][user:password@]host[:port][/].
proxy_element() {
    local address=${2#*://} user='' password='' port=80 none
    address=${address%%/*}
    if [[ $address == *@* ]]; then
        user=${address%@*} address=${address##*@}
        [[ $user != *:* ]] || { password=${user#*:} user=${user%%:*}; }
    fi
    [[ $address != *:* ]] || { port=${address##*:} address=${address%:*}; }
    none=${no_proxy:-${NO_PROXY-}}
    none=${none//,/|}
    none=${none//|./|*.}
    [[ $none != .* ]] || none="*$none"
    printf '<proxy><id>%s</id><active>true</active><protocol>%s</protocol><host>%s</host><port>%s</port>' \
        "environment-$1" "$1" "$address" "$port"
    [[ -z $user ]] || printf '<username>%s</username><password>%s</password>' "$(as_xml "$user")" "$(as_xml "$password")"
    printf '<nonProxyHosts>%s</nonProxyHosts></proxy>\n' "$(as_xml "${none// /}")"
}

# Prints the user part of a URL for XML: decoded, with markup escaped.
as_xml() {
    local text
    printf -v text '%b' "${1//%/\\x}"
    text=${text//&/&amp;}
    printf '%s' "${text//</&lt;}"
}

read_maven_line() {
    local module modules
    if [[ $1 =~ ^\[INFO\]\ Building\ (.+)\ [^\ ]+\ +\[([0-9]+)/([0-9]+)\] ]]; then
        module=${BASH_REMATCH[2]} modules=${BASH_REMATCH[3]}
        progress_step="$module/$modules ${BASH_REMATCH[1]}"
        progress_detail=''
        progress_percent=$((100 * (module - 1) / modules))
    elif [[ $1 =~ ^\[INFO\]\ ---\ ([a-z-]+):.*\((.*)\)\ @ ]]; then
        progress_detail="${BASH_REMATCH[1]} ${BASH_REMATCH[2]}"
    elif [[ $1 =~ ^Download(ing|ed)\ from\ .*/([^/ ]+)$ ]]; then
        progress_detail="downloading ${BASH_REMATCH[2]}"
    elif [[ $1 =~ ^\ +Compiling\ ([^ ]+\ [^ ]+) ]]; then
        progress_detail="compiling ${BASH_REMATCH[1]}"
    fi
}

read_cargo_line() {
    local compiled all
    if [[ $1 =~ ^\ +Building\ \[.*\]\ ([0-9]+)/([0-9]+) ]]; then
        compiled=${BASH_REMATCH[1]} all=${BASH_REMATCH[2]}
        progress_percent=$((100 * compiled / all))
        # Without a terminal, a line for each quarter is enough.
        progress_step="$((progress_percent / 25 * 25))% of $all crates"
        progress_detail="$((all - compiled)) left"
    elif [[ $1 =~ ^\ +Download ]]; then
        progress_step='fetching libraries'
    fi
}

# The percentages are the approximate shares of the duration.
read_image_line() {
    [[ $1 == 'neurovisor: '* ]] || return 0
    progress_step=${1#neurovisor: } progress_detail=''
    case $progress_step in
        'Fetching '*) progress_step="1/4 $progress_step" progress_percent=0 ;;
        'Unpacking '*) progress_step="2/4 $progress_step" progress_percent=12 ;;
        'Building image '*) progress_step="3/4 $progress_step" progress_percent=15 ;;
        'Recording '*) progress_step="4/4 $progress_step" progress_percent=95 ;;
    esac
}

# Checks the space for the build and the images before the first use.
require_build_space() {
    local word previous='' data=${NEUROVISOR_DATA_DIR:-${XDG_DATA_HOME:-${HOME-}/.local/share}/neurovisor}
    place_options "$@"
    for word in ${options_of_place[@]+"${options_of_place[@]}"}; do
        [[ $previous != --data-dir ]] || data=$word
        [[ $word != --data-dir=* ]] || data=${word#*=}
        previous=$word
    done
    require_space "$root" 1000 'Building NeuroVisor' 'Make room there, or clone the repository onto another disk.'
    require_space "${CARGO_HOME:-${HOME-}/.cargo}" 600 'Downloading the libraries (Maven, Cargo)' \
        'Make room there, or set CARGO_HOME and MAVEN_ARGS=-Dmaven.repo.local=DIR to another disk.'
    require_space "$data" 2500 'Building the images' \
        'Make room there, or choose another directory with --data-dir DIR or NEUROVISOR_DATA_DIR=DIR.'
}
