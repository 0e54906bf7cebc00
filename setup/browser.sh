# shellcheck shell=bash
# A headless Chromium for the test of the status page. Sourced.
# shellcheck disable=SC2034,SC2154 # Variables and functions shared with the file that sources this one.

# Installed browsers, Debian's browser, and fonts, without which a page shows no text.
readonly browsers=(chromium-headless-shell chromium google-chrome)
readonly browser_packages=(chromium-headless-shell fonts-dejavu-core)
readonly browser_seconds=300

# fetch_browser: sets browser_program; on failure sets browser_reason.
fetch_browser() {
    local log=${XDG_CACHE_HOME:-$HOME/.cache}/neurovisor/browser.log status=0
    browser_reason=''
    ! find_browser || return 0
    if ! has apt-get; then
        browser_reason='there is no apt-get to install it with'
    elif ((EUID != 0)); then
        browser_reason="only root can install it: sudo apt-get install --no-install-recommends ${browser_packages[*]}"
    fi
    [[ -z $browser_reason ]] || return 1
    [[ -n $(candidate "${browser_packages[0]}") ]] || run_apt_update >/dev/null || true
    mkdir -p -- "${log%/*}"
    with_progress 'Installing a Chromium without a screen' "$log" read_browser_line \
        timeout "$browser_seconds" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
        -o DPkg::Lock::Timeout=120 "${browser_packages[@]}" || status=$?
    ((status != 0)) || find_browser || status=$?
    ((status == 0)) || browser_reason="it could not be installed ($(tail -n 1 -- "$log")); log: $log"
    ((status != 124)) || browser_reason="it was not there within $browser_seconds s; log: $log"
    return "$status"
}

find_browser() {
    local name
    for name in "${browsers[@]}"; do
        ! browser_program=$(command -v "$name") || return 0
    done
    return 1
}

read_browser_line() { progress_detail=$1; }
