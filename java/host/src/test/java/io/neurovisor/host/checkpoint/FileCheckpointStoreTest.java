package io.neurovisor.host.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.sandbox.checkpoint.CheckpointStore;
import io.neurovisor.engine.sandbox.checkpoint.SandboxCheckpoint;
import io.neurovisor.engine.sandbox.checkpoint.SharedMemory;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.host.store.StoreContent;
import io.neurovisor.host.store.StoreSweep;
import io.neurovisor.host.store.UnusedPath;
import io.neurovisor.host.store.UseRegistry;
import io.neurovisor.testkit.checkpoint.CheckpointStoreContract;
import io.neurovisor.testkit.checkpoint.CheckpointWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileCheckpointStoreTest extends CheckpointStoreContract {
    @TempDir
    private Path data;

    private CheckpointFixture fixture;
    private FileCheckpointStore store;

    @BeforeEach
    void create() throws IOException {
        fixture = new CheckpointFixture(data);
        store = fixture.store();
    }

    @Override
    protected CheckpointStore store() {
        return store;
    }

    @Override
    protected SavedVm template() {
        return fixture.template();
    }

    @Test
    void isPrivate() throws IOException {
        SandboxCheckpoint saved = store.save(source(ONE, 1), 0, directory -> {
            CheckpointWriter.of("state").accept(directory);
            chmod(directory, "rwxr-xr-x");
            chmod(directory.resolve("state"), "r--r--r--");
        });
        try (Stream<Path> tree = Files.walk(data.resolve("sandboxes"))) {
            assertThat(tree)
                    .filteredOn(path -> !fixture.machine(saved).equals(path.getParent()))
                    .allSatisfy(path -> assertThat(mode(path))
                            .as(path.toString())
                            .isEqualTo(Files.isDirectory(path) ? "rwx------" : "rw-------"));
        }
        assertThat(mode(fixture.machine(saved).resolve("state")))
                .as("for the uid of a VMM")
                .isEqualTo("r--r--r--");
        assertThat(stateOf(saved)).isEqualTo("state");
    }

    private static String mode(Path path) {
        try {
            return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    private static void chmod(Path path, String mode) {
        try {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    @Test
    void anotherProcessFindsIt() {
        SandboxCheckpoint saved = save(ONE, 1, "first");
        store = fixture.store();
        assertThat(store.newest(ONE)).contains(saved);
        assertThat(stateOf(saved)).isEqualTo("first");
    }

    @Test
    void thePathOfACheckpointHasNoLinks() throws IOException {
        Path link = Files.createSymbolicLink(data.resolve("link"), Files.createDirectory(data.resolve("real")));
        Path real = data.resolve("real").toRealPath();
        store = new CheckpointFixture(link).store();
        SandboxCheckpoint saved = store.save(source(ONE, 1), 0, directory -> {
            assertThat(directory.toString()).startsWith(real.toString());
            CheckpointWriter.of("first").accept(directory);
        });
        assertThat(store.open(saved, VMM).checkpoint().orElseThrow().directory())
                .startsWith(real);
    }

    @Test
    void sweepRemovesWhatADeadSaveHasLeft() throws IOException {
        SandboxCheckpoint kept = save(ONE, 1, "kept");
        Path dead = Files.createDirectories(fixture.home().resolve(".save-3~building-1-00000000/machine"));
        Files.writeString(dead.resolve("pages"), "12345");
        assertThat(store.sweep(Set.of(ONE), true)).singleElement().satisfies(left -> {
            assertThat(left.path()).isEqualTo(dead.getParent());
            assertThat(left.bytes()).isEqualTo(5);
        });
        assertThat(dead).isDirectory();
        assertThat(store.sweep(Set.of(ONE), false)).hasSize(1);
        assertThat(dead.getParent()).doesNotExist();
        assertThat(store.sweep(Set.of(ONE), false)).isEmpty();
        assertThat(stateOf(kept)).isEqualTo("kept");
    }

    @Test
    void sweepRemovesTheMemoryOfADeadFork() throws IOException {
        save(ONE, 1, "kept");
        Path dead = Files.createDirectories(fixture.home().resolve(".fork-63~building-1-00000000/machine"));
        assertThat(store.sweep(Set.of(ONE), false)).extracting(UnusedPath::path).containsExactly(dead.getParent());
        assertThat(dead.getParent()).doesNotExist();
    }

    @Test
    void sharedMemoriesAreSupervised() {
        HoldingSupervisor supervisor = new HoldingSupervisor("-");
        FileCheckpointStore supervised = fixture.store(Long.MAX_VALUE, supervisor);
        List<SharedMemory> shared = new ArrayList<>();
        supervised.lend(
                template(),
                0,
                CheckpointWriter.of("lent"),
                lent -> shared.add(supervised.share(lent, 0, CheckpointWriter.of("shared"))));
        assertThat(supervisor.held())
                .containsExactly(shared.getFirst().start().saved().directory().getParent());
        shared.getFirst().close();
        assertThat(supervisor.held()).isEmpty();
    }

    @Test
    void asManyMemoriesAreSharedAsThereAreSlots() {
        List<SharedMemory> shared = new ArrayList<>();
        for (int memory = 0; memory < SaveSlot.MOST_SHARED; memory++) {
            store.lend(
                    template(),
                    0,
                    CheckpointWriter.of("lent"),
                    lent -> shared.add(store.share(lent, 0, CheckpointWriter.of("shared"))));
        }
        Consumer<VmStart.Restore> another = lent -> {
            assertThatThrownBy(() -> store.share(lent, 0, _ -> {
                        throw new AssertionError("not reached");
                    }))
                    .hasMessage("the copies of 64 sandboxes share memories, and no more may; kill some copies");
            shared.removeLast().close();
            shared.add(store.share(lent, 0, CheckpointWriter.of("shared")));
        };
        store.lend(template(), 0, CheckpointWriter.of("lent"), another);
        shared.forEach(SharedMemory::close);
        assertThat(store.sweep(Set.of(), false)).isEmpty();
    }

    @Test
    void sweepRemovesEarlierGenerations() throws IOException {
        SandboxCheckpoint saved = save(ONE, 2, "second");
        Path earlier = Files.createDirectory(fixture.home().resolve(ONE + "-1"));
        assertThat(store.newest(ONE)).contains(saved);
        assertThat(store.sweep(Set.of(ONE), false)).extracting(UnusedPath::path).containsExactly(earlier);
        assertThat(stateOf(saved)).isEqualTo("second");
    }

    @Test
    void otherNamesAreLeftAlone() throws IOException {
        save(ONE, 1, "first");
        for (String name : List.of(ONE + "-01", ONE + "-", ONE.value(), ONE + "-1-2", "A" + ONE + "-1", "notes")) {
            Files.createDirectory(fixture.home().resolve(name));
        }
        store.sweep(Set.of());
        assertThat(store.sandboxes()).isEmpty();
        try (Stream<Path> left = Files.list(fixture.home())) {
            assertThat(left.filter(path -> !path.getFileName().toString().startsWith(".")))
                    .hasSize(6);
        }
    }

    @Test
    void gcSparesTheTemplateAndTheImageOfACheckpoint() {
        List<Path> needed = Stream.of(
                        "templates/" + CheckpointFixture.NAME, "images/base-1", "kernels/one", "initrds/one")
                .map(data::resolve)
                .toList();
        assertThat(unused()).containsExactlyInAnyOrderElementsOf(needed);
        save(ONE, 1, "first");
        save(ONE, 2, "second");
        assertThat(unused()).isEmpty();
        store.delete(ONE);
        assertThat(unused()).containsExactlyInAnyOrderElementsOf(needed);
    }

    /** Returns what gc would remove if no program needed it. */
    private List<Path> unused() {
        return Stream.of("templates", "images", "kernels", "initrds")
                .map(data::resolve)
                .flatMap(directory -> new StoreSweep(directory, new UseRegistry(data), Instant.EPOCH, true)
                        .sweep(new StoreContent(directory, (_, _) -> false)).stream())
                .map(UnusedPath::path)
                .toList();
    }

    @Test
    void halfMadeCheckpointsAreSupervised() {
        HoldingSupervisor supervisor = new HoldingSupervisor("-");
        SandboxCheckpoint saved = fixture.store(Long.MAX_VALUE, supervisor).save(source(ONE, 1), 0, directory -> {
            assertThat(supervisor.held()).containsExactly(directory.getParent());
            CheckpointWriter.of("first").accept(directory);
        });
        assertThat(supervisor.held()).isEmpty();
        assertThat(stateOf(saved)).isEqualTo("first");
    }
}
