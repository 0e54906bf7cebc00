# Starts the driver of Java contexts. The socket becomes 3, and standard input is empty. The image has the driver compiled, and the
# classes that it loads; elsewhere Java compiles it. The heap is bounded, so that a cell that needs too much fails and its interpreter
# lives. Java's own messages would be text of the cell.
parts=${0%/*}/neurovisor_java
if [ -e "$parts/driver.jar" ]; then
	set -- -cp "$parts/driver.jar" Main
else
	set -- "$parts/Main.java"
fi
[ ! -e "$parts/classes.jsa" ] || set -- -XX:SharedArchiveFile="$parts/classes.jsa" "$@"
exec java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:MaxRAMPercentage=40 -XX:-UsePerfData -Xlog:disable \
	-Dstdout.encoding=UTF-8 -Dstderr.encoding=UTF-8 \
	--add-exports=java.base/jdk.internal.access=ALL-UNNAMED --add-exports=java.base/jdk.internal.misc=ALL-UNNAMED \
	--add-opens=java.base/java.lang=ALL-UNNAMED --add-opens=java.base/java.util=ALL-UNNAMED \
	--add-opens=java.base/java.util.concurrent=ALL-UNNAMED "$@" 3<&0 </dev/null
