#!/usr/bin/env bash
# `neurovisor check`: judges what needs no VM, no network and no image. A program of its own, which needs no built product to begin.
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

readonly check_usage=('Usage: neurovisor check [--fix] [--all]'
    ''
    'Judges the sources without a VM, a network or an image: formats (rustfmt, Spotless), clippy, ShellCheck, and the rules that read'
    'files: pages, tables, names, directions of imports. Prints each finding with the command that mends it, and hints on sizes, which'
    'are no findings. Formats of Java and scripts are checked in the files that differ from main.'
    ''
    'Options:'
    '  --fix  mends what a program can: formats, generated pages, columns of tables; then prints the difference'
    '  --all  the formats of all files'
    ''
    'Exit codes: 0 no findings, 1 findings, 2 usage, 125 the check could not begin.')
# The rules are the test classes with this tag. They are compiled apart, so that a check may run beside anything.
# ArchUnit recognizes tests by the end of their path.
readonly rule_tag='Tag("rule")' main_classes=target/check/main test_classes=target/check/target/test-classes
readonly scripts=(neurovisor .ci/run ':(glob)setup/*.sh' ':(glob)bench/*.sh' ':(glob)guest/kernel/*.sh' ':(glob)lab/*.sh')

fix='' everything='' without_rules='' findings=0 skipped=0

main() {
    local part pids=() logs
    while (($#)); do
        case $1 in
            --fix) fix=true ;;
            --all) everything=true ;;
            # The gate runs the rules with the other unit tests.
            --without-rules) without_rules=true ;;
            -h | --help) printf '%s\n' "${check_usage[@]}" && exit ;;
            *) say "neurovisor: Unknown option $1." '' "${check_usage[@]}" && exit 2 ;;
        esac
        shift
    done
    cd -- "$root" || exit
    git rev-parse --git-dir >/dev/null 2>&1 || die "$root is not a clone of the repository, so there is nothing to check." \
        'Clone it with git, and start ./neurovisor check there.'
    logs=$(mktemp -d) || exit
    # shellcheck disable=SC2064 # The directory of now.
    trap "rm -rf -- '$logs'" EXIT
    trap 'stop_checks INT' INT
    trap 'stop_checks TERM' TERM
    find_jdk || true
    has_cargo || true
    mkdir -p -- target "$logs/before" # maven writes its settings for a proxy into target.
    git diff >"$logs/before/diff"
    # Two processors: Cargo and scripts on one, Java on the other.
    set -m
    (check_rust && check_scripts) >"$logs/1" 2>&1 </dev/null &
    pids+=($!)
    (check_java && check_rules && hint_sizes) >"$logs/2" 2>&1 </dev/null &
    pids+=($!)
    set +m
    running=("${pids[@]}")
    wait "${pids[@]}"
    for part in 1 2; do
        grep -v '^\(finding\|skipped\)$' "$logs/$part"
        ((findings += $(grep -c '^finding$' "$logs/$part"), skipped += $(grep -c '^skipped$' "$logs/$part"))) || true
    done
    if [[ -n $fix ]] && ! git diff | cmp -s - "$logs/before/diff"; then
        printf 'What was mended, as a difference to what was there before:\n'
        git diff | diff "$logs/before/diff" - | sed -n 's/^> //p'
    fi
    printf 'check: %s, %d findings, %d skipped, in %d s\n' "$( ((findings == 0)) && echo passed || echo failed)" "$findings" "$skipped" "$SECONDS"
    ((findings == 0))
}

stop_checks() {
    local pid
    trap '' INT TERM
    for pid in "${running[@]}"; do kill -TERM -- "-$pid" 2>/dev/null; done
    trap - "$1"
    kill -s "$1" $$
}

# finding TEXT COMMAND: a finding, and what mends it.
finding() { printf '%s\n    %s\nfinding\n' "$1" "$2"; }

# has_tool NAME REQUIREMENT PACKAGE: whether the tool is there.
has_tool() {
    ! "$2" || return 0
    printf '%s is missing: %s\nskipped\n' "$1" "$3"
    return 1
}

# changed PATTERN...: the files that match and differ from main, or all of them. A clone of main alone differs from nothing.
changed() {
    local base
    base=$(git merge-base HEAD main 2>/dev/null || git rev-parse HEAD)
    if [[ -n $everything ]]; then git ls-files -- "$@"; else
        git diff --name-only --diff-filter=d "$base" -- "$@"
        git ls-files --others --exclude-standard -- "$@"
    fi
}

check_rust() {
    if has_tool rustfmt has_rustfmt 'apt-get install rustfmt (rustfmt-web on Debian 12)' && has_tool cargo has_cargo 'apt-get install cargo (cargo-web on Debian 12)'; then
        [[ -z $fix ]] || cargo fmt --all
        cargo fmt --all --check || finding 'rustfmt: the format of Rust sources' './neurovisor check --fix'
    fi
    if has_tool clippy has_clippy 'apt-get install rust-clippy (rustup has it for Debian 12)' && has_tool cargo has_cargo 'apt-get install cargo'; then
        cargo clippy --locked --quiet --workspace --all-targets -- --deny warnings ||
            finding 'clippy: what it says above' 'change the lines that it names; cargo clippy --workspace --all-targets repeats it'
    fi
}

