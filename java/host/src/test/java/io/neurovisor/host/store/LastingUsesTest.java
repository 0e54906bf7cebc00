package io.neurovisor.host.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LastingUsesTest {
    @TempDir
    private Path data;

    private LastingUses uses;
    private Path artifact;
    private Path checkpoint;

    @BeforeEach
    void create() throws IOException {
        uses = LastingUses.in(data);
        artifact = Files.createDirectories(data.resolve("images/base-1"));
        checkpoint = data.resolve("sandboxes/checkpoints/one-1");
    }

    @Test
    void endsWithTheCheckpoint() throws IOException {
        assertThat(uses.name(artifact)).isFalse();
        Files.createDirectories(checkpoint);
        assertThat(uses.name(artifact)).isFalse();
        LastingUses.write(checkpoint, List.of(data.resolve("templates/one"), artifact));
        assertThat(uses.name(artifact)).isTrue();
        assertThat(uses.name(data.resolve("images/base-2"))).isFalse();
        Files.delete(checkpoint.resolve("uses"));
        assertThat(uses.name(artifact)).isFalse();
    }

    @Test
    void recognizesAnArtifactByALink() throws IOException {
        Files.createDirectories(checkpoint);
        Path link = Files.createSymbolicLink(data.resolve("link"), data.resolve("images"));
        LastingUses.write(checkpoint, List.of(link.resolve("base-1")));
        assertThat(uses.name(artifact)).isTrue();
    }

    @Test
    void ignoresHalfMadeCheckpoints() throws IOException {
        Path halfMade = Files.createDirectories(data.resolve("sandboxes/checkpoints/.one~building-1"));
        LastingUses.write(halfMade, List.of(artifact));
        assertThat(uses.name(artifact)).isFalse();
    }

    @Test
    void ignoresADamagedFile() throws IOException {
        Files.createDirectories(checkpoint);
        Files.write(checkpoint.resolve("uses"), new byte[] {(byte) 0xff, 0, '\n', 'u'});
        assertThat(uses.name(artifact)).isFalse();
        Files.writeString(checkpoint.resolve("uses"), "uses " + artifact + "\n" + "x".repeat(1 << 20));
        assertThat(uses.name(artifact)).isFalse();
    }
}
