# shellcheck shell=bash
# `neurovisor test`: everything that this machine can run. Sourced.
# shellcheck disable=SC2154 # Variables of the file that sources this one.

run_tests() {
    local log=$root/target/test.log launcher_log=$root/target/test-launcher.log status=0 launcher_status=0 without=() began kernel=''
    case ${1-} in
        '') ;;
        --kernel) kernel=small ;;
        --fresh-root) exec "$root/setup/fresh-root.sh" "${@:2}" ;;
        *)
            say 'Usage: neurovisor test                    everything that this machine can run' \
                '       neurovisor test --kernel           the same with the small kernel, which it builds first' \
                '       neurovisor test --fresh-root [...] the first use, in an empty system (needs root)'
            [[ $1 == -h || $1 == --help ]] && exit 0 || exit 2
            ;;
    esac
    # shellcheck source=setup/build.sh
    source "$root/setup/build.sh"
    install_missing_packages build run test
    find_jdk || die_without_jdk
    build_if_stale ""

    if [[ -n $kernel ]]; then
        "$root/neurovisor" kernel build
        export NEUROVISOR_KERNEL=$kernel
    fi

    # Image and template, so that the system tests find them.
    "$root/neurovisor" setup

    began=$SECONDS
    "$root/setup/test-launcher.sh" 2>&1 | tee "$launcher_log" || launcher_status=$?
    printf 'launcher time %s\n' $((SECONDS - began)) >>"$launcher_log"

    has_clippy || without=(-Dneurovisor.clippy.skip=true)
    maven verify -Psystem-tests --fail-at-end ${without[@]+"${without[@]}"} 2>&1 | tee "$log" || status=$?

    summarize_tests "$launcher_log" "$log"
    ((status == 0 && launcher_status == 0))
}

# Adds up what Surefire, Failsafe, cargo and the launcher's tests have printed.
summarize_tests() {
    awk '
        function seconds(text) {
            gsub(/[\[\] ]|min|s$/, "", text)
            return split(text, part, ":") == 2 ? part[1] * 60 + part[2] : text
        }
        /^\[INFO\] Building .*\[[0-9]+\/[0-9]+\]$/ { suite = /system-tests/ ? "system" : "unit" }
        /Tests run: [0-9]+, Failures: [0-9]+, Errors: [0-9]+, Skipped: [0-9]+ *$/ {
            gsub(/[^0-9 ]/, "")
            failed[suite] += $2 + $3; skipped[suite] += $4; passed[suite] += $1 - $2 - $3 - $4
        }
        /^test result: / { passed[suite] += $4; failed[suite] += $6; skipped[suite] += $8 }
        /^launcher: [0-9]+ passed, / { passed["launcher"] += $2; failed["launcher"] += $4 }
        /^launcher time / { time["launcher"] = $3 }
        /^\[INFO\] .* (SUCCESS|FAILURE) \[.*\]$/ {
            time[/system-tests/ ? "system" : "unit"] += seconds(substr($0, match($0, /\[[^\[]*\]$/)))
        }
        END {
            printf "\n%-10s %8s %8s %8s %8s\n", "suite", "passed", "failed", "skipped", "time"
            for (i = split("launcher unit system", names, " "); i > 0; i--) {
                suite = names[4 - i]
                printf "%-10s %8d %8d %8d %6d s\n", suite, passed[suite], failed[suite], skipped[suite], time[suite]
                all_passed += passed[suite]; all_failed += failed[suite]; all_skipped += skipped[suite]
            }
            printf "%d passed, %d failed, %d skipped\n", all_passed, all_failed, all_skipped
        }' "$@"
}
