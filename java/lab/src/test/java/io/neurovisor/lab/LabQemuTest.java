package io.neurovisor.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.host.image.LabImage;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class LabQemuTest {
    private static final LabFiles FILES = new LabFiles(Path.of("/data/labs/machines/lab"));

    @Test
    void reachesTheHostAndWritesTheDiskOnly() {
        List<String> arguments = arguments(Path.of("/src/neurovisor"), Optional.empty());
        assertThat(arguments)
                .contains("user,id=host,restrict=on,ipv6=off,hostfwd=tcp:127.0.0.1:2222-10.0.2.15:22")
                .filteredOn(argument -> argument.contains("path=") || argument.contains(",file="))
                .filteredOn(argument -> !argument.contains("readonly=on"))
                .allMatch(argument -> argument.contains("id=disk") || argument.contains("id=ready"));
    }

    @Test
    void hasARepositoryDeviceForEachConcurrentCommand() {
        assertThat(arguments(Path.of("/src"), Optional.empty()))
                .filteredOn("virtio-9p-pci,fsdev=repository,mount_tag=repository"::equals)
                .hasSize(LabQemu.REPOSITORY_DEVICES);
    }

    @Test
    void processorSupportsKvm() {
        assertThat(arguments(Path.of("/src"), Optional.empty())).containsSequence("-cpu", "EPYC-v1,+svm,+npt");
    }

    @Test
    void escapesACommaInAPath() {
        assertThat(arguments(Path.of("/src/a,readonly=off"), Optional.of(Path.of("/opt/jdk,25"))))
                .anyMatch(argument -> argument.endsWith("path=/src/a,,readonly=off"))
                .anyMatch(argument -> argument.endsWith("path=/opt/jdk,,25"));
    }

    private static List<String> arguments(Path repository, Optional<Path> jdk) {
        LabImage image = new LabImage(Path.of("/i/vmlinux"), Path.of("/i/initrd"), Path.of("/i/rootfs"));
        return new LabQemu(image, new LabSize(2048, 1), repository, jdk)
                .command(FILES, 2222, Path.of("/tmp/x/ready"))
                .arguments();
    }
}
