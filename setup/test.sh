# shellcheck shell=bash
# `neurovisor test`: the short tier, the long tier, or a part of it. Sourced.
# shellcheck disable=SC2154 # Variables of the file that sources this one.

readonly test_usage=('Usage: neurovisor test [OPTION...]               the short tier: the most telling case of each promise'
    '       neurovisor test [OPTION...] TEST...       these, as [PLACE/]CLASS[#METHOD]: RunIT, lab/PoolIT, WarmPoolTest;'
    '                                                 rust/TEST and launcher/TEST for those of Rust and of the scripts'
    '       neurovisor test [OPTION...] --area NAME[,NAME]   all tests of these areas'
    '       neurovisor test [OPTION...] --slice N     a slice of the long tier; `next` is the one that this machine has not run for longest'
    '       neurovisor test [OPTION...] --all         the unit tests and the whole long tier'
    '       neurovisor test --list                    the areas, what each contains, how long it takes, its slices'
    ''
    'Options:'
    '  --repeat N    runs the named tests N times'
    '  --minutes N   the duration of the tests that attack for a given time; with --area fuzz the CPU minutes of each decoder'
    '  --seed N      repeats a run of those tests'
    '  --record      writes the times of this run into setup/tests.tsv, and the tables of hostile programs and clients into docs/design/security-tests.md'
    ''
    'A class that fails is repeated once, alone, at the end. If it passes then, it is FLAKY: named in the summary and in'
    'target/test/flaky.tsv, and no failure. A run with more than three of them fails.'
    ''
    'Exit codes: 0 passed; otherwise that of the first failed part: 10 check, 11 packages or build, 12 images, 13 compile, 14 rust,'
    '15 unit, 16 launcher, 20 system, 21 lab, 22 user, 23 models, 30 another part of the long tier; 1 no test ran; 2 usage;'
    '125 the run could not begin.')

# shellcheck source=setup/test-table.sh
source "$root/setup/test-table.sh"
# shellcheck source=setup/test-parts.sh
source "$root/setup/test-parts.sh"
# shellcheck source=setup/test-setup.sh
source "$root/setup/test-setup.sh"
# shellcheck source=setup/test-summary.sh
source "$root/setup/test-summary.sh"

run_tests() {
    local ignored
    # Background jobs of a script ignore Ctrl-C, and so would all processes that the tests start and interrupt.
    ignored=$(sed -n 's/^SigIgn:\t//p' /proc/$$/status)
    ((0x$ignored & 2)) && exec env --default-signal=INT "$root/neurovisor" test "$@"
    parse_test_options "$@"
    plan_tests
    lock_clone
    # shellcheck source=setup/build.sh
    source "$root/setup/build.sh"
    rm -rf -- "$test_logs"
    mkdir -p -- "$test_logs"
    set_up_tests
    run_planned_parts
    repeat_planned_parts
    repeat_failed_tests
    [[ -z $slice ]] || remember_slice
    summarize_tests
    exit
}

# Two runs in one clone would overwrite each other's classes and logs.
lock_clone() {
    local holder
    mkdir -p -- "${test_logs%/*}"
    exec {test_lock}<>"$test_logs.lock"
    if ! flock --nonblock "$test_lock"; then
        holder=$(<"$test_logs.lock")
        die "Another test run uses this clone: process ${holder:-unknown}." 'Wait for its end, or end it, or use another clone.'
    fi
    echo "$$ (neurovisor test, since $(date +%T))" >"$test_logs.lock"
}

