# shellcheck shell=bash
# `neurovisor oci`: builds a container image without a container engine. Sourced.
# shellcheck disable=SC2034,SC2154 # Variables and functions shared with the file that sources this one.

# Debian stable has the required programs (setup/packages.sh) and a suitable Java.
readonly oci_suite=trixie oci_home=/opt/neurovisor oci_data=/var/lib/neurovisor
readonly oci_packages=(openjdk-25-jre-headless qemu-system-x86 bubblewrap libseccomp2 mmdebstrap squashfs-tools uidmap
    debian-archive-keyring ca-certificates)
# The files of the product without sources; all of them exist after a build.
readonly oci_product=(neurovisor setup guest/image guest/kernel java/cli/target/app
    target/x86_64-unknown-linux-gnu/release/neurovisor-spawner target/x86_64-unknown-linux-gnu/release/neurovisor-guest-agent
    LICENSE README.md SECURITY.md)

run_oci() {
    local output=$root/target/neurovisor-oci.tar
    case ${1-} in
        build) shift ;;
        *) oci_usage "$@" ;;
    esac
    while (($#)); do
        case $1 in
            --output) (($# > 1)) || oci_usage "$@"; output=$2 && shift ;;
            --output=?*) output=${1#*=} ;;
            *) oci_usage "$@" ;;
        esac
        shift
    done
    [[ -d $(dirname -- "$output") ]] || die "--output is $output, whose directory is not there. Make it: mkdir -p $(dirname -- "$output")"
    output=$(realpath -- "$output")
    ((EUID == 0)) || die 'Only root can make the image: what belongs to root in it must do so on the way.' \
        "Run: sudo $root/neurovisor oci build"
    build_oci "$output"
}

oci_usage() {
    say 'Usage: neurovisor oci build [--output FILE]    NeuroVisor as a container image: a tar archive of an OCI layout' \
        '                                               (default target/neurovisor-oci.tar), for podman load or skopeo'
    [[ ${1-} == -h || ${1-} == --help ]] && exit 0
    exit 2
}

build_oci() {
    local output=$1 log=$root/target/oci.log work
    # shellcheck source=setup/build.sh
    source "$root/setup/build.sh"
    install_missing_packages build run oci
    find_jdk || die_without_jdk
    build_if_stale ""
    # The image contains kernel, root image and boot files. A template depends on the processor, so it is built where it runs.
    "$root/neurovisor" image build base
    work=$(mktemp -d "${TMPDIR:-/var/tmp}/neurovisor-oci-XXXXXX")
    # shellcheck disable=SC2064 # The place of now.
    trap "rm -rf --one-file-system -- '$work'" EXIT
    require_space "$work" 5000 'Making the container image' 'Choose another disk with TMPDIR=DIR.'
    require_space "$(dirname -- "$output")" 1500 'The container image' 'Choose another place with --output FILE.'
    with_progress 'Making the container image' "$log" read_oci_line make_oci "$work" "$output" || {
        explain_failure "$log"
        die 'The container image could not be made.' "The whole log: $log"
    }
    say "Made $output ($(du --apparent-size --block-size=M -- "$output" | cut -f 1)B). Load it: podman load --input $output"
}

make_oci() {
    local work=$1 output=$2 layer
    printf 'step: Debian %s with Java, QEMU and what builds images\n' "$oci_suite"
    oci_system "$work/1-system.tar" || return
    printf 'step: root image and kernel\n'
    oci_data_layer "$work/data" && oci_layer "$work/data" "$work/2-data.tar" || return
    printf 'step: NeuroVisor\n'
    oci_product_layer "$work/product" && oci_layer "$work/product" "$work/3-product.tar" || return
    umoci init --layout "$work/layout" && umoci new --image "$work/layout:neurovisor" || return
    for layer in "$work"/*.tar; do
        printf 'step: packing %s\n' "${layer##*/}"
        umoci raw add-layer --image "$work/layout:neurovisor" "$layer" && rm -- "$layer" || return
    done
    umoci config --image "$work/layout:neurovisor" --author NeuroVisor --config.stopsignal SIGTERM \
        --config.entrypoint /usr/local/bin/neurovisor --config.cmd serve --config.workingdir / \
        --config.env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin --config.env LANG=C.UTF-8 \
        --config.env "NEUROVISOR_DATA_DIR=$oci_data" --config.exposedports 50051/tcp --config.exposedports 9090/tcp &&
        umoci gc --layout "$work/layout" || return
    # Renamed last, so that the image is complete or missing.
    tar --create --directory "$work/layout" --file "$output.new" --owner=0 --group=0 --sort=name . && mv -f -- "$output.new" "$output"
}

read_oci_line() {
    case $1 in
        'step: '*) progress_step=${1#step: } progress_detail='' ;;
        'I: '*) progress_detail=${1#I: } ;;
    esac
}

# Uses the package mirrors of the machine for a suite that may differ from its own.
oci_system() {
    local mirror security option sources=() options=()
    mirror=${NEUROVISOR_DEBIAN_MIRROR:-$(oci_mirror Debian)} security=$(oci_mirror Debian-Security)
    [[ -z $mirror ]] || sources=("deb $mirror $oci_suite main" "deb $mirror $oci_suite-updates main")
    [[ -z $mirror || -z $security ]] || sources+=("deb $security $oci_suite-security main")
    while IFS= read -r option; do options+=(--aptopt="$option"); done \
        < <(apt-config dump | grep -E '^Acquire::(http|https|Check|Retries|Force)')
    # Mounts end with the last process, even if mmdebstrap is killed. The packages of Java require the directory of manuals.
    env SOURCE_DATE_EPOCH=1767225600 LC_ALL=C.UTF-8 "TMPDIR=${1%/*}" \
        unshare --mount --propagation private -- mmdebstrap --mode=root --variant=minbase --format=tar \
        --aptopt='APT::Install-Recommends "false"' --aptopt='APT::Sandbox::User "root"' "${options[@]}" \
        --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' --skip=check/signed-by \
        --setup-hook='mkdir -p "$1/usr/share/man/man1"' --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
        --include="$(IFS=, && printf '%s' "${oci_packages[*]}")" "$oci_suite" "$1" "${sources[@]}"
}

oci_mirror() {
    # shellcheck disable=SC2016 # apt's own notation.
    apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' 'Origin: Debian' "Label: $1" | sed -n 1p
}

oci_data_layer() {
    local data=${NEUROVISOR_DATA_DIR:-${XDG_DATA_HOME:-$HOME/.local/share}/neurovisor} to=$1$oci_data
    (umask 077 && mkdir -p "$to/images") && chmod 755 "$1" "$1"/var "$1"/var/lib &&
        cp --archive --reflink=auto -- "$data/kernels" "$data/initrds" "$to/" &&
        cp --archive --reflink=auto -- "$data"/images/base[.-]* "$to/images/" && chown -R 0:0 "$to"
}

oci_product_layer() {
    local to=$1$oci_home
    mkdir -p "$to" "$1/usr/local/bin" &&
        (cd "$root" && tar --create --exclude='*.aot*' "${oci_product[@]}") | tar --extract --no-same-owner --directory "$to" &&
        printf 'Built elsewhere: the launcher neither compiles nor looks whether sources are newer.\n' >"$to/packaged" &&
        ln -s "$oci_home/neurovisor" "$1/usr/local/bin/neurovisor"
}

oci_layer() {
    tar --create --directory "$1" --file "$2" --owner=0 --group=0 --numeric-owner --sort=name . && rm -rf -- "$1"
}
