package io.neurovisor.tests.isolation;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.tests.fixtures.HostCommand;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Traces the system calls of QEMU processes that are jailed by {@link #bubblewrap}, by strace(1). The trace goes through a pipe, because
 * the limits of the jail forbid writing files.
 */
final class SystemCallTrace {
    private static final String END = "end";

    /** A line of the trace: process or thread id, then the call. Continuations of interrupted calls do not match. */
    private static final Pattern CALL = Pattern.compile("(\\d+) +(\\w+)\\((.*)");

    /** The first calls of a glibc thread. */
    private static final Set<String> THREAD_BEGINNINGS = Set.of("set_robust_list", "rseq");

    private final Path pipe;
    private final Path bubblewrap;
    private final CompletableFuture<Set<String>> calls;
    private final Set<String> known = new HashSet<>();
    private final Set<String> ofQemu = new HashSet<>();

    /** @param directory a directory that the users of VMMs can enter */
    SystemCallTrace(Path directory) throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        pipe = directory.resolve("trace");
        HostCommand.Result made = HostCommand.run(List.of("mkfifo", "-m", "666", pipe.toString()));
        assertThat(made.exitCode()).as(made.stderr()).isZero();
        bubblewrap = Files.writeString(
                directory.resolve("bwrap"),
                "#!/bin/sh\nexec strace -f -qq -s0 -o %s /usr/bin/bwrap \"$@\"\n".formatted(pipe));
        Files.setPosixFilePermissions(bubblewrap, PosixFilePermissions.fromString("rwxr-xr-x"));
        calls = CompletableFuture.supplyAsync(
                this::read, task -> Thread.ofPlatform().daemon().start(task));
    }

    /** Returns a bubblewrap that traces its jails. */
    Path bubblewrap() {
        return bubblewrap;
    }

    /** Returns the names of all calls, once every QEMU has ended. */
    Set<String> calls() throws IOException {
        // On a separate line: the last line of a killed strace may lack a line feed.
        Files.writeString(pipe, "\n" + END + "\n", StandardOpenOption.WRITE);
        return calls.join();
    }

    private Set<String> read() {
        Set<String> found = new TreeSet<>();
        // Open for reading and writing, so that the pipe does not end between two writers.
        try (BufferedReader lines = new BufferedReader(new java.io.InputStreamReader(
                java.nio.channels.Channels.newInputStream(
                        java.nio.channels.FileChannel.open(pipe, StandardOpenOption.READ, StandardOpenOption.WRITE)),
                StandardCharsets.ISO_8859_1))) {
            for (String line = lines.readLine(); !END.equals(line); line = lines.readLine()) {
                Matcher call = CALL.matcher(line);
                if (call.matches() && isQemu(call.group(1), call.group(2), call.group(3))) {
                    found.add(call.group(2));
                }
            }
            return found;
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** Returns whether the process is QEMU, from its exec on, or one of its threads. */
    private boolean isQemu(String process, String call, String arguments) {
        boolean isNew = known.add(process);
        if (call.equals("execve") ? arguments.contains("qemu-system") : isNew && THREAD_BEGINNINGS.contains(call)) {
            ofQemu.add(process);
        }
        return ofQemu.contains(process);
    }
}
