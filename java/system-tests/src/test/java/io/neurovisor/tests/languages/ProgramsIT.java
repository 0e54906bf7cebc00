package io.neurovisor.tests.languages;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.InputFile;
import io.neurovisor.engine.program.Interpreter;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.server.InstalledComponents;
import io.neurovisor.tests.fixtures.FinishedProgram;
import io.neurovisor.tests.fixtures.OpenedNeuroVisor;
import io.neurovisor.tests.fixtures.TestMachines;
import io.neurovisor.tests.fixtures.UnpackedImage;
import io.neurovisor.tests.runner.Extent;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests that programs with common libraries behave in a microVM as on a plain machine with the same packages. */
final class ProgramsIT {
    private static final Duration TIMEOUT = Duration.ofMinutes(5);

    @TempDir
    private static Path shared;

    private static UnpackedImage unpackedImage;
    private static OpenedNeuroVisor neuroVisor;

    @BeforeAll
    static void open() {
        Path rootfs = InstalledComponents.images(TestMachines.settings())
                .boot("base", Progress.SILENT)
                .rootfs();
        unpackedImage = new UnpackedImage(rootfs, shared.resolve("root"));
        neuroVisor = OpenedNeuroVisor.open();
    }

    @AfterAll
    static void close() {
        neuroVisor.close();
        unpackedImage.close();
    }

    @ParameterizedTest
    @MethodSource("names")
    void behavesAsOnAPlainMachine(String name) throws IOException {
        Program program = program(name);
        UnpackedImage.Run expected = unpackedImage.python(program, Files.createDirectory(shared.resolve(name)));
        assertThat(expected.exitCode()).as(expected.stderr()).isZero();

        FinishedProgram run = neuroVisor.run(program, SandboxSize.SMALL, TIMEOUT);

        assertThat(run.result().exit().exitCode()).as(run.describe()).isZero();
        assertThat(run.stdout()).isEqualTo(expected.stdout());
        assertThat(withoutTimes(run.stderr())).isEqualTo(withoutTimes(expected.stderr()));
        assertThat(run.files()).containsOnlyKeys(expected.files().keySet());
        expected.files()
                .forEach((path, content) ->
                        assertThat(run.files().get(path)).as(path).isEqualTo(content));
    }

    static Stream<String> names() {
        Stream<String> everyday = Stream.of("matplotlib_plots", "pandas_tables");
        return Extent.isLong() ? Stream.concat(everyday, Stream.of("library_test")) : everyday;
    }

    private static Program program(String name) throws IOException {
        try (InputStream resource = ProgramsIT.class.getResourceAsStream("libraries/" + name + ".py")) {
            String code = new String(resource.readAllBytes(), StandardCharsets.UTF_8);
            // Creates the directory out/.
            InputFile file = new InputFile("out/.keep", ByteBuffer.allocate(0), false);
            return new Program(
                    Language.PYTHON,
                    code,
                    List.of(),
                    Map.of(),
                    ByteBuffer.allocate(0),
                    List.of(file),
                    Interpreter.WARM);
        }
    }

    /** Removes durations, which test runners print. */
    private static String withoutTimes(String text) {
        return text.replaceAll("\\b\\d+\\.\\d+s\\b", "TIME");
    }
}
