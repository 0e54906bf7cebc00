# shellcheck shell=bash
# Prepares a test run: packages, the build, images, and third-party programs. Sourced.
# shellcheck disable=SC2034,SC2154 # Variables of the file that sources this one.

# The programs that only some tests need, each fetched where one of its classes is planned: these classes; the function that fetches it; the
# variable for the tests, and the one of the function that has its value; the variable with the reason of a failure; what is skipped then. With "long:" in the long tier alone.
readonly programs='
ServeClientsIT|OtlpIT|FirstHourIT|SandboxPageIT|ConnectConformanceIT|WireContractTest|MonitoringFilesTest ; fetch_clients ; CLIENTS ; clients_directory ; clients_reason ; tests with real clients
long:PrometheusIT|PushgatewayIT|WatchedDaemonIT|MonitoringFilesTest ; fetch_monitors ; MONITORS ; monitors_directory ; monitors_reason ; tests with a real Prometheus
StatusPageIT ; fetch_browser ; BROWSER ; browser_program ; browser_reason ; test of the status page in a browser
ConnectConformanceIT ; fetch_conformance ; CONFORMANCE ; conformance_directory ; conformance_reason ; test of the Connect protocol by its public suite
E2bClientsIT|E2bDomainIT ; fetch_e2b_clients ; E2B_CLIENTS ; e2b_clients ; e2b_clients_reason ; tests of the clients of E2B
E2b(Interpreter)?(Python|JavaScript)?SuiteIT ; fetch_e2b_suites ; E2B_SUITES ; e2b_suites ; e2b_suites_reason ; tests of E2B
E2bGoSuiteIT ; fetch_e2b_go_suite ; E2B_GO_SUITE ; e2b_go_suite ; e2b_go_suite_reason ; tests of envd by E2B
E2bSpecificationIT ; fetch_specification ; E2B_SPECIFICATION ; e2b_specification ; specification_reason ; test of the specification of E2B
E2bOracleIT ; fetch_envd ; E2B_ENVD ; e2b_envd ; e2b_envd_reason ; comparison with the envd of E2B'
# Those that need other images; the short tier has the usual one alone.
readonly need_interpreters='CellTableIT|E2bInterpreterSuiteIT' need_full='FirstHourIT|FullImageIT|HostileProgramsIT|LanguageIT|LayerMatrixIT|ProgramsIT|RunByDaemonIT|SandboxPageIT|WarmCorpusIT|small-kernel'
# "WHAT: REASON" of each program that could not be fetched.
left_out=()

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
    models_ready='' models_skipped='' hostile_report='' clients_report=''
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

# Builds the images and templates of the planned tests, and installs Firecracker where there are tests in the lab.
set_up_images() {
    local set_up=(env --default-signal=INT "$root/neurovisor" setup) full='' status=0
    if [[ $tier == long ]] && plan_has "$need_full"; then
        "${set_up[@]}" --image full &
        full=$!
    fi
    "${set_up[@]}" || status=$?
    ! plan_has "$need_interpreters" || "${set_up[@]}" --image interpreter-full || status=$?
    ! plan_has_lab || "${set_up[@]}" --firecracker --third-party-firecracker || status=$?
    [[ -z $full ]] || wait "$full" || status=$?
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
    cp --archive -- "$data/.neurovisor" "$own_data/"
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

# Fetches the programs of the planned tests. What cannot be fetched is left out; an error if its area was requested by name.
fetch_programs() {
    local part classes fetch variable value reason what
    for part in clients monitors browser conformance ipython e2b; do
        # shellcheck source=/dev/null
        source "$root/setup/$part.sh"
    done
    while IFS=';' read -r classes fetch variable value reason what; do
        classes=${classes// /} fetch=${fetch// /} variable=NEUROVISOR_TEST_${variable// /} value=${value// /} reason=${reason// /}
        unset "$variable"
        [[ -n $classes && ($classes != long:* || $tier == long) ]] && plan_has "${classes#long:}" || continue
        if "$fetch" "$tier"; then
            export "$variable=${!value}"
        elif [[ -n $forced ]]; then
            die "The${what} cannot be run: ${!reason}"
        else
            left_out+=("${what# }: ${!reason}")
            say "$(part_clock)  skipped, ${left_out[-1]}"
        fi
    done <<<"$programs"
    [[ -z ${NEUROVISOR_TEST_E2B_SPECIFICATION-} ]] || export NEUROVISOR_TEST_SCHEMATHESIS=$e2b_base/schemathesis
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
