package io.neurovisor.tests.isolation;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * An agent that a test loads into a daemon. It tries what an attacker in the JVM would try, and writes the result of each attempt as a
 * line {@code attempt=result}.
 */
public final class DaemonAttempts {
    public static final String DONE = "done";

    private DaemonAttempts() {}

    /** The entry point that the JVM calls after loading the agent. */
    public static void agentmain(String file) throws IOException, InterruptedException {
        Map<String, String> ends = new TreeMap<>();
        ends.put("exec", exec());
        ends.put("core_pattern", opened("/proc/sys/kernel/core_pattern", StandardOpenOption.WRITE));
        ends.put("hostname", opened("/proc/sys/kernel/hostname", StandardOpenOption.WRITE));
        ends.put("cron", created("/etc/cron.d"));
        ends.put("home", created(System.getProperty("user.home")));
        ends.put("own", created(String.valueOf(Path.of(file).getParent())));
        String disk = disk();
        ends.put("disk write", opened(disk, StandardOpenOption.WRITE));
        ends.put("disk read", opened(disk, StandardOpenOption.READ));
        ends.put("systemd", connected("/run/systemd/private"));
        ends.put("bus", connected("/run/dbus/system_bus_socket"));
        List<String> lines = ends.entrySet().stream()
                .map(end -> end.getKey() + "=" + end.getValue().replace('\n', ' '))
                .toList();
        Files.write(Path.of(file), lines);
    }

    private static String exec() throws InterruptedException {
        try {
            return "ended with " + new ProcessBuilder("true").start().waitFor();
        } catch (IOException refusal) {
            return String.valueOf(refusal.getMessage());
        }
    }

    private static String opened(String file, OpenOption option) {
        try {
            Files.newByteChannel(Path.of(file), option).close();
            return DONE;
        } catch (IOException refusal) {
            return refusal.getClass().getSimpleName() + " " + refusal.getMessage();
        }
    }

    private static String created(String directory) {
        Path file = Path.of(directory, "neurovisor-attempt");
        try {
            Files.writeString(file, "");
            Files.delete(file);
            return DONE;
        } catch (IOException refusal) {
            return refusal.getClass().getSimpleName() + " " + refusal.getMessage();
        }
    }

    private static String connected(String socket) {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return channel.connect(UnixDomainSocketAddress.of(socket)) ? DONE : "pending";
        } catch (IOException refusal) {
            return refusal.getClass().getSimpleName() + " " + refusal.getMessage();
        }
    }

    /** Returns a disk of this machine. */
    private static String disk() throws IOException {
        try (Stream<Path> disks = Files.list(Path.of("/sys/class/block"))) {
            return disks.map(disk -> "/dev/" + disk.getFileName())
                    .filter(disk -> disk.matches("/dev/(vd|sd|nvme|xvd)[a-z0-9]*"))
                    .sorted()
                    .findFirst()
                    .orElse("/dev/no-disk");
        }
    }
}
