#!/bin/sh
# Runs as root inside the new root file system, once all packages are configured; $1 is the directory that holds this
# recipe. What it leaves is packed read-only. A failing line fails the build.
set -eu
recipe=$1

# --- the user that code runs as
groupadd --gid 1000 user
useradd --uid 1000 --gid 1000 --home-dir /home/user --create-home --shell /bin/bash user
passwd --lock user >/dev/null
rm -f /etc/subuid* /etc/subgid*

# --- names: no network, so nothing to ask; fail at once instead of after a time-out
printf '127.0.0.1 localhost\n::1 localhost\n' >/etc/hosts
printf '# no network: names fail at once\noptions timeout:1 attempts:1\n' >/etc/resolv.conf
: >/etc/hostname
: >/etc/machine-id
printf 'LANG=C.UTF-8\nPATH=/usr/local/bin:/usr/bin:/bin\n' >/etc/environment

# --- pip: a sandbox belongs to one execution, so Debian's guard against pip is in the way; no network, so few retries
rm -f /usr/lib/python3*/EXTERNALLY-MANAGED
cat >/etc/pip.conf <<'PIP'
[global]
disable-pip-version-check = true
no-cache-dir = true
retries = 1
root-user-action = ignore
PIP

# --- Python: Debian's hook for its crash reporter, which is not here, costs each start a failing import
for hook in /etc/python3*/sitecustomize.py; do : >"$hook"; done

# --- matplotlib: draw without a display, never search for fonts at run time
python3 "$recipe/matplotlib-setup.py"

# --- bytecode: valid for ever, whatever happens to time stamps (prepare.sh has switched Debian's own compiler off)
rm /usr/bin/py3compile
dpkg-divert --local --rename --remove /usr/bin/py3compile >/dev/null
python3 "$recipe/bytecode.py" /usr/lib/python3*

# --- programs that make a template's page cache warm
install -d /usr/lib/neurovisor
install -m 0644 "$recipe/warm.py" "$recipe/warm.sh" "$recipe/warm.js" /usr/lib/neurovisor/

# --- nothing raises privileges
find / -xdev ! -type l -perm /6000 -exec chmod a-s {} +

# --- nothing that only building needed
rm -rf /usr/share/doc-base /var/lib/apt/lists/* /var/cache/* /var/log/* /var/lib/systemd /root/.cache /root/.config
find /usr/share/doc -mindepth 1 -type d -empty -delete

# --- proof: what templates are warmed with runs here as user code does, in an empty home
home=$(mktemp -d)
chown user:user "$home"
as_user() {
	(cd "$home" && env -i HOME="$home" PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 \
		setpriv --reuid 1000 --regid 1000 --clear-groups --no-new-privs "$@") >/dev/null
}
as_user python3 /usr/lib/neurovisor/warm.py
as_user bash /usr/lib/neurovisor/warm.sh
as_user node /usr/lib/neurovisor/warm.js
rm -rf "$home"
