#!/bin/sh
# Runs as root inside a root file system that extends another image, after its recipe's own changes. What base/customize.sh
# promises of an image is made true of the new layer.
set -eu
layer=/tmp/layer

# --- bytecode: valid for ever, whatever happens to time stamps; templates of another Python do not compile, and need not
find /usr/lib/python3* /usr/local/lib -name '*.py' -cnewer "$layer/begin" >"$layer/modules"
python3 -m compileall -q -f -j 0 --invalidation-mode unchecked-hash -i "$layer/modules" >/dev/null 2>&1 || true

# --- nothing raises privileges
find / -xdev ! -type l -perm /6000 -exec chmod a-s {} +

# --- nothing that only building needed
rm -rf /usr/share/doc-base /var/lib/apt/lists/* /var/cache/* /var/log/* /root/.cache /root/.config /root/go
find /usr/share/doc -mindepth 1 -type d -empty -delete

# --- names: no network
mv "$layer/resolv.conf" /etc/resolv.conf
: >/etc/hostname
rm -rf "$layer"
