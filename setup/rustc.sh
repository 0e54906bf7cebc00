#!/usr/bin/env bash
# What Cargo calls in place of the compiler (.cargo/config.toml): rustc.sh RUSTC ARGUMENT...
#
# Panics name source files. By their paths on this machine, the guest agent of one commit would be another one in each
# checkout, and with it the initrd and every template. Cargo itself cannot do this before profile.trim-paths is stable.
# In bash, for dash drops CARGO_BIN_EXE_neurovisor-spawner from the environment: no name of a variable has a dash.
set -eu
root=${0%/setup/*}
[ -z "${CARGO_MANIFEST_DIR-}" ] ||
    set -- "$@" "--remap-path-prefix=$CARGO_MANIFEST_DIR=${CARGO_PKG_NAME-}-${CARGO_PKG_VERSION-}"
# Of several that match, the last one counts.
set -- "$@" "--remap-path-prefix=$root=neurovisor"
[ -z "${OUT_DIR-}" ] || set -- "$@" "--remap-path-prefix=$OUT_DIR=generated"
exec "$@"
