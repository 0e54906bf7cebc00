#!/usr/bin/env bash
# Records the SHA-256 checksums of everything that Maven downloads for this repository, plugins included, in
# .mvn/checksums/checksums.sha256. Run it after a change of a dependency or plugin and read the difference before you commit it.
# Usage: setup/record-checksums.sh
# Everything is downloaded anew, so that what this machine's own repository holds vouches for nothing.
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

# Nothing is recorded yet of what is new, so that what the servers say of it is believed, once.
use() { maven --quiet "-Dmaven.repo.local=$work" -Dexec.skip=true "$@"; }

# Each of Maven's uses: the tests, of which one must run for Surefire to fetch what runs them; the product with its bill of
# materials; the form of sources; the measurements of single steps. What was recorded of what has not changed still holds.
use pre-integration-test -Psystem-tests -Dtest=SettingTest -Dsurefire.failIfNoSpecifiedTests=false
use -Dneurovisor.product -Psbom package -pl java/cli -am
use spotless:check
use -Ppieces package -pl bench/pieces -am -DskipTests

mkdir -p -- "${recorded%/*}"
# Names as they are in a repository, and two blanks, as Maven reads it. Our own parts are built, not downloaded.
(cd -- "$work" && find . -type f ! -name '*.sha*' ! -name '_remote.repositories' ! -name '*.lastUpdated' ! -name 'maven-metadata*' \
    ! -name 'resolver-status.properties' ! -path './io/neurovisor/*' ! -path './.*/*' -printf '%P\n' | LC_ALL=C sort |
    xargs --delimiter='\n' sha256sum) >"$recorded.new"
mv -- "$recorded.new" "$recorded"
say "neurovisor: recorded $(wc -l <"$recorded") checksums in $recorded"
