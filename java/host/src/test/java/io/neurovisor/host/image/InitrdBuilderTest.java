package io.neurovisor.host.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.store.Artifact;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InitrdBuilderTest {
    @TempDir
    private Path directory;

    private Path agent;
    private Artifact kernel;

    @BeforeEach
    void createInput() throws IOException {
        agent = Files.writeString(directory.resolve("agent"), "agent program");
        Path home = directory.resolve("kernel");
        Path modules = PrivateFiles.directory(home.resolve("modules"));
        Files.writeString(modules.resolve("order"), "b.ko\na.ko\n");
        Files.writeString(modules.resolve("a.ko"), "module a");
        Files.writeString(modules.resolve("b.ko"), "module b");
        kernel = new Artifact(
                "kernel", home, Map.of("vmlinux", "0", "modules/order", "1", "modules/a.ko", "2", "modules/b.ko", "3"));
    }

    @Test
    void containsAgentModulesAndConsole() throws IOException {
        Map<String, String> content = new TreeMap<>();
        Map<String, CpioArchiveEntry> entries = read(build("one"), content);

        assertThat(entries.keySet())
                .containsExactlyInAnyOrder(
                        "dev",
                        "dev/console",
                        "proc",
                        "sys",
                        "rom",
                        "newroot",
                        "modules",
                        "init",
                        "modules/order",
                        "modules/a.ko",
                        "modules/b.ko");
        assertThat(content)
                .containsEntry("init", "agent program")
                .containsEntry("modules/order", "b.ko\na.ko\n")
                .containsEntry("modules/b.ko", "module b");
        assertThat(entry(entries, "init").getMode()).isEqualTo(0100755);
        assertThat(entry(entries, "dev").getMode()).isEqualTo(0040755);
        CpioArchiveEntry console = entry(entries, "dev/console");
        assertThat(console.isCharacterDevice()).isTrue();
        assertThat(console.getRemoteDeviceMaj()).isEqualTo(5);
        assertThat(console.getRemoteDeviceMin()).isEqualTo(1);
        assertThat(entries.values()).allSatisfy(entry -> {
            assertThat(entry.getTime()).isZero();
            assertThat(entry.getUID()).isZero();
        });
    }

    @Test
    void kernelWithEverythingBuiltInHasNoModules() throws IOException {
        kernel = new Artifact("small", PrivateFiles.directory(directory.resolve("small")), Map.of("vmlinux", "0"));

        assertThat(read(build("one"), new TreeMap<>()))
                .containsKeys("init", "modules")
                .doesNotContainKey("modules/order");
    }

    @Test
    void isReproducible() throws IOException {
        assertThat(build("one")).hasSameBinaryContentAs(build("two"));
    }

    @Test
    void inputChangesWithAgentAndModulesButNotWithTheKernelItself() {
        String input = InitrdBuilder.input("a", kernel);

        assertThat(InitrdBuilder.input("b", kernel)).isNotEqualTo(input);
        assertThat(InitrdBuilder.input("a", changed("modules/a.ko"))).isNotEqualTo(input);
        assertThat(InitrdBuilder.input("a", changed("vmlinux"))).isEqualTo(input);
    }

    private Artifact changed(String file) {
        Map<String, String> digests = new TreeMap<>(kernel.digests());
        digests.put(file, "other");
        return new Artifact(kernel.name(), kernel.directory(), digests);
    }

    private Path build(String name) {
        Path home = PrivateFiles.directory(directory.resolve(name));
        assertThat(new InitrdBuilder(agent, kernel).build(home)).matches("initrd-[0-9a-f]{12}");
        return home.resolve(InitrdBuilder.INITRD);
    }

    private static CpioArchiveEntry entry(Map<String, CpioArchiveEntry> entries, String name) {
        return requireNonNull(entries.get(name), name);
    }

    private static Map<String, CpioArchiveEntry> read(Path initrd, Map<String, String> content) throws IOException {
        Map<String, CpioArchiveEntry> entries = new TreeMap<>();
        try (CpioArchiveInputStream archive = new CpioArchiveInputStream(Files.newInputStream(initrd))) {
            for (CpioArchiveEntry entry = archive.getNextEntry(); entry != null; entry = archive.getNextEntry()) {
                entries.put(entry.getName(), entry);
                content.put(entry.getName(), new String(archive.readAllBytes(), UTF_8));
            }
        }
        return entries;
    }
}
