package io.neurovisor.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A {@code ./neurovisor run} whose program is running, with the processes and files that belong to it. */
record RunningVm(Process neurovisor, ProcessHandle vmm, Path runtimeDirectory) {
    private static final String RUNTIME_DIRECTORY = "--runtime-dir";
    private static final Duration START_LIMIT = Duration.ofSeconds(60);

    /** Starts a program that says it runs and then never ends; returns when it has said so. */
    static RunningVm start(String... options) {
        List<String> arguments = new java.util.ArrayList<>(List.of("run"));
        arguments.addAll(List.of(options));
        arguments.addAll(List.of("-l", "bash", "--timeout", "300", "-c", "echo running; sleep 1000"));
        Process process = CommandLineRun.start(Map.of(), arguments.toArray(String[]::new));
        String first = firstLine(process);
        if (!first.equals("running")) {
            process.destroy();
            throw new AssertionError("instead of \"running\" it said " + first + "; " + errors(process));
        }
        ProcessHandle vmm = await().atMost(START_LIMIT).until(() -> vmmOf(process), found -> found != null);
        return new RunningVm(process, vmm, runtimeDirectory(process));
    }

    /** Waits until nothing is left of the machine; fails with what is still there. */
    void assertGoneWithin(Duration limit) {
        await().atMost(limit).untilAsserted(() -> {
            assertThat(vmm.isAlive()).as("VMM " + vmm.pid() + " lives").isFalse();
            assertThat(runtimeDirectory).doesNotExist();
        });
    }

    private static String firstLine(Process process) {
        try {
            // Not closed: closing it would break the pipe that the program still writes to.
            BufferedReader reader = process.inputReader();
            return String.valueOf(reader.readLine());
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** All of them, to its end. */
    private static String errors(Process process) {
        try {
            return new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    private static ProcessHandle vmmOf(Process process) {
        return process.descendants()
                .filter(descendant -> isVmm(descendant.info().command().orElse("")))
                .findFirst()
                .orElse(null);
    }

    private static boolean isVmm(String command) {
        return command.contains("qemu-system") || command.endsWith("/firecracker");
    }

    /** The spawner's command line is all that others may read of it. */
    private static Path runtimeDirectory(Process process) {
        return process.descendants()
                .map(RunningVm::commandLine)
                .filter(words -> words.contains(RUNTIME_DIRECTORY))
                .map(words -> Path.of(words.get(words.indexOf(RUNTIME_DIRECTORY) + 1)))
                .findFirst()
                .orElseThrow();
    }

    private static List<String> commandLine(ProcessHandle process) {
        try {
            Path file = Path.of("/proc", Long.toString(process.pid()), "cmdline");
            return List.of(Files.readString(file).split("\0", -1));
        } catch (IOException ended) {
            return List.of();
        }
    }
}
