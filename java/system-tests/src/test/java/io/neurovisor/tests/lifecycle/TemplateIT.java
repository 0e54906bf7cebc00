package io.neurovisor.tests.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.DataDirectories;
import io.neurovisor.tests.fixtures.TestMachines;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Tests that a template is built once and used only unmodified. The steps share a template, because a build takes long. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class TemplateIT {
    private static final String[] PROGRAM = {"run", "--size", "small", "-l", "bash", "-c", "echo ok"};

    @TempDir
    private static Path directory;

    private static Map<String, String> environment = Map.of();

    /** Creates a data directory with the images of the default one and a copy of its templates. */
    @BeforeAll
    static void shareImages() throws IOException {
        for (String shared : List.of("images", "kernels", "initrds", "probes.properties")) {
            Files.createSymbolicLink(
                    directory.resolve(shared), TestMachines.dataDirectory().resolve(shared));
        }
        DataDirectories.rememberDigests(directory);
        environment = Map.of("NEUROVISOR_DATA_DIR", directory.toString());
        CommandLineRun run = CommandLineRun.of(PROGRAM);
        assertThat(run.stdout()).as(run.stderr()).isEqualTo("ok\n");
        copySmallTemplates(TestMachines.dataDirectory().resolve("templates"), directory.resolve("templates"));
    }

    @ShortTier
    @Test
    @Order(1)
    void tamperedTemplateIsRebuiltOnce() throws IOException {
        List<Path> originals = templates();
        for (Path original : originals) {
            flipAByte(original.resolve("memory"));
        }

        Process first = CommandLineRun.start(environment, PROGRAM);
        Process second = CommandLineRun.start(environment, PROGRAM);
        CommandLineRun firstRun = CommandLineRun.await(first);
        CommandLineRun secondRun = CommandLineRun.await(second);

        assertThat(firstRun.stdout()).as(firstRun.stderr()).isEqualTo("ok\n");
        assertThat(secondRun.stdout()).as(secondRun.stderr()).isEqualTo("ok\n");
        assertThat(Stream.of(firstRun, secondRun).filter(run -> run.stderr().contains("Making template")))
                .singleElement()
                .satisfies(run -> assertThat(run.stderr()).contains("again: memory"));
        assertThat(originals).allSatisfy(original -> assertThat(original).isDirectory());
        assertThat(CommandLineRun.of(environment, "template", "list").stdout()).contains("base", "small", "qemu");
    }

    @Test
    @Order(2)
    void removedTemplatesAreGone() throws IOException {
        assertThat(templates()).isNotEmpty();
        assertThat(CommandLineRun.of(environment, "template", "rm", "all").exitCode())
                .isZero();
        assertThat(templates()).isEmpty();
    }

    private static void copySmallTemplates(Path from, Path to) throws IOException {
        Files.createDirectory(to);
        try (DirectoryStream<Path> currents = Files.newDirectoryStream(from, "*.current")) {
            for (Path current : currents) {
                String name = current.getFileName().toString().replace(".current", "");
                if (Files.readString(from.resolve(name).resolve("template.json"))
                        .contains("\"size\" : \"small\"")) {
                    Files.copy(current, to.resolve(current.getFileName()));
                    copy(from.resolve(name), to.resolve(name));
                }
            }
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectory(to);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(from)) {
            for (Path file : files) {
                Files.copy(file, to.resolve(file.getFileName()), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }

    private List<Path> templates() throws IOException {
        try (Stream<Path> entries = Files.list(directory.resolve("templates"))) {
            return entries.filter(Files::isDirectory).toList();
        }
    }

    private static void flipAByte(Path file) throws IOException {
        assertThat(file.toFile().setWritable(true)).isTrue();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, 1 << 20);
            one.put(0, (byte) ~one.get(0)).flip();
            channel.write(one, 1 << 20);
        }
    }
}
