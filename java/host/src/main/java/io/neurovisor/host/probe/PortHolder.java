package io.neurovisor.host.probe;

import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds the process that listens on a TCP port, as far as this user may see it (proc(5), {@code /proc/net/tcp}). */
public record PortHolder(HostFiles files) {
    /** Local port, state LISTEN, inode. */
    private static final Pattern LISTENING =
            Pattern.compile("\\s*\\d+: [0-9A-F]+:([0-9A-F]{4}) \\S+ 0A \\S+ \\S+ \\S+\\s+\\d+\\s+\\d+ (\\d+) .*");

    /** Explains why a port cannot be used: which process uses it, if that is visible, otherwise the failure. */
    public String explain(InetSocketAddress address, Exception failure) {
        Throwable cause = failure.getCause() == null ? failure : failure.getCause();
        return "port " + address.getPort() + " on " + address.getAddress().getHostAddress() + " "
                + find(address.getPort())
                        .map(holder -> "is in use by " + holder)
                        .orElseGet(() -> "cannot be had (" + cause.getMessage() + ")");
    }

    /** Returns a text such as {@code process 123 (java)}; empty if no visible process listens. */
    public Optional<String> find(int port) {
        Set<String> sockets = Stream.of("/proc/net/tcp", "/proc/net/tcp6")
                .flatMap(file -> files.lines(file).stream())
                .map(LISTENING::matcher)
                .filter(Matcher::matches)
                .filter(line -> Integer.parseInt(line.group(1), 16) == port)
                .map(line -> "socket:[" + line.group(2) + "]")
                .collect(Collectors.toSet());
        return sockets.isEmpty()
                ? Optional.empty()
                : files.names("/proc").stream()
                        .filter(name -> name.chars().allMatch(Character::isDigit))
                        .filter(process -> holds(process, sockets))
                        .findFirst()
                        .map(process -> "process " + process
                                + files.text("/proc/" + process + "/comm")
                                        .map(command -> " (" + command + ")")
                                        .orElse(""));
    }

    private boolean holds(String process, Set<String> sockets) {
        String directory = "/proc/" + process + "/fd";
        return files.names(directory).stream()
                .anyMatch(descriptor -> files.link(directory + "/" + descriptor)
                        .map(sockets::contains)
                        .orElse(false));
    }
}
