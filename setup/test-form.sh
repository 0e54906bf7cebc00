#!/usr/bin/env bash
# Checks the form of all sources with rustfmt, clippy, Spotless and ShellCheck, and compiles the measurements in bench, which are
# not part of the Maven build.
# Usage: setup/test-form.sh [--strict]
# Prints the result of each tool and fails if one failed. A missing tool is skipped, or a failure with --strict.
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

passed=0 failed=0 skipped=0 strict=''

main() {
    case ${1-} in
        '') ;;
        --strict) strict=true ;;
        *) say 'Usage: setup/test-form.sh [--strict]' && exit 2 ;;
    esac
    cd -- "$root" || exit
    mkdir -p -- target # maven writes its settings for a proxy there.
    check_form rustfmt 'has_cargo has_rustfmt' cargo fmt --all --check
    check_form clippy 'has_cargo has_clippy' cargo clippy --locked --quiet --workspace --all-targets -- --deny warnings
    check_form spotless find_jdk maven --quiet --fail-at-end spotless:check
    check_form measurements find_jdk compile_measurements
    check_form shellcheck has_shellcheck shellcheck --external-sources --severity warning \
        neurovisor .ci/run setup/*.sh bench/*.sh guest/kernel/*.sh lab/*.sh
    printf 'form: %d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    ((failed == 0))
}

# Compiles what only the scripts in bench start, so that a change of the product does not break it unseen.
compile_measurements() {
    maven --quiet -Ppieces -pl bench/pieces,java/cli -am -DskipTests -Dexec.skip=true package || return
    local jars=(java/cli/target/app/lib/*.jar)
    "$JAVA_HOME/bin/javac" -d target/measurements \
        -cp "java/server/target/test-classes:java/engine/target/test-classes:$(IFS=: && printf '%s' "${jars[*]}")" bench/*.java
}

# check_form TOOL REQUIREMENTS COMMAND...: requirements are names of functions of setup/packages.sh and setup/jdk.sh.
check_form() {
    local tool=$1 requirement began=$SECONDS
    for requirement in $2; do
        "$requirement" && continue
        if [[ -n $strict ]]; then
            failed=$((failed + 1))
            printf '%s: failed, it is missing (%s)\n' "$tool" "$requirement"
        else
            skipped=$((skipped + 1))
            printf '%s: skipped, it is missing (%s)\n' "$tool" "$requirement"
        fi
        return
    done
    if "${@:3}"; then
        passed=$((passed + 1))
        printf '%s: passed in %d s\n' "$tool" $((SECONDS - began))
    else
        failed=$((failed + 1))
        printf '%s: failed\n' "$tool"
    fi
}

[[ ${BASH_SOURCE[0]} != "$0" ]] || main "$@"
