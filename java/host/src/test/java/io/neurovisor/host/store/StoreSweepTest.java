package io.neurovisor.host.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.progress.Progress;
import io.neurovisor.host.files.FileDigests;
import io.neurovisor.host.files.PathLock;
import io.neurovisor.host.files.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.BiPredicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class StoreSweepTest {
    private static final String INPUT = "a".repeat(64);

    @TempDir
    private Path data;

    private final Instant now = InstantSource.system().instant();
    private Path directory;
    private UseRegistry uses;

    @BeforeEach
    void create() {
        directory = data.resolve("images");
        uses = new UseRegistry(data);
    }

    @Test
    void keepsNeededArtifacts() {
        Artifact artifact = build("base", "base-1");
        assertThat(sweep((_, _) -> true, false)).isEmpty();
        assertThat(artifact.directory()).isDirectory();
    }

    @Test
    void removesSupersededArtifacts() {
        Artifact old = build("base", "base-1");
        Artifact current = build("base", "base-2");
        assertThat(sweep((_, _) -> true, true)).containsExactly(old.directory());
        assertThat(old.directory()).exists();
        assertThat(sweep((_, _) -> true, false)).containsExactly(old.directory());
        assertThat(old.directory()).doesNotExist();
        assertThat(current.directory()).isDirectory();
    }

    @Test
    void keepsArtifactsInUse() {
        Artifact old = build("base", "base-1");
        Artifact current = build("base", "base-2");
        try (ArtifactUse use = uses.enter(data.resolve("run"), Supervisor.none())) {
            Artifact _ = use.hold(() -> old, artifact -> List.of(artifact.directory()));
            assertThat(sweep((_, _) -> false, false)).containsExactly(current.directory());
            assertThat(old.directory()).isDirectory();
        }
        assertThat(sweep((_, _) -> false, false)).containsExactly(old.directory());
    }

    @Test
    void removesUnneededArtifactsWithTheirName() {
        build("base", "base-1");
        build("full", "full-1");
        assertThat(sweep((name, input) -> name.equals("full") && input.equals(INPUT), false))
                .containsExactly(directory.resolve("base-1"));
        assertThat(store().names()).containsExactly("full");
    }

    @Test
    void keepsADirectoryThatAnotherNameNeeds() {
        build("kernel", "6.12-1");
        Artifact kept = build("debian", "6.12-1");
        assertThat(sweep((name, _) -> name.equals("debian"), false)).isEmpty();
        assertThat(kept.directory()).isDirectory();
        assertThat(store().names()).containsExactly("debian");
    }

    @Test
    void removesDeadBuildsOnly() throws IOException, InterruptedException {
        build("base", "base-1");
        Path dead = Files.createDirectories(directory.resolve(".base~building-1-00000000"));
        Path alive = Files.createDirectories(directory.resolve(".full~building-1-00000000"));
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch swept = new CountDownLatch(1);
        Thread builder = Thread.ofVirtual().start(() -> {
            try (PathLock _ = PathLock.acquire(ArtifactStore.lockFile(directory, "full"), () -> {})) {
                held.countDown();
                swept.await();
            } catch (InterruptedException exception) {
                Thread.currentThread().interrupt();
            }
        });
        held.await();
        assertThat(sweep((_, _) -> true, false)).containsExactly(dead);
        assertThat(alive).isDirectory();
        swept.countDown();
        builder.join();
    }

    @Test
    void removesOldTemporaryFilesOnly() throws IOException {
        build("base", "base-1");
        Path old = Files.createFile(directory.resolve(".base.current.12-0123abcd"));
        Files.setLastModifiedTime(old, FileTime.from(now.minus(Duration.ofHours(2))));
        Path young = Files.createFile(directory.resolve(".full.current.12-0123abcd"));
        assertThat(sweep((_, _) -> true, false)).containsExactly(old);
        assertThat(young).exists();
    }

    @Test
    void ignoresAStoreThatIsALink() throws IOException {
        Path elsewhere = Files.createDirectories(data.resolve("elsewhere/base-1"));
        Files.createSymbolicLink(directory, data.resolve("elsewhere"));
        assertThat(sweep((_, _) -> false, false)).isEmpty();
        assertThat(elsewhere).isDirectory();
    }

    @Test
    void knowsTheLeastRecentlyUsedArtifact() {
        Artifact first = build("a", "a-1");
        build("b", "b-1");
        try (ArtifactUse use = uses.enter(data.resolve("run"), Supervisor.none())) {
            Artifact _ = use.hold(() -> first, artifact -> List.of(artifact.directory()));
        }
        StoreSweep sweep = new StoreSweep(directory, uses, now, false);
        assertThat(sweep.current().stream()
                        .sorted(Comparator.comparing(StoreSweep.Current::lastUsed))
                        .map(StoreSweep.Current::name))
                .containsExactly("b", "a");
    }

    private List<Path> sweep(BiPredicate<String, String> needed, boolean dryRun) {
        return new StoreSweep(directory, uses, now, dryRun)
                .sweep(new StoreContent(directory, needed)).stream()
                        .map(UnusedPath::path)
                        .toList();
    }

    private Artifact build(String name, String directoryName) {
        return store().replace(
                        name,
                        INPUT,
                        staged -> {
                            PrivateFiles.replace(staged.resolve("rootfs"), new byte[] {1});
                            return directoryName;
                        },
                        Progress.SILENT);
    }

    private ArtifactStore store() {
        return new ArtifactStore(
                "image",
                directory,
                new FileDigests(data.resolve("digests"), InstantSource.system()),
                Supervisor.none());
    }
}
