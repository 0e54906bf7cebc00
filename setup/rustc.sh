#!/usr/bin/env bash
# The compiler wrapper of Cargo (.cargo/config.toml): rustc.sh RUSTC ARGUMENT...
#
# Panic messages contain source paths. Absolute paths would make the guest agent of a commit differ between checkouts, and with
# it the initrd and every template. Cargo can remap paths itself once profile.trim-paths is stable.
# A bash script, because dash drops CARGO_BIN_EXE_neurovisor-spawner, whose name contains a dash, from the environment.
set -eu
root=${0%/setup/*}
[ -z "${CARGO_MANIFEST_DIR-}" ] ||
    set -- "$@" "--remap-path-prefix=$CARGO_MANIFEST_DIR=${CARGO_PKG_NAME-}-${CARGO_PKG_VERSION-}"
# The last matching prefix wins.
set -- "$@" "--remap-path-prefix=$root=neurovisor"
[ -z "${OUT_DIR-}" ] || set -- "$@" "--remap-path-prefix=$OUT_DIR=generated"
exec "$@"