check_scripts() {
    local found
    has_tool ShellCheck has_shellcheck 'apt-get install shellcheck' || return 0
    mapfile -t found < <(changed "${scripts[@]}")
    ((${#found[@]} == 0)) || shellcheck --external-sources --severity warning "${found[@]}" ||
        finding 'ShellCheck: what it says above' 'change the lines that it names; its wiki explains each number'
}

check_java() {
    local found files
    has_tool 'A JDK of version 25' has_jdk 'apt-get install openjdk-25-jdk-headless, or set JAVA_HOME' || return 0
    mapfile -t found < <(changed '*.java' 'pom.xml' '*/pom.xml')
    ((${#found[@]})) || return 0
    # Its option takes expressions for absolute paths.
    files=$(printf "$root/%s\n" "${found[@]}" | sed 's/[.+]/\\&/g' | paste -s -d ,)
    [[ -z $everything ]] || files=''
    [[ -z $fix ]] || maven --quiet ${files:+"-DspotlessFiles=$files"} spotless:apply
    maven --quiet --fail-at-end ${files:+"-DspotlessFiles=$files"} spotless:check ||
        finding 'Spotless: the format of Java sources or of a pom.xml' './neurovisor check --fix'
}

# Compiles the product and the rules in two runs of the compiler, without Error Prone, and runs the rules.
check_rules() {
    local libraries=java/system-tests/target/libraries rules jars sources tests class_path
    [[ -z $without_rules ]] || return 0
    find_jdk || return 0
    if [[ ! -d $libraries ]]; then
        echo 'The libraries of the tests are missing; fetching and compiling them once takes some minutes.'
        maven --quiet pre-integration-test -Dexec.skip=true || { finding 'The sources do not compile' 'mend what Maven names above' && return; }
    elif [[ -n $(find proto -name '*.proto' -newer proto/target/classes 2>/dev/null) ]]; then
        maven --quiet compile -pl proto -Dexec.skip=true || { finding 'The protos do not compile' 'mend what Maven names above' && return; }
    fi
    # The rules about tests look at all classes of the system tests.
    mapfile -t rules < <(grep -rlF "$rule_tag" java/*/src/test/java && find java/system-tests/src/test/java -name '*.java')
    mapfile -t sources < <(find java/*/src/main/java -name '*.java')
    jars=$(find "$libraries" -name '*.jar' ! -name 'neurovisor-*' | paste -s -d :):proto/target/classes
    tests=$(printf '%s:' java/*/src/test/java)
    rm -rf -- target/check && mkdir -p -- "$main_classes" "$test_classes" || return
    "$JAVA_HOME/bin/javac" -nowarn -proc:none -XDuseUnsharedTable -d "$main_classes" -cp "$jars" "${sources[@]}" 2>&1 | grep -v '^Note:' >&2
    ((PIPESTATUS[0] == 0)) || { finding 'The product does not compile' 'change the lines that the compiler names' && return; }
    "$JAVA_HOME/bin/javac" -nowarn -proc:none -d "$test_classes" -cp "$main_classes:$jars" -sourcepath "$tests" "${rules[@]}" 2>&1 | grep -v '^Note:' >&2
    ((PIPESTATUS[0] == 0)) || { finding 'The rules do not compile' 'change the lines that the compiler names' && return; }
    class_path=$test_classes:$main_classes:$(printf '%s:' java/*/src/{main,test}/resources):$jars
    # Its place is that of unit tests, for which only failures are reported, and its output without stacks.
    NEUROVISOR_WRITE_PAGES=${fix:-false} "$JAVA_HOME/bin/java" -ea -XX:TieredStopAtLevel=1 -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED \
        "-Dneurovisor.home=$root" -Dneurovisor.test.place=unit -cp "$class_path" \
        org.junit.platform.console.ConsoleLauncher execute --disable-banner --details=none --disable-ansi-colors --fail-if-no-tests \
        --exclude-engine=jqwik --include-tag=rule "--scan-classpath=$test_classes" "--include-classname=.*Test" 2>&1 | grep -vE '^ +(org|java|jdk|com|io)\.|^ +\[\.\.\.\]|^test: unit FAILED|^$'
    ((PIPESTATUS[0] == 0)) ||
        finding 'The rules: what they say above' './neurovisor check --fix mends generated pages and columns; else change what a rule names'
}

# Sizes are hints to look for a second thing in what is large. They never fail.
hint_sizes() {
    {
        git ls-files -z -- '*.java' '*.rs' '*.sh' | xargs -0 wc -l | awk '$2 != "total" && $1 > 300 && $2 !~ /[Tt]est/ { print $1 " lines", $2 }'
        git ls-files -- '*.java' | sed 's|/[^/]*$||' | sort | uniq -c | awk '$1 > 25 { print $1 " files", $2 }'
        git ls-files -z -- '*.md' | xargs -0 wc -l | awk '$2 != "total" && $1 > 200 && $2 !~ /^(SPECIFICATION|CHANGELOG).md$/ { print $1 " lines", $2 }'
        sed 's/<!--[^>]*-->//g' SPECIFICATION.md | awk '/^\| / && length > 200 { print length " characters, SPECIFICATION.md, promise " $2 }'
    } | sort -rn | sed 's/^/hint: /' | awk 'NR <= 10 { print } END { if (NR > 10) print "hint: " NR - 10 " more sizes" }'
}


[[ ${BASH_SOURCE[0]} != "$0" ]] || main "$@"
