#!/usr/bin/env bash
# Checks licences, sources and bans of the crates, and known vulnerabilities of crates and libraries if the databases are reachable.
# Usage: setup/test-supply-chain.sh
# Prints the result of each check and fails if one failed. An unreachable database is skipped with the reason.
set -uo pipefail

root=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=setup/console.sh
source "$root/setup/console.sh"
# shellcheck source=setup/jdk.sh
source "$root/setup/jdk.sh"
# shellcheck source=setup/packages.sh
source "$root/setup/packages.sh"
# shellcheck source=setup/build.sh
source "$root/setup/build.sh"

# The newest version that the Rust of Debian 13 compiles.
readonly cargo_deny_version=0.18.3 cargo_deny_seconds=1800
readonly advisories=https://github.com/RustSec/advisory-db
osv=${NEUROVISOR_OSV:-https://api.osv.dev}

passed=0 failed=0 skipped=0

main() {
    cd -- "$root" || exit
    mkdir -p -- target/supply-chain
    find_jdk || die_without_jdk
    if reaches https://repo.maven.apache.org/maven2/; then
        check maven-checksums changed_artifact_is_refused
    else
        skip maven 'https://repo.maven.apache.org cannot be reached'
    fi
    if provide_cargo_deny; then
        check crates "$cargo_deny" --locked check --hide-inclusion-graph licenses bans sources
        if reaches "$advisories"; then
            check advisories "$cargo_deny" --locked check --hide-inclusion-graph advisories
        else
            skip advisories "$advisories cannot be reached"
        fi
    else
        fail 'cargo-deny' "it could not be installed (log: $root/target/supply-chain/cargo-deny.log)"
    fi
    if ! reaches "$osv"; then
        skip osv "$osv cannot be reached"
    elif "$root/neurovisor" sbom --output "$root/target/supply-chain/sbom.json"; then
        check osv ask_osv target/supply-chain/sbom.json
    else
        fail osv 'there is no bill of materials'
    fi
    printf 'supply chain: %d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    ((failed == 0))
}

# check NAME COMMAND...
check() {
    local began=$SECONDS
    if "${@:2}"; then
        passed=$((passed + 1))
        printf '%s: passed in %d s\n' "$1" $((SECONDS - began))
    else
        fail "$1" 'see above'
    fi
}

fail() {
    failed=$((failed + 1))
    printf '%s: failed, %s\n' "$1" "$2"
}

skip() {
    skipped=$((skipped + 1))
    printf 'SKIPPED %s: %s\n' "$1" "$2"
}

reaches() { curl --silent --show-error --location --output /dev/null --max-time 20 -- "$1"; }

# provide_cargo_deny: sets cargo_deny; compiles it for some minutes unless it is in the cache directory.
provide_cargo_deny() {
    local base=${XDG_CACHE_HOME:-$HOME/.cache}/neurovisor/cargo-deny work status=0
    cargo_deny=$base/$cargo_deny_version/bin/cargo-deny
    [[ ! -x $cargo_deny ]] || return 0
    mkdir -p -- "$base"
    # Removes intermediate files, which are much larger than the program. Runs in another directory, because the Cargo configuration
    # here is for our own programs.
    work=$(mktemp -d "$base/work-XXXXXX")
    (cd -- "$work" && CARGO_TARGET_DIR=$work/target timeout "$cargo_deny_seconds" cargo install cargo-deny --locked \
        --version "$cargo_deny_version" --root "$work/root" --no-default-features) >target/supply-chain/cargo-deny.log 2>&1 || status=$?
    if ((status == 0)); then
        rm -rf -- "${base:?}/$cargo_deny_version"
        mv -- "$work/root" "$base/$cargo_deny_version"
    fi
    rm -rf -- "$work"
    return "$status"
}

# Checks that Maven downloads a plugin with the recorded checksum and refuses it if another checksum is recorded.
changed_artifact_is_refused() {
    local plugin=org/apache/maven/plugins/maven-resources-plugin other=target/supply-chain/checksums repository=target/supply-chain/repository
    local log=target/supply-chain/maven.log
    rm -rf -- "$other" "$repository"
    cp -R -- .mvn/checksums "$other"
    sed -i "s|^[0-9a-f]\{64\}\(  $plugin/.*\.jar\)\$|$(printf '0%.0s' {1..64})\1|" "$other/checksums.sha256"
    ! maven resources:help --non-recursive "-Dmaven.repo.local=$root/$repository" \
        "-Daether.trustedChecksumsSource.summaryFile.basedir=$root/$other" >"$log" 2>&1 ||
        { echo "maven-checksums: a plugin with another checksum was taken" && return 1; }
    grep -m 1 'Checksum validation failed.*000000' "$log" || { tail -n 20 -- "$log" && return 1; }
    maven --quiet resources:help --non-recursive "-Dmaven.repo.local=$root/$repository" >"$log" 2>&1 || { tail -n 20 -- "$log" && return 1; }
}

# ask_osv SBOM: fails if the database has vulnerabilities of a component, and prints them.
ask_osv() {
    local purl found='' answer ids
    local -a purls
    mapfile -t purls < <(sed -n 's/^ *"purl" *: *"\([^"]*\)".*/\1/p' "$1" | sort --unique)
    ((${#purls[@]})) || { echo "osv: $1 names no parts" && return 1; }
    for purl in "${purls[@]}"; do
        answer=$(curl --silent --show-error --fail --max-time 60 --header 'Content-Type: application/json' \
            --data "{\"package\":{\"purl\":\"$purl\"}}" -- "$osv/v1/query") || { echo "osv: no answer about $purl" && return 1; }
        ids=$(grep -o '"id": *"[^"]*"' <<<"$answer" | sed 's/.*"\([^"]*\)"$/\1/' | sort --unique | paste -sd ' ')
        [[ -z $ids ]] || found+="$purl: $ids"$'\n'
    done
    [[ -z $found ]] || { printf '%s' "$found" && return 1; }
    echo "osv: no known vulnerability in ${#purls[@]} parts"
}

[[ ${BASH_SOURCE[0]} != "$0" ]] || main "$@"