# Sets tier (short or long), selection (a description), parts ("PLACE NAME[#METHOD]", one per line), minutes, seed and record.
parse_test_options() {
    local areas='' everything='' names=() name
    tier=short selection='short tier' parts='' minutes='' seed='' record='' with_unit_tests=true forced='' slice='' repeats=1
    while (($#)); do
        case $1 in
            --area | --slice | --minutes | --seed | --repeat) (($# > 1)) || usage_error "$1 needs a value." ;;&
            --all) everything=true ;;
            --area) areas+=${areas:+,}$2 && shift ;;
            --area=*) areas+=${areas:+,}${1#*=} ;;
            --slice) slice=$2 && shift ;;
            --slice=*) slice=${1#*=} ;;
            --minutes) minutes=$(whole_number "$1" "$2") || exit && shift ;;
            --seed) seed=$(whole_number "$1" "$2") || exit && shift ;;
            --repeat) repeats=$(whole_number "$1" "$2") || exit && shift ;;
            --record) record=true ;;
            --list) print_areas && exit ;;
            -h | --help) printf '%s\n' "${test_usage[@]}" && exit ;;
            -*) usage_error "Unknown option $1.$(did_you_mean "$1" --all --area --slice --list --repeat --minutes --seed --record --help)" ;;
            *) names+=("$1") ;;
        esac
        shift
    done
    (((${#everything} > 0) + (${#areas} > 0) + (${#slice} > 0) + (${#names[@]} > 0) <= 1)) ||
        usage_error 'Choose one of --all, --area, --slice and TEST...'
    if [[ -n $everything ]]; then
        select_parts long 'everything' "$(parts_of_tier all)"
    elif [[ -n $areas ]]; then
        for name in ${areas//,/ }; do
            test_column 1 | grep -qxF -- "$name" || die_unknown area "$name" < <(test_column 1)
        done
        select_parts long "area $areas" "$(parts_of_areas "$areas")"
        forced=true
    elif [[ -n $slice ]]; then
        [[ $slice != next ]] || slice=$(next_slice)
        [[ $slice =~ ^[1-9][0-9]{0,3}$ ]] && ((slice <= $(slice_count))) ||
            usage_error "--slice is $slice; allowed: 1 to $(slice_count), next"
        select_parts long "slice $slice of $(slice_count) (again: ./neurovisor test --slice $slice)" "$(parts_of_slice "$slice")"
    elif ((${#names[@]})); then
        for name in "${names[@]}"; do
            parts+=${parts:+$'\n'}$(parts_of_test "$name")
            [[ -n $(parts_of_test "$name") ]] || die_unknown test "$name" < <(known_tests)
            require_method "$name"
        done
        select_parts long "${names[*]}" "$parts"
    else
        parts=$(parts_of_tier short)
    fi
    [[ $tier == short || -n $everything ]] || with_unit_tests=''
    ((repeats == 1 || ${#names[@]} > 0)) || usage_error '--repeat needs the names of the tests to repeat.'
}

# select_parts TIER SELECTION PARTS
select_parts() { tier=$1 selection=$2 parts=$3; }

usage_error() {
    say "neurovisor: $1" '' "${test_usage[@]}"
    exit 2
}

did_you_mean() {
    local near
    near=$(printf '%s\n' "${@:2}" | nearest "$1" | head -n 1)
    printf '%s' "${near:+ Did you mean $near?}"
}

whole_number() {
    [[ $2 =~ ^[1-9][0-9]{0,17}$ ]] || usage_error "$1 is $2; allowed: a whole number from 1"
    printf '%s' "$2"
}

known_tests() {
    test_column 3
    test_rows | awk -F '\t' '{ print $2 "/" $3 }'
    (cd "$root" && find java/*/src/test -name '*Test.java' -printf '%f\n') | sed 's/\.java$//'
}

# require_method [PLACE/]CLASS[#METHOD]: exits if neither the class nor its superclasses have the method.
require_method() {
    local class=${1##*/} method=${1#*#} methods
    [[ $1 == *'#'* ]] || return 0
    class=${class%%#*}
    methods=$(methods_of "$class")
    grep -qxF -- "$method" <<<"$methods" || die_unknown test "$class#$method" < <(sed "s/^/$class#/" <<<"$methods")
}

methods_of() {
    local source parent
    source=$(find "$root"/java/*/src -name "$1.java" | head -n 1)
    [[ -n $source ]] || return 0
    sed -nE 's/^    (public |protected |final |static )*void ([a-zA-Z0-9_]+)\(.*/\2/p' "$source"
    parent=$(sed -nE 's/^.*class [A-Za-z]+ (extends|implements) ([A-Za-z]+).*/\2/p' "$source" | head -n 1)
    [[ -z $parent ]] || methods_of "$parent"
}

# Sets unit, rust, launcher, here, user, models, lab_qemu, lab_firecracker, lab_user, lab_systemd and script: the names of the parts of each place.
plan_tests() {
    local place name
    unit=() rust=() launcher=() here=() user=() models=() lab_qemu=() lab_firecracker=() lab_user=() lab_systemd=() script=()
    while read -r place name; do
        case $place in
            unit) unit+=("$name") ;;
            rust) rust+=("$name") ;;
            launcher) launcher+=("$name") ;;
            here) here+=("$name") ;;
            user) user+=("$name") ;;
            models) models+=("$name") ;;
            lab-qemu) lab_qemu+=("$name") ;;
            lab-firecracker) lab_firecracker+=("$name") ;;
            lab-user) lab_user+=("$name") ;;
            lab-systemd) lab_systemd+=("$name") ;;
            script) script+=("$name") ;;
            *) die "setup/tests.tsv has a row for the unknown place $place." ;;
        esac
    done < <([[ -z $parts ]] || echo "$parts")
    ((${#unit[@]} + ${#rust[@]} + ${#launcher[@]} + ${#here[@]} + ${#user[@]} + ${#models[@]} + ${#lab_qemu[@]} + ${#lab_firecracker[@]} + ${#lab_user[@]} + ${#lab_systemd[@]} + ${#script[@]})) ||
        die "There is no test in the $selection."
}

# Whether more than selected tests without machines is planned.
plan_needs_machines() { [[ -n $(grep -vE '^(unit|rust|launcher) |^$' <<<"$parts") ]]; }

# Whether a lab machine is needed, for tests in it or for tests of the lab itself.
plan_has_lab() {
    ((${#lab_qemu[@]} + ${#lab_firecracker[@]} + ${#lab_user[@]} + ${#lab_systemd[@]})) || plan_has LabIT
}
# plan_has NAMES: whether a part of one of these names is planned in any place. NAMES is a regular expression.
plan_has() { grep -qE "^[^ ]+ ($1)(#|$)" <<<"$parts"; }
