package io.neurovisor.server.client;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The process that serves a daemon's Unix socket: the one that holds the lock next to the socket, by the kernel's list of
 * locks (proc_locks(5)).
 */
public record ServingProcess(ProcessHandle handle, Path lockFile) {
    private static final Path LOCKS = Path.of("/proc/locks");

    /** A held lock; one that is waited for has an arrow after its number. */
    private static final Pattern HELD = Pattern.compile("\\d+: POSIX +\\S+ +WRITE +(\\d+) \\S+:(\\d+) .*");

    private static final Pattern ADDRESS = Pattern.compile("([!-~]{1,60}) (\\d{1,5})\n");

    /** Returns the process that serves the socket; throws a fault if no daemon of this user does. */
    public static ServingProcess at(Path socket) {
        return find(socket)
                .orElseThrow(() -> new NeuroVisorException(
                        Fault.DAEMON_MISSING,
                        "no daemon of this user serves " + socket
                                + "; start one with ./neurovisor serve, or name its socket with --socket"));
    }

    /** Returns the process that serves the socket, if a daemon of this user does. */
    public static Optional<ServingProcess> find(Path socket) {
        Path lockFile = socket.resolveSibling(socket.getFileName() + ".lock");
        if (!Files.exists(lockFile)) {
            return Optional.empty();
        }
        try (Stream<String> locks = Files.lines(LOCKS)) {
            String inode = Files.getAttribute(lockFile, "unix:ino").toString();
            Path file = lockFile.toRealPath();
            return locks.map(HELD::matcher)
                    .filter(lock -> lock.matches() && lock.group(2).equals(inode))
                    .map((Matcher lock) -> Long.parseLong(lock.group(1)))
                    // Files of other file systems have the same inode number.
                    .filter(process -> hasOpen(process, file))
                    .flatMap(process -> ProcessHandle.of(process).stream())
                    .map(process -> new ServingProcess(process, file))
                    .findFirst();
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.TOOL_FAILED,
                    "the processes that hold locks cannot be listed: " + exception.getMessage(),
                    exception);
        }
    }

    private static boolean hasOpen(long process, Path file) {
        try (DirectoryStream<Path> open = Files.newDirectoryStream(Path.of("/proc", Long.toString(process), "fd"))) {
            for (Path descriptor : open) {
                if (Files.readSymbolicLink(descriptor).equals(file)) {
                    return true;
                }
            }
            return false;
        } catch (IOException endedOrOfAnotherUser) {
            return false;
        }
    }

    /** Returns the address of the metrics port, if the daemon has recorded it. */
    public Optional<InetSocketAddress> metricsPort() {
        try {
            Matcher recorded = ADDRESS.matcher(Files.readString(lockFile, StandardCharsets.US_ASCII));
            return recorded.matches()
                    ? Optional.of(new InetSocketAddress(
                            InetAddress.ofLiteral(recorded.group(1)), Integer.parseInt(recorded.group(2))))
                    : Optional.empty();
        } catch (IOException | IllegalArgumentException unreadable) {
            return Optional.empty();
        }
    }

    /** Returns the destination of the log, as the kernel names it: a file, a terminal, {@code pipe:[N]} or {@code socket:[N]}. */
    public String log() {
        try {
            return Files.readSymbolicLink(Path.of("/proc", Long.toString(handle.pid()), "fd", "2"))
                    .toString();
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.DAEMON_MISSING, "the daemon, process " + handle.pid() + ", has ended", exception);
        }
    }

    /** Returns the systemd unit that the process belongs to. */
    public Optional<String> unit() {
        try {
            String group = Files.readString(Path.of("/proc", Long.toString(handle.pid()), "cgroup"))
                    .strip();
            return Stream.of(group.split("[/\n]"))
                    .filter(part -> part.endsWith(".service"))
                    .reduce((_, last) -> last);
        } catch (IOException exception) {
            return Optional.empty();
        }
    }

    /** Requests an orderly end: running executions finish, new ones are rejected. */
    public void requestEnd() {
        if (!handle.destroy() && handle.isAlive()) {
            throw new NeuroVisorException(
                    Fault.TOOL_FAILED, "the daemon, process " + handle.pid() + ", cannot be sent a signal");
        }
    }

    /** Waits until the process has ended. */
    public void awaitEnd() {
        handle.onExit().join();
    }
}
