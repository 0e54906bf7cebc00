# shellcheck shell=bash
# Builds NeuroVisor when its sources are newer than the build. Sourced; root and app are set.
# shellcheck disable=SC2034,SC2154 # Variables shared with the files that source this one.

# Two starts at once build once: the second waits and finds the build current.
build_if_stale() {
    local log=$root/target/build.log
    ! build_is_current || return 0
    mkdir -p -- "$root/target" 2>/dev/null || true
    [[ -w $root/target ]] || die "The build in $root is out of date, and $(id -un) cannot write there." \
        'Start it once as its owner, or clone it into a directory of your own.'
    exec 9>"$root/target/build.lock"
    if ! flock --nonblock 9; then
        say 'Waiting for another start of NeuroVisor to finish building ...'
        flock 9
    fi
    if ! build_is_current; then
        [[ -f $root/target/neurovisor.stamp ]] || require_build_space "$@"
        rm -rf -- "$app" "$root/target/neurovisor.stamp"
        # The stamp's time is the beginning: what changes during the build is newer.
        : >"$root/target/build.started"
        crates_built=0 crates_all=$(grep -c '^\[\[package\]\]' "$root/Cargo.lock" || true)
        if ! with_progress 'Building NeuroVisor' "$log" read_maven_line maven package -pl java/cli -am \
            -Dmaven.test.skip=true -Dspotless.check.skip=true; then
            explain_failure "$log"
            die 'The build failed.' "The whole log: $log"
        fi
        list_jars >"$app/classpath"
        mv -- "$root/target/build.started" "$root/target/neurovisor.stamp"
    fi
    exec 9>&-
}

# A fixed order, whatever the locale: the AOT cache depends on it.
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

# Maven takes proxies from its settings only; those of the environment are passed on where the user has set none.
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

# The text of a URL's user part, for XML: percent signs decoded, markup escaped.
as_xml() {
    local text
    printf -v text '%b' "${1//%/\\x}"
    text=${text//&/&amp;}
    printf '%s' "${text//</&lt;}"
}

# The first module compiles the Rust programs. With all their libraries that is most of a first build, so there the bar
# counts crates.
read_maven_line() {
    local module modules before=0
    if [[ $1 =~ ^\[INFO\]\ Building\ (.+)\ [^\ ]+\ +\[([0-9]+)/([0-9]+)\] ]]; then
        module=${BASH_REMATCH[2]} modules=${BASH_REMATCH[3]}
        progress_step="$module/$modules ${BASH_REMATCH[1]}"
        progress_detail=''
        ((crates_built == 0)) || before=70
        progress_percent=$((before + (100 - before) * (module - 1) / modules))
    elif [[ $1 =~ ^\[INFO\]\ ---\ ([a-z-]+):.*\((.*)\)\ @ ]]; then
        progress_detail="${BASH_REMATCH[1]} ${BASH_REMATCH[2]}"
    elif [[ $1 =~ ^Download(ing|ed)\ from\ .*/([^/ ]+)$ ]]; then
        progress_detail="downloading ${BASH_REMATCH[2]}"
    elif [[ $1 =~ ^\ +Compiling\ ([^ ]+\ [^ ]+) ]]; then
        progress_detail="compiling ${BASH_REMATCH[1]}"
        crates_built=$((crates_built + 1))
        progress_percent=$((crates_built * 70 / (crates_all + 1)))
    fi
}

# First use only: what the build and the images take, per disk.
require_build_space() {
    local word previous='' data=${NEUROVISOR_DATA_DIR:-${XDG_DATA_HOME:-${HOME-}/.local/share}/neurovisor}
    for word in "$@"; do
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
