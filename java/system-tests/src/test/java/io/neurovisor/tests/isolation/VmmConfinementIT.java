package io.neurovisor.tests.isolation;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.tests.fixtures.RunningVm;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Tests the confinement of a VMM by inspecting the live process. */
final class VmmConfinementIT {
    private static final List<String> CAPABILITY_SETS = List.of("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb");
    private static final List<String> NAMESPACES = List.of("user", "mnt", "pid", "net", "ipc", "uts", "cgroup");

    @Test
    void vmmRunsAsAnUnprivilegedUser() throws IOException {
        RunningVm first = RunningVm.start();
        RunningVm second = RunningVm.start();
        try {
            String own = uids(Path.of("/proc/self"));
            List<String> uids = List.of(uids(first), uids(second));
            if (own.startsWith("0\t")) {
                assertThat(uids).doesNotHaveDuplicates().allMatch(uid -> uid.matches("(20000\\d{5})\t\\1\t\\1\t\\1"));
            } else {
                assertThat(uids).containsOnly(own);
            }
        } finally {
            first.neurovisor().destroyForcibly();
            second.neurovisor().destroyForcibly();
        }
    }

    @ShortTier
    @Test
    void runningVmmIsConfined() throws IOException {
        RunningVm running = RunningVm.start();
        try {
            Path process = Path.of("/proc", Long.toString(running.vmm().pid()));
            Map<String, String> status = status(process);
            assertThat(status).containsEntry("NoNewPrivs", "1").containsEntry("Seccomp", "2");
            assertThat(status.get("Seccomp_filters")).as("ours and QEMU's own").isEqualTo("2");
            assertThat(CAPABILITY_SETS)
                    .allSatisfy(set -> assertThat(status.get(set)).as(set).isEqualTo("0000000000000000"));
            assertThat(NAMESPACES)
                    .allSatisfy(namespace -> assertThat(Files.readSymbolicLink(process.resolve("ns/" + namespace)))
                            .as(namespace)
                            .isNotEqualTo(Files.readSymbolicLink(Path.of("/proc/self/ns/" + namespace))));
            assertThat(Files.readAllLines(process.resolve("mountinfo")))
                    .as("mounted read-only")
                    .isNotEmpty()
                    .allMatch(mount -> mount.matches("(\\S+ ){5}ro(,.*)?"));
            assertThat(Files.readString(process.resolve("environ"))).isEqualTo("PWD=/\0");
            assertThat(Files.getPosixFilePermissions(running.runtimeDirectory()))
                    .hasSize(3);
            assertThat(descriptorTargets(process))
                    .noneMatch(target -> target.contains("/.m2/") || target.endsWith(".jar"));
        } finally {
            running.neurovisor().destroyForcibly();
        }
    }

    @Test
    void templateFilesAreReadOnly() throws IOException {
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

    private static String uids(RunningVm running) throws IOException {
        return uids(Path.of("/proc", Long.toString(running.vmm().pid())));
    }

    private static String uids(Path process) throws IOException {
        return requireNonNull(status(process).get("Uid"), "the status has no user ids");
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
