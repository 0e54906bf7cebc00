package io.neurovisor.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HostJdkTest {
    @TempDir
    private Path directory;

    private Path home;

    @BeforeEach
    void aJdkWithALinkOfItsOwn() throws IOException {
        home = Files.createDirectories(directory.resolve("jdk"));
        Files.createDirectories(home.resolve("legal"));
        Files.writeString(home.resolve("LICENSE"), "text");
        Files.createSymbolicLink(home.resolve("legal/LICENSE"), Path.of("../LICENSE"));
    }

    @Test
    void isSelfContainedIfItsLinksStayInside() throws IOException {
        Files.createSymbolicLink(home.resolve("cacerts"), Path.of("/etc/ssl/certs/java/cacerts"));
        assertThat(HostJdk.selfContained(home)).contains(home);
    }

    @Test
    void isNotSelfContainedIfALinkLeadsOut() throws IOException {
        Files.createSymbolicLink(home.resolve("conf"), directory.resolve("etc/java"));
        assertThat(HostJdk.selfContained(home)).isEmpty();
    }

    @Test
    void isNotSelfContainedIfALinkClimbsOut() throws IOException {
        Files.createSymbolicLink(home.resolve("legal/conf"), Path.of("../../etc"));
        assertThat(HostJdk.selfContained(home)).isEmpty();
    }
}
