# shellcheck shell=bash
# Reads setup/tests.tsv: the tests with area, place, tier and duration. Sourced.
# shellcheck disable=SC2154 # Variables of the file that sources this one.

readonly test_table=$root/setup/tests.tsv

# The rows without comments: area, place, name, tier, slice, seconds.
test_rows() { grep -v '^#' -- "$test_table"; }

# test_column N: the distinct values of the column, in the order of the table.
test_column() { test_rows | cut -f "$1" | awk '!seen[$0]++'; }

# The parts of areas, or of a tier: "PLACE NAME", one per line.
parts_of_areas() { test_rows | awk -F '\t' -v areas=",$1," 'index(areas, "," $1 ",") { print $2, $3 }'; }
parts_of_tier() { test_rows | awk -F '\t' -v tier="$1" 'tier == "all" || $4 == tier { print $2, $3 }'; }

# slices: "SLICE PLACE NAME" for each row of the long tier: the longest first, each into the first slice that has room for it.
readonly slice_seconds=900
slices() {
    test_rows | sort -s -t $'\t' -k 5,5nr | awk -F '\t' -v most="$slice_seconds" '
        {
            for (slice = 1; sum[slice] > 0 && sum[slice] + $5 > most; slice++);
            sum[slice] += $5 + 1
            print slice, $2, $3
        }'
}
parts_of_slice() { slices | sed -n "s/^$1 //p"; }
slice_count() { slices | cut -d ' ' -f 1 | sort -n | tail -n 1; }

# Each line of this file: the time at which a slice ran, and the digest of its parts, so that a new slice counts as never run.
slice_record() { printf '%s' "${XDG_STATE_HOME:-$HOME/.local/state}/neurovisor/slices.tsv"; }
slice_digest() { parts_of_slice "$1" | sort | sha256sum | cut -c 1-16; }

# next_slice: the slice that was longest not run on this machine.
next_slice() {
    local number
    for ((number = 1; number <= $(slice_count); number++)); do
        printf '%s %s\n' "$(awk -v digest="$(slice_digest "$number")" '$2 == digest { last = $1 } END { print last + 0 }' "$(slice_record)" 2>/dev/null || echo 0)" "$number"
    done | sort -s -n -k 1,1 | head -n 1 | cut -d ' ' -f 2
}

remember_slice() {
    local record
    record=$(slice_record)
    mkdir -p -- "${record%/*}"
    printf '%s\t%s\n' "$EPOCHSECONDS" "$(slice_digest "$slice")" >>"$record"
}

# parts_of_test [PLACE/]CLASS[#METHOD]: without a place the part on this machine, or else in every place of the class.
parts_of_test() {
    if [[ $1 =~ ^(rust|launcher)/(.+)$ ]]; then
        echo "${BASH_REMATCH[*]:1}"
        return
    fi
    local place='' name=${1##*/} method=''
    [[ $1 != */* ]] || place=${1%%/*}
    [[ $name != *'#'* ]] || { method="#${name#*'#'}" && name=${name%%'#'*}; }
    if [[ -n $(unit_test_module "$name") && $place == @(|unit) ]]; then
        echo "unit $name$method"
        return
    fi
    test_rows | awk -F '\t' -v place="$place" -v name="$name" -v method="$method" '
        $3 != name || (place != "" && $2 != place && index($2, place "-") != 1) { next }
        place == "" && here { next }
        place == "" && $2 == "here" { here = 1; delete parts; count = 0 }
        { parts[++count] = $2 " " $3 method }
        END { for (i = 1; i <= count; i++) print parts[i] }'
}

# longest_first PLACE CLASS...: the classes by their recorded times, so that no long one runs by itself at the end.
longest_first() {
    printf '%s\n' "${@:2}" | awk -F '\t' -v place="$1" '
        NR == FNR { if ($2 == place) seconds[$3] = $5; next }
        { class = $0; sub(/#.*/, "", class); printf "%d\t%s\n", seconds[class], $0 }' "$test_table" - | sort -s -n -r -k 1,1 | cut -f 2
}

# unit_test_module CLASS: the Maven module of this unit test.
unit_test_module() { [[ $1 != *Test ]] || (cd "$root" && find java/*/src/test -name "$1.java" | cut -d / -f 1,2); }

# test_package CLASS: the package of a test, from the directory of its source.
test_package() {
    local source
    source=$(cd "$root" && find java/*/src/test/java -name "$1.java" 2>/dev/null | head -n 1)
    source=${source:-java/system-tests/src/test/java/io/neurovisor/tests/$1.java}
    source=${source#java/*/src/test/java/}
    source=${source%/*}
    printf '%s' "${source//\//.}"
}

# nearest NAME: up to three of the names on stdin that differ in few letters or contain it, the nearest first.
nearest() {
    awk -v wanted="${1,,}" '
        function least(a, b, c) { return a < b ? (a < c ? a : c) : (b < c ? b : c) }
        function distance(a, b,    i, j, previous, current, other) {
            for (j = 0; j <= length(b); j++) previous[j] = j
            for (i = 1; i <= length(a); i++) {
                current[0] = i
                for (j = 1; j <= length(b); j++) {
                    other = previous[j - 1] + (substr(a, i, 1) != substr(b, j, 1))
                    current[j] = least(previous[j] + 1, current[j - 1] + 1, other)
                }
                for (j = 0; j <= length(b); j++) previous[j] = current[j]
            }
            return previous[length(b)]
        }
        seen[$0]++ { next }
        {
            far = distance(wanted, tolower($0))
            if (index(tolower($0), wanted)) far = least(far, 2, 2)
            if (far <= 3 || far * 3 <= length($0)) print far, $0
        }' | sort -s -n -k 1,1 | head -n 3 | cut -d ' ' -f 2-
}

# die_unknown KIND NAME: exits with suggestions from the known names on stdin.
die_unknown() {
    local near
    near=$(nearest "$2" | paste -s -d ' ')
    say "neurovisor: There is no $1 $2.${near:+ Did you mean ${near// / or }?}" "All of them: ./neurovisor test --list"
    exit 2
}

# print_areas: each area with its tests and its duration.
print_areas() {
    printf '%-16s %8s  %s\n' area time contains
    test_column 1 | while read -r area; do
        test_rows | awk -F '\t' -v area="$area" '
            $1 != area { next }
            {
                seconds += $5
                if (!known[$2]++) places[++count] = $2
                names[$2] = names[$2] " " $3 ($4 == "short" ? "*" : "")
            }
            END {
                for (i = 1; i <= count; i++) all = all (i == 1 ? "" : "; ") places[i] ":" names[places[i]]
                printf "%-16s %4d min  %s\n", area, (seconds + 59) / 60, all
            }'
    done
    printf '\nhere: on this machine. user: as an ordinary user. lab-...: in the lab machine, on that VMM. *: has a case in the short tier.\n'
    printf 'All of an area: ./neurovisor test --area NAME. A slice of about %d minutes: ./neurovisor test --slice next, or 1 to %d.\n' \
        $((slice_seconds / 60)) "$(slice_count)"
}

# record_times FILE: copies the seconds in FILE (place, name, seconds) into the table.
record_times() {
    awk -F '\t' -v OFS='\t' 'NR == FNR { seconds[$1, $2] = $3; next } !/^#/ && ($2, $3) in seconds { $5 = seconds[$2, $3] } { print }' \
        "$1" "$test_table" >"$test_table.new"
    mv -- "$test_table.new" "$test_table"
}
