#!/usr/bin/env bash
# Records the SHA-256 checksums of everything that Maven downloads for this repository, plugins included, in
# .mvn/checksums/checksums.sha256. Run it after a change of a dependency or plugin and read the difference before you commit it.
# Usage: setup/record-checksums.sh
# Downloads everything again, so that the contents of the local repository are not trusted.
set -euo pipefail

root=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=setup/console.sh
source "$root/setup/console.sh"
# shellcheck source=setup/jdk.sh
source "$root/setup/jdk.sh"
# shellcheck source=setup/packages.sh
source "$root/setup/packages.sh"
# shellcheck source=setup/build.sh
source "$root/setup/build.sh"

readonly recorded=$root/.mvn/checksums/checksums.sha256

find_jdk || die_without_jdk
mkdir -p -- "$root/target"
work=$(mktemp -d "$root/target/checksums-XXXXXX")
trap 'rm -rf -- "$work"' EXIT

# New artifacts have no recorded checksum, so those of the servers are trusted once.
use() { maven --quiet "-Dmaven.repo.local=$work" -Dexec.skip=true "$@"; }

# All uses of Maven: the tests; the product with its bill of materials; the form of sources; the measurements of single steps. Existing
# checksums remain in force.
use pre-integration-test
use -Dneurovisor.product -Psbom package -pl java/cli -am
use spotless:check
use -Ppieces package -pl bench/pieces -am

mkdir -p -- "${recorded%/*}"
# The format of Maven: repository paths after two blanks. Our own modules are built, not downloaded.
(cd -- "$work" && find . -type f ! -name '*.sha*' ! -name '_remote.repositories' ! -name '*.lastUpdated' ! -name 'maven-metadata*' \
    ! -name 'resolver-status.properties' ! -path './io/neurovisor/*' ! -path './.*/*' -printf '%P\n' | LC_ALL=C sort |
    xargs --delimiter='\n' sha256sum) >"$recorded.new"
mv -- "$recorded.new" "$recorded"
say "neurovisor: recorded $(wc -l <"$recorded") checksums in $recorded"
