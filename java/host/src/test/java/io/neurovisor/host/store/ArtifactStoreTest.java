package io.neurovisor.host.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.host.files.FileDigests;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ArtifactStoreTest {
    private static final String INPUT = "a".repeat(64);
    private static final String OTHER_INPUT = "b".repeat(64);

    @TempDir
    private Path data;

    private Path directory;
    private ArtifactStore store;
    private final AtomicInteger builds = new AtomicInteger();
    private final List<String> steps = new ArrayList<>();
    private final Progress progress = new Progress() {
        @Override
        public void step(String message) {
            steps.add(message);
        }

        @Override
        public void detail(String message) {}
    };

    @BeforeEach
    void createStore() {
        directory = data.resolve("images");
        store = newStore();
    }

    private ArtifactStore newStore() {
        return new ArtifactStore(
                "image",
                directory,
                new FileDigests(data.resolve("digests"), InstantSource.system()),
                Supervisor.none());
    }

    @Test
    void buildsOnce() throws IOException {
        assertThat(store.state("base", INPUT)).isEqualTo(new ArtifactState.Missing());

        Artifact built = obtain();

        assertThat(built.file("rootfs"))
                .isEqualTo(directory.resolve("base-one/rootfs"))
                .hasContent("content");
        assertThat(built.digest("sub/file")).isEqualTo(Sha256.of(built.file("sub/file")));
        assertThat(newStore().state("base", INPUT)).isEqualTo(new ArtifactState.Ready(built));
        assertThat(obtain()).isEqualTo(built);
        assertThat(builds).hasValue(1);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(built.file("rootfs"))))
                .isEqualTo("r--r--r--");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)))
                .isEqualTo("rwx------");
    }

    @Test
    void rebuildsForAnotherInput() {
        obtain();

        assertThat(store.state("base", OTHER_INPUT))
                .isEqualTo(new ArtifactState.Outdated(directory.resolve("base-one")));
        store.obtain("base", OTHER_INPUT, this::build, progress);

        assertThat(builds).hasValue(2);
        assertThat(store.state("base")).isInstanceOf(ArtifactState.Ready.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "truncate",
                "alter",
                "remove",
                "alter checksums",
                "remove checksums",
                "empty checksums",
                "escape by checksums",
                "remove directory"
            })
    void rebuildsADamagedArtifact(String damage) throws IOException {
        Artifact built = obtain();
        damage(built, damage);

        assertThat(store.state("base", INPUT)).isInstanceOf(ArtifactState.Damaged.class);
        Artifact again = newStore().obtain("base", INPUT, this::build, progress);

        assertThat(again).isEqualTo(built);
        assertThat(again.file("rootfs")).hasContent("content");
        assertThat(builds).hasValue(2);
        assertThat(steps).singleElement().asString().startsWith("Building image base again: ");
    }

    private static void damage(Artifact built, String damage) throws IOException {
        Path rootfs = built.file("rootfs");
        Path sums = built.directory().resolve(Checksums.FILE);
        FileTime modified = Files.getLastModifiedTime(rootfs);
        PosixFilePermissions.fromString("rw-------");
        for (Path file : List.of(rootfs, sums)) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        }
        switch (damage) {
            case "truncate" -> Files.writeString(rootfs, "cont");
            case "alter" -> {
                Files.writeString(rootfs, "CONTENT");
                Files.setLastModifiedTime(rootfs, modified);
            }
            case "remove" -> Files.delete(rootfs);
            case "alter checksums" -> {
                Files.writeString(rootfs, "evil");
                Files.write(sums, Checksums.compute(built.directory()).format());
            }
            case "remove checksums" -> Files.delete(sums);
            case "empty checksums" -> Files.writeString(sums, "");
            case "escape by checksums" -> Files.writeString(sums, INPUT + "  ../../../etc/passwd\n");
            case "remove directory" -> PrivateFiles.delete(built.directory());
            default -> throw new IllegalArgumentException(damage);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "rubbish", "input A\ndirectory ../../etc\nchecksums B\n"})
    void damagedReferenceCountsAsMissing(String content) throws IOException {
        obtain();
        Files.writeString(directory.resolve("base.current"), content);

        assertThat(store.state("base", INPUT)).isEqualTo(new ArtifactState.Missing());
        obtain();
        assertThat(builds).hasValue(2);
    }

    @Test
    void referenceCannotLeaveTheDirectory() throws IOException {
        obtain();
        Path reference = directory.resolve("base.current");
        Files.writeString(reference, Files.readString(reference).replace("base-one", "../images/base-one"));

        assertThat(store.state("base", INPUT)).isEqualTo(new ArtifactState.Missing());
    }

    @Test
    void reportsDamageThatCannotBeRepaired() throws IOException {
        Artifact built = obtain();
        Files.delete(built.file("rootfs"));

        assertThatThrownBy(() -> store.obtain("base", INPUT, _ -> failNoNetwork(), progress))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        failure -> assertThat(failure.fault()).isEqualTo(Fault.IMAGE_BROKEN))
                .hasMessageContaining("rootfs is missing")
                .hasMessageEndingWith("building image base again failed: no network");
    }

    @Test
    void failedBuildLeavesNothing() {
        assertThatThrownBy(() -> store.obtain(
                        "base",
                        INPUT,
                        staging -> {
                            write(staging.resolve("half"), "x");
                            return failNoNetwork();
                        },
                        progress))
                .hasMessage("no network");

        assertThat(directory).isDirectoryNotContaining("glob:**building**");
        assertThat(obtain().file("rootfs")).exists();
    }

    @Test
    void twoBuildersBuildOnce() throws Exception {
        CountDownLatch secondWaits = new CountDownLatch(1);
        CompletableFuture<Artifact> first = new CompletableFuture<>();
        CountDownLatch firstBuilds = new CountDownLatch(1);
        Thread.ofVirtual()
                .start(() -> first.complete(store.obtain(
                        "base",
                        INPUT,
                        staging -> {
                            firstBuilds.countDown();
                            await(secondWaits);
                            return build(staging);
                        },
                        Progress.SILENT)));
        firstBuilds.await();

        Artifact second = newStore().obtain("base", INPUT, this::build, new Progress() {
            @Override
            public void step(String message) {
                steps.add(message);
                secondWaits.countDown();
            }

            @Override
            public void detail(String message) {}
        });

        assertThat(first.get()).isEqualTo(second);
        assertThat(builds).hasValue(1);
        assertThat(steps).containsExactly("Another NeuroVisor process is building image base; waiting");
    }

    @Test
    void replacedArtifactStaysUntilOutdatedOnesAreRemoved() {
        Artifact first = obtain();
        store.replace("base", INPUT, staging -> build(staging, "base-two"), progress);

        assertThat(first.file("rootfs")).exists();
        assertThat(store.removeOutdated()).containsExactly(first.directory());
        assertThat(first.directory()).doesNotExist();
        assertThat(store.state("base", INPUT)).isInstanceOf(ArtifactState.Ready.class);
    }

    @Test
    void removesByName() {
        Artifact built = obtain();

        assertThat(store.names()).containsExactly("base");
        assertThat(store.remove("base", progress)).isTrue();
        assertThat(built.directory()).doesNotExist();
        assertThat(store.names()).isEmpty();
        assertThat(store.remove("base", progress)).isFalse();
    }

    private Artifact obtain() {
        return store.obtain("base", INPUT, this::build, progress);
    }

    private String build(Path staging) {
        return build(staging, "base-one");
    }

    private String build(Path staging, String name) {
        builds.incrementAndGet();
        write(staging.resolve("rootfs"), "content");
        write(PrivateFiles.directory(staging.resolve("sub")).resolve("file"), name);
        return name;
    }

    private static String failNoNetwork() {
        throw new NeuroVisorException(Fault.IMAGE_BUILD_FAILED, "no network");
    }

    private static void write(Path file, String content) {
        PrivateFiles.replace(file, content.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupt) {
            throw new AssertionError(interrupt);
        }
    }
}
