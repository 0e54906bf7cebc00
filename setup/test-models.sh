# shellcheck shell=bash
# Runs the tests with real model servers. Sourced.
# shellcheck disable=SC2034,SC2154 # Variables and functions of the file that sources this one.

# prepare_model_tests [forced]: sets models_ready if there is a server with a model, else models_skipped to the reason.
prepare_model_tests() {
    local log=$root/target/llm.log
    # shellcheck source=setup/llm.sh
    source "$root/setup/llm.sh"
    mkdir -p -- "$root/target"
    if [[ ${1-} == forced ]]; then
        install_missing_packages llm
    else
        # A missing model must not prevent other tests.
        (install_missing_packages llm) || true
    fi
    if with_progress 'Fetching a model and its server' "$log" read_llm_line fetch_llm; then
        models_ready=$llm_directory
    else
        models_skipped=$(tail -n 1 -- "$log")
        [[ ${1-} != forced ]] || die "$models_skipped" "The whole log: $log"
    fi
}

read_llm_line() { progress_detail=$1; }

# run_model_tests OLLAMA: runs the planned tests for which there is a server.
run_model_tests() {
    local options selected=() ready=()
    ! plan_has LlamaServerIT || [[ -z $models_ready ]] || ready+=(LlamaServerIT)
    ! plan_has OllamaIT || [[ -z $1 ]] || { ready+=(OllamaIT) && export OLLAMA_HOST=$1; }
    mapfile -t selected < <(selectors "${ready[@]}")
    junit_options models
    NEUROVISOR_TEST_LLM=$models_ready "$JAVA_HOME/bin/java" "${options[@]}" "-Dneurovisor.home=$root" \
        -cp "$system_tests/test-classes:$system_tests/libraries/*" "${junit_console[@]}" "${selected[@]}"
}

# report_model_tests OLLAMA
report_model_tests() {
    local llama="SKIPPED ($models_skipped)"
    [[ -z $models_ready ]] || llama='llama-server with Qwen2.5-Coder-0.5B-Instruct'
    printf 'model servers: %s%s\n' "$llama" "${1:+, Ollama at $1}"
}
