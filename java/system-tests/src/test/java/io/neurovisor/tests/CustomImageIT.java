package io.neurovisor.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images of a person's own. They need Debian's mirror and the Python index. */
final class CustomImageIT {
    private static final String NAME = "custom-image-it";

    @TempDir
    Path directory;

    @AfterAll
    static void remove() {
        CommandLineRun.of("image", "rm", NAME);
    }

    @Test
    void whatIsInstalledIsThereAndTheSecondBuildHasNothingToDo() throws IOException {
        Path requirements = requirements("# one small package\nhumanize==4.12.3\n");
        String[] build = {"image", "build", "--name", NAME, "--apt", "jo", "--pip-requirements", requirements.toString()
        };
        CommandLineRun first = CommandLineRun.of(build);
        assertThat(first.exitCode()).as(first.stderr()).isZero();
        CommandLineRun second = CommandLineRun.of(build);
        assertThat(second.stderr()).isEqualTo("neurovisor: image " + NAME + " is ready\n");
        assertThat(CommandLineRun.of("image", "list").stdout()).contains(NAME);

        CommandLineRun run = CommandLineRun.of(
                "run",
                "--image",
                NAME,
                "--size",
                "small",
                "--snapshot=off", // A template of its own would be used once.
                "-l",
                "bash",
                "-c",
                "jo a=1; python3 -c 'import humanize, os; print(humanize.intcomma(1000), os.path.exists(humanize.__cached__))'");
        assertThat(run.stdout()).as(run.stderr()).isEqualTo("{\"a\":1}\n1,000 True\n");
    }

    @ShortTier
    @Test
    void aPackageThatDoesNotExistIsNamed() {
        CommandLineRun run =
                CommandLineRun.of("image", "build", "--name", "bad-apt", "--apt", "no-such-package-anywhere");
        assertThat(run.exitCode()).isNotZero();
        assertThat(run.stderr()).contains("Unable to locate package no-such-package-anywhere");
        assertThat(CommandLineRun.of("image", "list").stdout()).doesNotContain("bad-apt");
    }

    @Test
    void wrongOrdersAreRefusedBeforeAnythingIsBuilt() throws IOException {
        assertRefused("is one of NeuroVisor's own", "--name", "base", "--apt", "jo");
        assertRefused("\"../x\" is not allowed", "--name", "../x", "--apt", "jo");
        assertRefused("is not the name of a Debian package", "--name", "mine", "--apt", "$(id)");
        assertRefused("There is no image other", "--name", "mine", "--from", "other", "--apt", "jo");
        assertRefused("needs packages", "--name", "mine");
        assertRefused(
                "needs packages",
                "--name",
                "mine",
                "--pip-requirements",
                requirements("# none\n").toString());
        assertRefused("does not exist", "--name", "mine", "--pip-requirements", "/nowhere/requirements.txt");
        assertRefused("add --name", "--apt", "jo");
        assertRefused("not both", "--name", "mine", "base");
    }

    private Path requirements(String lines) throws IOException {
        return Files.writeString(directory.resolve("requirements.txt"), lines);
    }

    private static void assertRefused(String message, String... options) {
        String[] arguments = new String[options.length + 2];
        arguments[0] = "image";
        arguments[1] = "build";
        System.arraycopy(options, 0, arguments, 2, options.length);
        CommandLineRun run = CommandLineRun.of(arguments);
        assertThat(run.exitCode()).as(run.stderr()).isEqualTo(2);
        assertThat(run.stderr()).contains(message).doesNotContain("\tat ");
    }
}
