package io.neurovisor.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What confines the VMM, read off the live process. */
final class VmmConfinementIT {
    @Test
    void theRunningVmmIsConfined() throws IOException {
        RunningVm running = RunningVm.start();
        try {
            Path process = Path.of("/proc", Long.toString(running.vmm().pid()));
            Map<String, String> status = status(process);
            assertThat(status.get("NoNewPrivs")).isEqualTo("1");
            assertThat(status.get("Seccomp")).as("QEMU's own filter").isEqualTo("2");
            assertThat(Files.readString(process.resolve("environ")).split("\0"))
                    .allMatch(variable -> variable.startsWith("PATH=") || variable.startsWith("LANG="));
            assertThat(Files.getPosixFilePermissions(running.runtimeDirectory()))
                    .hasSize(3);
            assertThat(descriptorTargets(process))
                    .noneMatch(target -> target.contains("/.m2/") || target.endsWith(".jar"));
        } finally {
            running.neurovisor().destroyForcibly();
        }
    }

    @Test
    void theTemplatesFilesAreOnlyRead() throws IOException {
        RunningVm running = RunningVm.start();
        try {
            Path process = Path.of("/proc", Long.toString(running.vmm().pid()));
            assertThat(Files.readString(process.resolve("maps")).lines().filter(line -> line.endsWith("/memory")))
                    .isNotEmpty()
                    .allMatch(line -> line.matches("\\S+ \\S{3}p .*"), "mapped privately");
        } finally {
            running.neurovisor().destroyForcibly();
        }
    }

    private static Map<String, String> status(Path process) throws IOException {
        return Files.readAllLines(process.resolve("status")).stream()
                .map(line -> line.split(":\\s*", 2))
                .collect(Collectors.toMap(parts -> parts[0], parts -> parts[1]));
    }

    private static Stream<String> descriptorTargets(Path process) throws IOException {
        try (Stream<Path> descriptors = Files.list(process.resolve("fd"))) {
            return descriptors
                    .map(descriptor -> {
                        try {
                            return Files.readSymbolicLink(descriptor).toString();
                        } catch (IOException closed) {
                            return "";
                        }
                    })
                    .toList()
                    .stream();
        }
    }
}
