package io.neurovisor.tests.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.RunningDaemon;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests an image whose templates have imported Python modules. */
final class PreloadedImageIT {
    private static final String NAME = "it-preloaded";

    @TempDir
    Path directory;

    @AfterAll
    static void remove() {
        CommandLineRun.of("image", "rm", NAME);
    }

    @Test
    void theFirstContextHasImportedModulesAndDoesNotShowThem() {
        CommandLineRun failed = build("no_such_module");
        assertThat(failed.exitCode()).isEqualTo(125);
        assertThat(failed.stderr())
                .contains("a template cannot import no_such_module: ModuleNotFoundError: No module named");
        CommandLineRun built = build("numpy");
        assertThat(built.exitCode()).as(built.stderr()).isZero();

        try (RunningDaemon _ = RunningDaemon.start(
                directory, "--warm=1", "--image=" + NAME, "--size=small", "--acquire-timeout=120")) {
            String id = command("create");
            String names = "import sys\nsorted(sys.modules)";
            String first = cell(id, names);
            String waiting = cell(id, "sys.meta_path[0].__class__.__name__, 'numpy' in sys.modules");
            assertThat(waiting).isEqualTo("('ModuleStore', False)");
            // All modules of the template are taken.
            String frame = "import numpy\nsys.meta_path[0].__class__.__name__, numpy.array([41, 1]).sum()";
            assertThat(cell(id, frame)).isEqualTo("('SavedPictures', np.int64(42))");
            String after = cell(id, names);

            String plain = command("context", "create", id);
            assertThat(cell(id, names, "--context", plain)).isEqualTo(first);
            assertThat(cell(id, "import numpy\n" + names, "--context", plain)).isEqualTo(after);
        }
    }

    private static CommandLineRun build(String... modules) {
        return CommandLineRun.of(Stream.concat(
                        Stream.of("image", "build", "--name", NAME),
                        Stream.of(modules).flatMap(module -> Stream.of("--preload", module)))
                .toArray(String[]::new));
    }

    private String cell(String id, String code, String... options) {
        return command(Stream.concat(Stream.of("run-code", id, "-c", code), Stream.of(options))
                .toArray(String[]::new));
    }

    private String command(String... arguments) {
        CommandLineRun run = SandboxCommand.of(directory.resolve("daemon.sock"), arguments);
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        return run.stdout().strip();
    }
}
