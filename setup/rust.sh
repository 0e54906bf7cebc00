#!/usr/bin/env bash
# Compiles our programs for use, with the same bytes in each checkout of a commit: rust.sh spawner|guest-agent|floor...
# Called by the launcher and by Maven, which so compile nothing that the other one has compiled.
set -euo pipefail
cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
# Flags from outside would make other programs: dynamic ones, or ones with paths of this machine.
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_RUSTFLAGS CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS
unset RUSTC_WRAPPER CARGO_BUILD_RUSTC_WRAPPER

# Cargo compiles nothing anew because of another rustc.sh.
wrapper=$(cat setup/rust.sh setup/rustc.sh | sha256sum)
if [[ $(cat target/rustc.made 2>/dev/null) != "$wrapper" ]]; then
    # `cargo clean --release` leaves what was compiled for the target that .cargo/config.toml names.
    rm -rf target/release target/x86_64-unknown-linux-gnu/release
    mkdir -p target
    echo "$wrapper" >target/rustc.made
fi

# One at a time: which features their common libraries get does not depend on what else is compiled.
for program; do
    cargo build --locked --release --package "neurovisor-$program"
done
