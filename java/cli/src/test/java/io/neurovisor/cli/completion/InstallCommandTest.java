package io.neurovisor.cli.completion;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.cli.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class InstallCommandTest {
    private static final Path LAUNCHER = Path.of(System.getProperty("neurovisor.home"))
            .toAbsolutePath()
            .normalize()
            .resolve("neurovisor");

    @TempDir
    private Path prefix;

    @Test
    void installsALinkWithCompletionForEachShell() throws IOException {
        CommandRun run = CommandRun.of(Map.of("PATH", "/usr/bin"), "install", "--prefix", prefix.toString());
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        assertThat(Files.readSymbolicLink(prefix.resolve("bin/neurovisor"))).isEqualTo(LAUNCHER);
        for (String script : scripts()) {
            assertThat(prefix.resolve(script)).content().contains("neurovisor").contains("uninstall");
        }
        assertThat(run.stdout()).contains("installed " + prefix.resolve("bin/neurovisor"), "is not on PATH");
        assertThat(install().exitCode()).as("repeated").isZero();
        assertThat(install().stdout()).doesNotContain("is not on PATH");
    }

    @Test
    void keepsFilesOfOthers() throws IOException {
        Path foreign = prefix.resolve(scripts().getFirst());
        Files.createDirectories(foreign.getParent());
        Files.writeString(foreign, "# mine\n");
        CommandRun run = install();
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.stderr()).contains(foreign + " exists and is not from this checkout");
        assertThat(foreign).hasContent("# mine\n");
        assertThat(prefix.resolve("bin")).doesNotExist();
    }

    @Test
    void uninstallRemovesTheLinkAndTheScripts() throws IOException {
        install();
        Path other = Files.writeString(prefix.resolve("bin/other"), "");
        CommandRun run = CommandRun.of(
                Map.of("PATH", prefix.resolve("bin").toString(), "XDG_RUNTIME_DIR", prefix.toString()),
                "uninstall",
                "--yes",
                "--data-dir",
                prefix.resolve("data").toString());
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        assertThat(run.stdout()).contains(prefix.resolve("bin/neurovisor") + " (written by install)");
        assertThat(Files.exists(prefix.resolve("bin/neurovisor"), LinkOption.NOFOLLOW_LINKS))
                .isFalse();
        assertThat(scripts()).noneMatch(script -> Files.exists(prefix.resolve(script)));
        assertThat(other).exists();
    }

    private CommandRun install() {
        return CommandRun.of(
                Map.of("PATH", prefix.resolve("bin").toString()), "install", "--prefix", prefix.toString());
    }

    private static List<String> scripts() {
        return List.of(
                "share/bash-completion/completions/neurovisor",
                "share/zsh/site-functions/_neurovisor",
                "share/fish/vendor_completions.d/neurovisor.fish");
    }
}
