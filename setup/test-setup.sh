# shellcheck shell=bash
# Prepares a test run: packages, the build, images, and third-party programs. Sourced.
# shellcheck disable=SC2034,SC2154 # Variables of the file that sources this one.

# The classes that need more than the images.
readonly need_clients='ServeClientsIT|OtlpIT|FirstHourIT|SandboxPageIT|ConnectConformanceIT' need_monitors='PrometheusIT|PushgatewayIT|WatchedDaemonIT' need_browser='StatusPageIT' need_interpreters='CellTableIT|E2bInterpreterSuiteIT' need_conformance='ConnectConformanceIT' need_e2b_clients='E2bClientsIT|E2bDomainIT' need_e2b_suites='E2bPythonSuiteIT|E2bJavaScriptSuiteIT|E2bInterpreterSuiteIT|E2bInterpreterJavaScriptSuiteIT' need_e2b_go_suite='E2bGoSuiteIT' need_specification='E2bSpecificationIT' need_envd='E2bOracleIT'

# Installs, builds and compiles in parts, so that a failure is that of its part, and what does not need it still runs.
set_up_tests() {
    # Only the tests of Ollama use the Ollama server of the user.
    ollama=${OLLAMA_HOST-}
    unset OLLAMA_HOST
    # shellcheck source=setup/lab-test.sh
    source "$root/setup/lab-test.sh"
    # shellcheck source=setup/test-models.sh
    source "$root/setup/test-models.sh"
    # shellcheck source=setup/fuzz.sh
    source "$root/setup/fuzz.sh"
    [[ $tier == short ]] || export NEUROVISOR_TEST_LONG=true
    ! plan_has_lab || export NEUROVISOR_TEST_LAB=true
    clients_reason='' monitors_reason='' browser_reason='' conformance_reason='' e2b_clients_reason='' e2b_suites_reason='' e2b_go_suite_reason='' specification_reason='' e2b_envd_reason='' models_ready='' models_skipped='' hostile_report='' clients_report=''
    trap end_run EXIT
    trap 'interrupt_parts INT' INT
    trap 'interrupt_parts TERM' TERM
    trap 'interrupt_parts HUP' HUP
    run_part packages install_test_packages
    has_cargo || true
    find_jdk || true
    ! can_begin build packages || run_part build build_for_tests
    # Its Maven fetches nothing beside another one.
    [[ $tier == long ]] || begin_part check "$root/setup/check.sh" --all --without-rules
    if plan_needs_machines; then
        ! can_begin images packages build || begin_part images set_up_images
        fetch_programs
        ((${#models[@]} == 0)) || prepare_model_tests "${forced:+forced}"
    fi
    [[ -z ${part_pids[check]-} ]] || end_parts check
    if [[ -n $with_unit_tests || ${#unit[@]} -gt 0 ]] || plan_needs_machines; then
        ! can_begin compile packages build || begin_part compile compile_tests
    fi
    end_together
    ! plan_needs_machines || [[ ${part_codes[images]-1} != 0 ]] || make_own_places
    set_up_oci
    set_up_hostile_reports
}

install_test_packages() {
    local purposes=(build run test)
    ! plan_has_lab || purposes+=(lab fetch bpf)
    install_missing_packages "${purposes[@]}"
    find_jdk || die_without_jdk
}

build_for_tests() {
    build_if_stale ""
    if plan_has_lab; then
        # shellcheck source=setup/bpf.sh
        source "$root/setup/bpf.sh"
        bpf_is_current || compile_bpf
    fi
}

# Builds images and templates; installs Firecracker and builds the image of the lab if there are tests for them.
set_up_images() {
    local full status=0
    env --default-signal=INT "$root/neurovisor" setup --image full &
    full=$!
    env --default-signal=INT "$root/neurovisor" setup || status=$?
    ! plan_has "$need_interpreters" || env --default-signal=INT "$root/neurovisor" setup --image interpreter-full || status=$?
    ! plan_has_lab || env --default-signal=INT "$root/neurovisor" setup --firecracker --third-party-firecracker || status=$?
    wait "$full" || status=$?
    return "$status"
}

# Gives this run a data directory and a temporary one of its own: hard links of kernels, images and templates, and nothing else. No test
# sees the user's daemon, keys, journal or sandboxes.
make_own_places() {
    local data=${NEUROVISOR_DATA_DIR:-${XDG_DATA_HOME:-$HOME/.local/share}/neurovisor} store stale
    # What a killed run has left.
    for stale in "$data"/test-* "${TMPDIR:-/tmp}"/nv-test-*; do
        [[ ! $stale =~ -([0-9]+)-[A-Za-z0-9]{6}$ ]] || kill -0 "${BASH_REMATCH[1]}" 2>/dev/null || rm -rf --one-file-system -- "$stale"
    done
    own_data=$(mktemp -d "$data/test-$$-XXXXXX") && own_temporary=$(mktemp -d "${TMPDIR:-/tmp}/nv-test-$$-XXXXXX") ||
        die 'The directories of this run cannot be made.'
    # An ordinary user runs tests in it, too.
    chmod 711 -- "$own_temporary"
    mkdir -m 700 -- "$own_temporary/run"
    for store in kernels initrds images templates firecracker; do
        [[ ! -d $data/$store ]] || cp --archive --link -- "$data/$store" "$own_data/$store"
    done
    export NEUROVISOR_DATA_DIR=$own_data TMPDIR=$own_temporary XDG_RUNTIME_DIR=$own_temporary/run
}

own_data='' own_temporary=''
remove_own_places() {
    local place
    for place in "$own_data" "$own_temporary"; do
        [[ -z $place ]] || rm -rf --one-file-system -- "$place" || say "$place could not be removed as a whole."
    done
    own_data='' own_temporary=''
}

# leave_out TESTS REASON: skips tests; an error if their area was requested by name.
leave_out() {
    [[ -z $forced ]] || die "$1 cannot be run: $2"
    say "$1 are skipped: $2"
}

# The unit tests check protos and monitoring files with the same programs.
fetch_programs() {
    # shellcheck source=setup/clients.sh
    source "$root/setup/clients.sh"
    # shellcheck source=setup/monitors.sh
    source "$root/setup/monitors.sh"
    # shellcheck source=setup/browser.sh
    source "$root/setup/browser.sh"
    # shellcheck source=setup/conformance.sh
    source "$root/setup/conformance.sh"
    unset NEUROVISOR_TEST_CLIENTS NEUROVISOR_TEST_MONITORS NEUROVISOR_TEST_BROWSER NEUROVISOR_TEST_CONFORMANCE
    if [[ -n $with_unit_tests ]] || plan_has "$need_clients"; then
        if fetch_clients; then
            export NEUROVISOR_TEST_CLIENTS=$clients_directory
        else
            leave_out 'The tests with real clients' "$clients_reason"
        fi
    fi
    if [[ -n $with_unit_tests ]] || plan_has "$need_monitors" || plan_has_lab; then
        if fetch_monitors; then
            export NEUROVISOR_TEST_MONITORS=$monitors_directory
        else
            leave_out 'The tests with a real Prometheus' "$monitors_reason"
        fi
    fi
    if plan_has "$need_browser"; then
        if fetch_browser; then
            export NEUROVISOR_TEST_BROWSER=$browser_program
        else
            leave_out 'The tests of the status page in a browser' "$browser_reason"
        fi
    fi
    if plan_has "$need_conformance"; then
        if fetch_conformance; then
            export NEUROVISOR_TEST_CONFORMANCE=$conformance_directory
        else
            leave_out 'The test of the Connect protocol by its public suite' "$conformance_reason"
        fi
    fi
    fetch_e2b
}

fetch_e2b() {
    # shellcheck source=setup/ipython.sh
    source "$root/setup/ipython.sh"
    # shellcheck source=setup/e2b.sh
    source "$root/setup/e2b.sh"
    unset NEUROVISOR_TEST_E2B_CLIENTS NEUROVISOR_TEST_E2B_SUITES NEUROVISOR_TEST_E2B_GO_SUITE NEUROVISOR_TEST_E2B_SPECIFICATION NEUROVISOR_TEST_SCHEMATHESIS NEUROVISOR_TEST_E2B_ENVD
    if plan_has "$need_e2b_clients"; then
        if fetch_e2b_clients "$tier"; then
            export NEUROVISOR_TEST_E2B_CLIENTS=$e2b_clients
        else
            leave_out "The test of E2B's clients" "$e2b_clients_reason"
        fi
    fi
    if plan_has "$need_e2b_suites"; then
        if fetch_e2b_suites; then
            export NEUROVISOR_TEST_E2B_SUITES=$e2b_suites
        else
            leave_out "E2B's own tests" "$e2b_suites_reason"
        fi
    fi
    if plan_has "$need_e2b_go_suite"; then
        if fetch_e2b_go_suite; then
            export NEUROVISOR_TEST_E2B_GO_SUITE=$e2b_go_suite
        else
            leave_out "E2B's own tests of envd" "$e2b_go_suite_reason"
        fi
    fi
    if plan_has "$need_specification"; then
        if fetch_specification; then
            export NEUROVISOR_TEST_E2B_SPECIFICATION=$e2b_repository/spec/openapi.yml NEUROVISOR_TEST_SCHEMATHESIS=$e2b_base/schemathesis
        else
            leave_out "The test of E2B's specification" "$specification_reason"
        fi
    fi
    if plan_has "$need_envd"; then
        if fetch_envd; then
            export NEUROVISOR_TEST_E2B_ENVD=$e2b_envd
        else
            leave_out "The comparison with E2B's envd" "$e2b_envd_reason"
        fi
    fi
}

# The container image is built and run only in the long tier.
set_up_oci() {
    [[ $tier == long ]] && plan_has OciImageIT || return 0
    install_missing_packages oci oci-test
    export NEUROVISOR_TEST_OCI=$root/target/neurovisor-oci.tar
    run_part oci "$root/neurovisor" oci build --output "$NEUROVISOR_TEST_OCI"
}

# The tables of hostile programs and clients, which only complete runs write.
set_up_hostile_reports() {
    [[ $tier == long ]] || return 0
    ! plan_has HostileProgramsIT || hostile_report=$test_logs/hostile.md
    ! plan_has HostileClientsIT || clients_report=$test_logs/hostile-clients.md
}
