#!/bin/sh
# Runs as root inside the new root file system, once all packages are configured. $1 is the directory of this recipe. A
# failing line fails the build.
set -eu
recipe=$1
drivers=/usr/lib/neurovisor/drivers

# --- pyarrow
sh /tmp/layer/python-packages.sh "$recipe"

# --- drivers of the code interpreter
cp -R "$recipe/drivers/." "$drivers"
chmod -R u=rwX,go=rX "$drivers"
python3 -m compileall -q --invalidation-mode unchecked-hash "$drivers/neurovisor_bridge"

# --- Java: compile the driver
echo "I: compiling the driver of Java" >&2
java=$drivers/neurovisor_java
classes=$(mktemp -d)
javac -d "$classes" --add-exports=java.base/jdk.internal.access=ALL-UNNAMED --add-exports=java.base/jdk.internal.misc=ALL-UNNAMED \
	"$java"/*.java
jar --create --file "$java/driver.jar" -C "$classes" .
rm -rf "$classes" "$java"/*.java
# Java uses the classes that it has kept only with files of the same date, and packing the image changes the later ones.
modules=$(dirname "$(dirname "$(readlink -f /usr/bin/javac)")")/lib/modules
touch -d 2020-01-01 "$modules" "$java/driver.jar"
java -Xshare:dump -XX:+UseSerialGC >/dev/null

# --- check: the drivers run here like those of users, in an empty home
home=$(mktemp -d)
chown user:user "$home"
as_user() {
	(cd "$home" && env -i HOME="$home" PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 PYTHONPATH=/usr/lib/neurovisor "$@" \
		setpriv --reuid 1000 --regid 1000 --clear-groups --no-new-privs python3 - <"$recipe/check_drivers.py") >/dev/null
}

# --- Java: keep the classes that these cells have loaded, which halves the start of a context
chmod 1777 "$java"
as_user JDK_JAVA_OPTIONS="-XX:ArchiveClassesAtExit=$java/classes.jsa"
chown root:root "$java/classes.jsa"
chmod 0755 "$java"
as_user
rm -rf "$home" /tmp/neurovisor-* /tmp/hsperfdata_*
