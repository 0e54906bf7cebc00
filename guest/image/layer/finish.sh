#!/bin/sh
# Runs as root inside a root file system that extends another image, after the changes of its recipe. Applies the rules of
# base/customize.sh to the new layer.
set -eu
layer=/tmp/layer

# --- bytecode: valid independent of time stamps; source templates of another Python version need not compile
find /usr/lib/python3* /usr/local/lib -name '*.py' -cnewer "$layer/begin" >"$layer/modules"
python3 -m compileall -q -f -j 0 --invalidation-mode unchecked-hash -i "$layer/modules" >/dev/null 2>&1 || true

# --- remove setuid and setgid bits
find / -xdev ! -type l -perm /6000 -exec chmod a-s {} +

# --- remove what only the build needed
rm -rf /usr/share/doc-base /var/lib/apt/lists/* /var/cache/* /var/log/* /root/.cache /root/.config /root/go
find /usr/share/doc -mindepth 1 -type d -empty -delete

# --- names: no network
mv "$layer/resolv.conf" "$layer/nsswitch.conf" /etc/
: >/etc/hostname
rm -rf "$layer"
