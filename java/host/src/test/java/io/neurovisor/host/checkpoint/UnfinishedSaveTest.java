package io.neurovisor.host.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.checkpoint.SandboxCheckpoint;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.StorageFaults;
import io.neurovisor.testkit.checkpoint.CheckpointWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Fails a save at each of its steps: the earlier checkpoint stays, and nothing else is left. */
@Timeout(60)
final class UnfinishedSaveTest {
    @TempDir
    private Path data;

    private CheckpointFixture fixture;
    private FileCheckpointStore store;
    private SandboxCheckpoint first;

    @BeforeEach
    void saveOnce() throws IOException {
        fixture = new CheckpointFixture(data);
        store = fixture.store();
        first = fixture.save(1);
    }

    @Test
    void fullDisk() {
        assertFails(store, Fault.STORAGE_FAILED, directory -> {
            CheckpointWriter.of("second").accept(directory);
            try {
                Files.write(Path.of("/dev/full"), new byte[1]);
            } catch (IOException failure) {
                throw StorageFaults.of("write", directory, failure);
            }
        });
    }

    @Test
    void brokenWriter() {
        Consumer<Path> writer = directory -> {
            CheckpointWriter.of("second").accept(directory);
            throw new IllegalStateException("broken");
        };
        assertThatThrownBy(() -> store.save(fixture.source(2), 0, writer)).hasMessage("broken");
        assertUnchanged();
    }

    @Test
    void writerWithoutADirectory() {
        assertFails(store, Fault.STORAGE_FAILED, _ -> {});
    }

    @Test
    void writerWithoutFiles() {
        assertFails(store, Fault.INTERNAL, UnfinishedSaveTest::mkdir);
    }

    @ParameterizedTest
    @ValueSource(strings = {".hidden", "two words", "x\ny"})
    void fileWithAnUnexpectedName(String name) {
        assertFails(store, Fault.INTERNAL, directory -> {
            mkdir(directory);
            CheckpointFixture.write(directory.resolve(name), "x");
        });
    }

    @Test
    void directoryAmongTheFiles() {
        assertFails(store, Fault.INTERNAL, directory -> {
            mkdir(directory);
            mkdir(directory.resolve("state"));
        });
    }

    @Test
    void linkAmongTheFiles() throws IOException {
        Path outside = Files.writeString(data.resolve("outside"), "x");
        assertFails(store, Fault.INTERNAL, directory -> {
            mkdir(directory);
            try {
                Files.createSymbolicLink(directory.resolve("state"), outside);
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        });
        assertThat(outside).hasContent("x");
    }

    /** A directory of the same name stands for any failure to write our files. */
    @ParameterizedTest
    @ValueSource(strings = {"manifest.json", "uses"})
    void fileThatCannotBeWritten(String name) {
        assertFails(store, Fault.STORAGE_FAILED, directory -> {
            CheckpointWriter.of("second").accept(directory);
            mkdir(directory.resolveSibling(name));
        });
    }

    /** The name to which the earlier directory is moved is taken. */
    @Test
    void directoryThatCannotBePublished() {
        assertThatThrownBy(() -> store.save(fixture.source(1), 0, directory -> {
                    CheckpointWriter.of("again").accept(directory);
                    Path replaced = Path.of(directory.getParent() + "-replaced");
                    mkdir(replaced);
                    mkdir(replaced.resolve("full"));
                }))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        failure -> assertThat(failure.fault()).isEqualTo(Fault.STORAGE_FAILED));
        assertOpens();
        assertThat(store.sweep(Set.of(CheckpointFixture.ID), false)).hasSize(1);
        assertUnchanged();
    }

    /** A failure after the directory has its final name, such as that of flushing it. */
    @Test
    void lateFailure() {
        FileCheckpointStore late = fixture.store(Long.MAX_VALUE, new HoldingSupervisor("-replaced"));
        assertFails(late, Fault.SPAWNER_FAILED, CheckpointWriter.of("second"));
    }

    @Test
    void removedTemplate() {
        SavedVm template = fixture.template();
        PrivateFiles.delete(template.directory());
        assertThatThrownBy(() -> store.save(fixture.source(2), 0, _ -> {
                    throw new AssertionError("not reached");
                }))
                .hasMessageContaining(template.directory().toString());
        assertThat(store.newest(CheckpointFixture.ID)).contains(first);
    }

    private void assertFails(FileCheckpointStore tried, Fault fault, Consumer<Path> writer) {
        assertThatThrownBy(() -> tried.save(fixture.source(2), 0, writer))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        failure -> assertThat(failure.fault()).isEqualTo(fault));
        assertUnchanged();
    }

    private void assertUnchanged() {
        assertOpens();
        try (Stream<Path> entries = Files.list(fixture.home())) {
            List<String> names = entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> !name.endsWith(".lock"))
                    .toList();
            assertThat(names).containsExactly(CheckpointFixture.ID + "-1");
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private void assertOpens() {
        assertThat(store.newest(CheckpointFixture.ID)).contains(first);
        assertThat(store.open(first, CheckpointFixture.VMM).checkpoint()).isPresent();
    }

    private static void mkdir(Path directory) {
        try {
            Files.createDirectory(directory);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
