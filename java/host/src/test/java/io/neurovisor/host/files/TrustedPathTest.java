package io.neurovisor.host.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TrustedPathTest {
    private static final int OTHER_USER = 2_000_000_999;

    @TempDir
    private Path directory;

    private Path data;
    private TrustedPath trusted;
    private int user;

    @BeforeEach
    void makeDirectories() throws IOException {
        data = Files.createDirectories(directory.resolve("a/b/data"));
        trusted = TrustedPath.ofThisProcess();
        user = (int) Files.getAttribute(data, "unix:uid");
    }

    @Test
    void trustsFilesThatOnlyThisUserCanChange() throws IOException {
        assertThat(trusted.danger(data)).isEmpty();
        assertThat(trusted.danger(data.resolve("not/there/yet"))).isEmpty();
        assertThat(trusted.danger(Path.of("/"))).isEmpty();
    }

    @Test
    void reportsAnAncestorThatOthersCanWrite() throws IOException {
        mode(directory.resolve("a"), "rwxr-xrwx");
        assertThat(trusted.danger(data)).hasValue(directory.resolve("a") + " can be written by others (mode 0757)");
        assertThat(trusted.danger(data.resolve("not/there/yet"))).isPresent();
    }

    @Test
    void rejectsAWritableGroupForRootOnly() throws IOException {
        mode(data, "rwxrwxr-x");
        assertThat(new TrustedPath(0).dangerAt(data).isPresent()).isTrue();
        assertThat(new TrustedPath(user == 0 ? OTHER_USER : user).dangerAt(data))
                .isEmpty();
    }

    @Test
    void trustsFilesInADirectoryWithTheStickyBit() throws IOException {
        Files.setAttribute(directory.resolve("a"), "unix:mode", 01777);
        assertThat(trusted.danger(data)).isEmpty();
    }

    @Test
    void rejectsFilesOfAnotherUser() throws IOException {
        assumeTrue(user == 0, "only root can give files away");
        Files.setAttribute(directory.resolve("a/b"), "unix:uid", OTHER_USER);
        assertThat(trusted.danger(data)).hasValue(directory.resolve("a/b") + " belongs to user " + OTHER_USER);
        assertThat(new TrustedPath(OTHER_USER).danger(data)).isEmpty();
    }

    @Test
    void rejectsALinkToAWritableDirectory() throws IOException {
        Path open = Files.createDirectories(directory.resolve("open/data"));
        mode(directory.resolve("open"), "rwxrwxrwx");
        Path link = Files.createSymbolicLink(data.resolve("link"), open);
        assertThat(trusted.danger(link).orElseThrow())
                .startsWith(directory.toRealPath().resolve("open").toString());
    }

    @Test
    void rejectsALinkOfAnotherUser() throws IOException {
        assumeTrue(user == 0, "only root can give files away");
        Path link = Files.createSymbolicLink(directory.resolve("link"), data);
        Process given =
                new ProcessBuilder("chown", "--no-dereference", Integer.toString(OTHER_USER), link.toString()).start();
        assertThat(given.onExit().join().exitValue()).isZero();
        assertThat(trusted.danger(link)).hasValue(link + " belongs to user " + OTHER_USER);
    }

    private static void mode(Path path, String permissions) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
    }
}
