package io.neurovisor.tests.languages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.HostCommand;
import io.neurovisor.tests.fixtures.TestMachines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests custom images. Needs a Debian mirror and the Python package index. */
final class CustomImageIT {
    private static final String NAME = "custom-image-it";
    private static final boolean ROOT = System.getProperty("user.name").equals("root");

    @TempDir
    Path directory;

    @AfterAll
    static void remove() {
        CommandLineRun.of("image", "rm", NAME);
    }

    @Test
    void secondBuildOfAnImageIsANoOp() throws IOException {
        Path requirements = requirements("# one small package\nhumanize==4.12.3\n");
        // Debian's package of psutil has tests, which an image does not need, but its installation does.
        String[] build = {
            "image",
            "build",
            "--name",
            NAME,
            "--apt",
            "jo",
            "--apt",
            "python3-psutil",
            "--pip-requirements",
            requirements.toString()
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
                "--snapshot=off", // A template would be used only once.
                "-l",
                "bash",
                "-c",
                "jo a=1; python3 -c 'import humanize, os, psutil; print(humanize.intcomma(1000), os.path.exists(humanize.__cached__))'");
        assertThat(run.stdout()).as(run.stderr()).isEqualTo("{\"a\":1}\n1,000 True\n");
    }

    @Test
    void reportsAnUnknownPackage() {
        CommandLineRun run =
                CommandLineRun.of("image", "build", "--name", "bad-apt", "--apt", "no-such-package-anywhere");
        assertThat(run.exitCode()).isNotZero();
        assertThat(run.stderr()).contains("Unable to locate package no-such-package-anywhere");
        assertThat(CommandLineRun.of("image", "list").stdout()).doesNotContain("bad-apt");
    }

    @Test
    void rejectsInvalidOrdersBeforeBuilding() throws IOException {
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
        assertRefused("add --name", "--preload", "numpy");
        assertRefused("call it mine-preloaded", "--name", "mine", "--preload", "numpy");
        assertRefused("is not the name of a Python module", "--name", "mine-preloaded", "--preload", "numpy;id");
        assertRefused("not both", "--name", "mine", "base");
    }

    @Test
    void packageScriptsHaveNoRightsOnTheHost() throws IOException {
        assumeTrue(ROOT, "an ordinary user's builds have the rights of that user");
        Path host = othersMayRead(Files.createDirectory(directory.resolve("host")));
        try (ScriptsOfPackages scripts = ScriptsOfPackages.serve(directory.resolve("scratch"), host)) {
            assertThat(built(scripts)).allSatisfy(found -> {
                assertThat(found).contains("\"uid\": 0,").containsPattern("\"outside\": 20000[0-9]{5},");
                // The script has left its chroot, in which this directory does not exist.
                assertThat(found).contains("\"attempt\": \"PermissionError\"");
                assertThat(found).contains("\"PATH\"").doesNotContain("API_KEY", "secret");
            });
        }
        assertThat(host).isEmptyDirectory();
        assertThat(ownersInTheImage()).allMatch(owner -> owner.matches("[0-9]{1,5}/[0-9]{1,5}"));
        assertThat(ownersInTheImage()).contains("0/0");
    }

    @Test
    void packageScriptsRunAsRootIfAllowed() throws IOException {
        assumeTrue(ROOT, "an ordinary user's builds have the rights of that user");
        Path host = othersMayRead(Files.createDirectory(directory.resolve("host")));
        try (ScriptsOfPackages scripts = ScriptsOfPackages.serve(directory.resolve("scratch"), host)) {
            assertThat(built(scripts, "--image-uids=off"))
                    .allSatisfy(found -> assertThat(found).contains("\"outside\": 0,", "\"attempt\": \"written\""));
        }
        assertThat(host.resolve("written")).hasContent("by a package");
    }

    /** Makes the parents readable, which JUnit creates private, so that only the directory itself stops the script. */
    private Path othersMayRead(Path host) throws IOException {
        for (Path path : List.of(directory, host)) {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        return host;
    }

    private List<String> built(ScriptsOfPackages scripts, String... options) throws IOException {
        String[] arguments = Stream.concat(
                        Stream.of(
                                "image",
                                "build",
                                "--name",
                                NAME,
                                "--pip-requirements",
                                requirements(scripts.requirement()).toString()),
                        Stream.of(options))
                .toArray(String[]::new);
        CommandLineRun run = CommandLineRun.of(Map.of("ANTHROPIC_API_KEY", "secret"), arguments);
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        assertThat(scripts.findings()).isNotEmpty();
        return scripts.findings();
    }

    private static List<String> ownersInTheImage() throws IOException {
        try (Stream<Path> images = Files.list(TestMachines.dataDirectory().resolve("images"))) {
            Path image = images.filter(path -> path.getFileName().toString().startsWith(NAME + "-"))
                    .findFirst()
                    .orElseThrow();
            HostCommand.Result run = HostCommand.run(List.of(
                    "unsquashfs", "-lln", image.resolve("rootfs.squashfs").toString()));
            assertThat(run.exitCode()).as(run.stderr()).isZero();
            return run.stdout()
                    .lines()
                    .map(line -> line.split(" +", 3)[1])
                    .distinct()
                    .toList();
        }
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
