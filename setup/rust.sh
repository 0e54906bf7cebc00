#!/usr/bin/env bash
# Compiles the Rust programs with reproducible bytes in each checkout of a commit: rust.sh spawner|guest-agent|floor...
# Called by the launcher and by Maven, so that neither recompiles the output of the other.
set -euo pipefail
cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
# Flags from the environment would change the programs: dynamic linking, or paths of this machine.
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_RUSTFLAGS CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS
unset RUSTC_WRAPPER CARGO_BUILD_RUSTC_WRAPPER

# Cargo does not recompile after a change of rustc.sh.
wrapper=$(cat setup/rust.sh setup/rustc.sh | sha256sum)
if [[ $(cat target/rustc.made 2>/dev/null) != "$wrapper" ]]; then
    # `cargo clean --release` does not remove files for the target in .cargo/config.toml.
    rm -rf target/release target/x86_64-unknown-linux-gnu/release
    mkdir -p target
    echo "$wrapper" >target/rustc.made
fi

# One program at a time, so that the features of shared crates do not depend on the other programs.
for program; do
    cargo build --locked --release --package "neurovisor-$program"
done
