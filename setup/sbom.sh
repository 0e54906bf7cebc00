# shellcheck shell=bash
# `neurovisor sbom`: writes the software bill of materials of NeuroVisor. Sourced.
# shellcheck disable=SC2154 # Variables and functions of the file that sources this one.

run_sbom() {
    local output=$root/target/sbom/neurovisor.cdx.json
    case "${1-} $#" in
        ' 0') ;;
        '--output 2') output=$(realpath -m -- "$2") ;;
        *)
            say 'Usage: neurovisor sbom [--output FILE]    writes the bill of materials of NeuroVisor, in CycloneDX: every library and' \
                '                                          crate that it runs with, with version and licence. Default:' \
                '                                          target/sbom/neurovisor.cdx.json. That of an image lies beside the image.'
            [[ ${1-} == -h || ${1-} == --help ]] || exit 2
            exit 0
            ;;
    esac
    [[ -d ${output%/*} || $output == "$root"/* ]] || die "There is no directory ${output%/*} for the bill of materials."
    # shellcheck source=setup/build.sh
    source "$root/setup/build.sh"
    install_missing_packages build
    find_jdk || die_without_jdk
    build_if_stale
    mkdir -p -- "$root/target/sbom"
    with_progress 'Listing the parts of NeuroVisor' "$root/target/sbom/sbom.log" read_maven_line list_parts || {
        explain_failure "$root/target/sbom/sbom.log"
        die 'The bill of materials could not be made.' "The whole log: $root/target/sbom/sbom.log"
    }
    set_java_flags
    "$JAVA_HOME/bin/java" "${flags[@]}" -cp "$classpath" io.neurovisor.cli.Main write-sbom \
        "$root/target/sbom/maven.json" "$root/target/sbom/cargo.json" "$output"
    say "neurovisor: wrote $output"
}

# Covers the command line, which contains all other modules, for the platform of the programs.
list_parts() {
    local MAVEN_OPTS="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC ${MAVEN_OPTS-}"
    export MAVEN_OPTS
    maven -Dneurovisor.product -Psbom package -pl java/cli -am || return
    (cd "$root" && cargo metadata --locked --format-version 1 --filter-platform x86_64-unknown-linux-gnu) >"$root/target/sbom/cargo.json"
}
