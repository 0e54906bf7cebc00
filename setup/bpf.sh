# shellcheck shell=bash
# `neurovisor bpf`: the eBPF programs of layer 5. Sourced.
# shellcheck disable=SC2154 # Variables and functions of the file that sources this one.

readonly bpf_object=$root/target/bpf/vmm.bpf.o

run_bpf() {
    case "${1-} $#" in
        'build 1') build_bpf ;;
        *)
            say 'Usage: neurovisor bpf build    builds the eBPF programs by which the kernel watches VMMs (layer 5):' \
                '                               target/bpf/vmm.bpf.o, which fits every kernel that describes itself (BTF)'
            [[ ${1-} == -h || ${1-} == --help ]] || exit 2
            ;;
    esac
}

build_bpf() {
    if bpf_is_current; then
        say "Already built: $bpf_object"
        return
    fi
    # shellcheck source=setup/build.sh
    source "$root/setup/build.sh"
    install_missing_packages bpf
    compile_bpf
    say "Built $bpf_object"
}

bpf_is_current() {
    [[ -f $bpf_object && -z $(find "$root/bpf" -newer "$bpf_object" -print -quit) ]]
}

compile_bpf() {
    mkdir -p -- "${bpf_object%/*}"
    # The types in kernel headers depend on the architecture, which the target of the programs does not specify.
    clang -g -O2 -Wall -Wextra -Werror -Wno-unused-parameter -target bpf -D__TARGET_ARCH_x86 -I/usr/include/x86_64-linux-gnu \
        -c "$root/bpf/vmm.bpf.c" -o "$bpf_object.new" || die "clang does not compile $root/bpf/vmm.bpf.c."
    mv -f -- "$bpf_object.new" "$bpf_object"
}
