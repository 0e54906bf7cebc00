# shellcheck shell=bash
# Finds a JDK of at least version 25. Sourced.
# shellcheck disable=SC2034,SC2154 # Variables shared with the files that source this one.

readonly jdk_minimum=25

# Reads the version of the JDK in directory $1 from its release file, which is much faster than starting it. Sets
# jdk_rank (a number that orders versions) and jdk_name (vendor and exact build).
read_jdk() {
    local key value version='' runtime='' vendor=''
    [[ -x $1/bin/java && -r $1/release ]] || return 1
    # A packaged release needs no compiler.
    [[ -x $1/bin/javac || -f $root/packaged ]] || return 1
    while IFS='=' read -r key value; do
        value=${value//\"/}
        case $key in
            JAVA_VERSION) version=$value ;;
            JAVA_RUNTIME_VERSION) runtime=$value ;;
            IMPLEMENTOR) vendor=$value ;;
        esac
    done <"$1/release"
    [[ $version =~ ^([0-9]+)(\.([0-9]+))?(\.([0-9]+))? ]] || return 1
    jdk_rank=$((10#${BASH_REMATCH[1]} * 1000000 + 10#${BASH_REMATCH[3]:-0} * 1000 + 10#${BASH_REMATCH[5]:-0}))
    jdk_name="$vendor-${runtime:-$version}"
    jdk_name=${jdk_name//[!A-Za-z0-9.+-]/_}
    ((jdk_rank >= jdk_minimum * 1000000))
}

# Sets JAVA_HOME and jdk_build: the given JAVA_HOME if suitable, else the JDK in PATH, else the newest in the usual
# directories.
find_jdk() {
    local home java best=0 best_home='' best_name=''
    if [[ -n ${JAVA_HOME-} ]] && read_jdk "$JAVA_HOME"; then
        jdk_build=$jdk_name
        return
    fi
    if java=$(command -v java) && java=$(readlink -f -- "$java") && read_jdk "${java%/bin/java}"; then
        export JAVA_HOME=${java%/bin/java}
        jdk_build=$jdk_name
        return
    fi
    for home in /usr/lib/jvm/* /usr/java/* /opt/* "${HOME-}"/.sdkman/candidates/java/* "${HOME-}"/.jdks/*; do
        [[ -L $home ]] && continue
        read_jdk "$home" || continue
        if ((jdk_rank > best)); then
            best=$jdk_rank best_home=$home best_name=$jdk_name
        fi
    done
    [[ -n $best_home ]] || return 1
    export JAVA_HOME=$best_home
    jdk_build=$best_name
}

die_without_jdk() {
    die "NeuroVisor needs a JDK, version $jdk_minimum or newer, and found none${JAVA_HOME:+ (JAVA_HOME is $JAVA_HOME)}." \
        "Looked in: JAVA_HOME, PATH, /usr/lib/jvm, /usr/java, /opt, ~/.sdkman/candidates/java, ~/.jdks." \
        "Debian 13 and Ubuntu have it: apt-get install openjdk-25-jdk-headless" \
        "Elsewhere: unpack the archive from https://adoptium.net/temurin/releases/?version=25 into /opt" \
        "or into ~/.jdks, or set JAVA_HOME to where it is."
}
