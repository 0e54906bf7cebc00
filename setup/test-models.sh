# shellcheck shell=bash
# The tests with real model servers, which Maven has compiled and leaves to this. Sourced.
# shellcheck disable=SC2034,SC2154 # Variables and functions of the file that sources this one.

# prepare_model_tests wanted|forced|never: sets models_ready where there is a server with a model, else models_skipped to why not.
prepare_model_tests() {
    local log=$root/target/llm.log
    models_ready='' models_skipped=''
    # shellcheck source=setup/llm.sh
    source "$root/setup/llm.sh"
    mkdir -p -- "$root/target"
    case $1 in
        never)
            models_skipped='left out by --no-llm'
            return
            ;;
        forced) install_missing_packages llm ;;
        # Whatever keeps this from being there keeps nothing else from being tested.
        *) (install_missing_packages llm) || true ;;
    esac
    if with_progress 'Fetching a model and its server' "$log" read_llm_line fetch_llm; then
        models_ready=$llm_directory
    else
        models_skipped=$(tail -n 1 -- "$log")
        [[ $1 != forced ]] || die "$models_skipped" "The whole log: $log"
    fi
}

read_llm_line() { progress_detail=$1; }

# run_model_tests OLLAMA: with an Ollama too where that names one.
run_model_tests() {
    local tests=$root/java/system-tests/target options=(--select-class io.neurovisor.tests.LlamaServerIT)
    [[ $models_skipped != 'left out'* ]] || options=()
    if [[ -n $1 ]]; then
        options+=(--select-class io.neurovisor.tests.OllamaIT)
        export OLLAMA_HOST=$1
    fi
    ((${#options[@]})) || return 0
    [[ -z $models_ready ]] || export NEUROVISOR_TEST_LLM=$models_ready
    "$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED "-Dneurovisor.home=$root" \
        -cp "$tests/test-classes:$tests/libraries/*" org.junit.platform.console.ConsoleLauncher execute \
        --disable-banner --details=tree --disable-ansi-colors "${options[@]}" </dev/null
}

# tell_model_tests OLLAMA
tell_model_tests() {
    local llama="SKIPPED ($models_skipped)"
    [[ -z $models_ready ]] || llama='llama-server with Qwen2.5-Coder-0.5B-Instruct'
    printf 'model servers: %s%s\n' "$llama" "${1:+, Ollama at $1}"
}
