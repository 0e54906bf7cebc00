#!/bin/sh
# Runs as root inside the new root file system, once all packages are configured. $1 is the directory of this recipe. The
# result is packed read-only. A failing line fails the build.
set -eu
recipe=$1

# --- the user of programs
groupadd --gid 1000 user
useradd --uid 1000 --gid 1000 --home-dir /home/user --create-home --shell /bin/bash user
passwd --lock user >/dev/null
rm -f /etc/subuid* /etc/subgid*
# Clients of E2B start contexts of the interpreter there. Its content, which is empty, stays closed.
chmod 0711 /root

# --- names: there is no network, so look-ups fail immediately and for good, instead of after a timeout
sed -i 's/^hosts:.*/hosts: files/' /etc/nsswitch.conf
grep -q '^hosts: files$' /etc/nsswitch.conf
printf '127.0.0.1 localhost\n::1 localhost\n' >/etc/hosts
printf '# no network: look-ups fail immediately\noptions timeout:1 attempts:1\n' >/etc/resolv.conf
: >/etc/hostname
: >/etc/machine-id
printf 'LANG=C.UTF-8\nPATH=/usr/local/bin:/usr/bin:/bin\n' >/etc/environment

# --- pip: a sandbox runs one execution, so Debian's protection against pip is not needed; no network, so no index
rm -f /usr/lib/python3*/EXTERNALLY-MANAGED
cat >/etc/pip.conf <<'PIP'
[global]
disable-pip-version-check = true
no-cache-dir = true
no-index = true
root-user-action = ignore
PIP

# --- Python: Debian's hook for its crash reporter, which is not installed, adds a failing import to each start
for hook in /etc/python3*/sitecustomize.py; do : >"$hook"; done

# --- matplotlib: draw without a display, never search for fonts at run time
python3 "$recipe/matplotlib-setup.py"

# --- drivers of the code interpreter, which the guest agent starts
install -d /usr/lib/neurovisor/drivers
for part in "$recipe/drivers/neurovisor_"*; do
	install -d "/usr/lib/neurovisor/drivers/${part##*/}"
	install -m 0644 "$part"/*.* "/usr/lib/neurovisor/drivers/${part##*/}/"
done
install -m 0644 "$recipe/drivers/"*.* /usr/lib/neurovisor/drivers/
install -m 0644 "$recipe/check_drivers.py" "$recipe/record_modules.py" /usr/lib/neurovisor/

# --- bytecode: valid independent of time stamps (prepare.sh has disabled Debian's own compiler)
rm /usr/bin/py3compile
dpkg-divert --local --rename --remove /usr/bin/py3compile >/dev/null
python3 "$recipe/bytecode.py" /usr/lib/python3* /usr/lib/neurovisor

# --- programs that warm the page cache of a template
install -d /usr/lib/neurovisor
install -m 0644 "$recipe/warm.py" "$recipe/warm.sh" "$recipe/warm.js" /usr/lib/neurovisor/

# --- remove setuid and setgid bits
find / -xdev ! -type l -perm /6000 -exec chmod a-s {} +

# --- remove what only the build needed
rm -rf /usr/share/doc-base /var/lib/apt/lists/* /var/cache/* /var/log/* /var/lib/systemd /root/.cache /root/.config
find /usr/share/doc -mindepth 1 -type d -empty -delete

# --- check: the warming programs run here like programs of users, in an empty home
home=$(mktemp -d)
chown user:user "$home"
as_user() {
	(cd "$home" && env -i HOME="$home" PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 \
		setpriv --reuid 1000 --regid 1000 --clear-groups --no-new-privs "$@") >/dev/null
}
as_user python3 /usr/lib/neurovisor/warm.py
as_user bash /usr/lib/neurovisor/warm.sh
as_user node /usr/lib/neurovisor/warm.js
as_user python3 /usr/lib/neurovisor/check_drivers.py
rm -rf "$home" /tmp/neurovisor-ipython-*
