#!/bin/sh
# Builds the small guest kernel in /build inside the root directory that mmdebstrap made. Writes out/vmlinux, out/config and
# out/facts. A line "step: TEXT" begins a step, "compiling: N files" announces the number of CC lines, and "E: TEXT" reports
# the reason of a failure.
set -eu
# A single stream keeps lines in order, together with those of mmdebstrap.
exec >&2

cd "$(dirname "$0")"
build=$PWD
export ARCH=x86_64 LC_ALL=C
# Everything that would otherwise differ between builds.
export KBUILD_BUILD_USER=neurovisor KBUILD_BUILD_HOST=neurovisor
KBUILD_BUILD_TIMESTAMP=$(date -u -d "@$SOURCE_DATE_EPOCH")
export KBUILD_BUILD_TIMESTAMP

fail() {
    echo "E: $*"
    exit 1
}

set -- /usr/src/linux-source-*.tar.xz
if [ $# -ne 1 ] || [ ! -f "$1" ]; then fail "there must be one /usr/src/linux-source-*.tar.xz"; fi
echo "step: Unpacking ${1##*/}"
mkdir linux
tar --no-same-owner --strip-components=1 -C linux -xf "$1" || fail "$1 cannot be unpacked"
rm -f "$1"
cd linux

echo 'step: Configuring the small kernel'
make KCONFIG_ALLCONFIG="$build/fragment.config" allnoconfig || fail 'Kconfig cannot read the configuration'
find . -type f -name 'Kconfig*' -exec \
    sed -n 's/^[[:space:]]*\(menu\)\{0,1\}config[[:space:]]\{1,\}\([A-Za-z0-9_]*\).*/CONFIG_\2/p' {} + >"$build/symbols"
sh "$build/check-config.sh" "$build/fragment.config" .config "$build/symbols"
make -j"$(nproc)" prepare || fail 'what every file needs (make prepare) does not build'

echo 'step: Compiling the small kernel'
# The list ends at the first file that needs the content of another one. All compiled files are listed before it.
echo "compiling: $(make -n vmlinux 2>/dev/null | grep -c "echo '  CC ") files"
nice make -j"$(nproc)" vmlinux || fail 'the kernel does not compile'

echo 'step: Packing the small kernel'
mkdir "$build/out"
objcopy --remove-section=.comment --strip-all vmlinux "$build/out/vmlinux"
cp .config "$build/out/config"
{
    echo "release=$(make -s kernelrelease)"
    echo "compiler=$(gcc --version | head -n 1)"
    echo "linker=$(ld --version | head -n 1)"
} >"$build/out/facts"
