package io.neurovisor.host.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DataDirectoryTest {
    private static final int CLAIMERS = 10;
    private static final int ROUNDS = 100;

    @TempDir
    private Path parent;

    @Test
    void claimsNewAndEmptyDirectories() throws IOException {
        Path data = parent.resolve("a/b");
        new DataDirectory(data).claim();
        Files.createDirectories(data.resolve("images/x"));
        new DataDirectory(data).claim().remove();
        assertThat(data).doesNotExist();
        assertThat(parent.resolve("a")).isDirectory();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void concurrentClaimsAllSucceed(boolean exists) throws Exception {
        try (ExecutorService claimers = Executors.newFixedThreadPool(CLAIMERS)) {
            for (int round = 0; round < ROUNDS; round++) {
                Path data = parent.resolve(round + "/data");
                if (exists) {
                    Files.createDirectories(data);
                }
                CyclicBarrier start = new CyclicBarrier(CLAIMERS);
                List<Future<DataDirectory>> claims = claimers.invokeAll(Collections.nCopies(CLAIMERS, () -> {
                    start.await();
                    return new DataDirectory(data).claim();
                }));
                for (Future<DataDirectory> claim : claims) {
                    claim.get().requireOurs();
                }
                assertThat(new DataDirectory(data).entries()).containsExactly(data.resolve(DataDirectory.MARKER));
            }
        }
    }

    @Test
    void marksADirectoryWithAFileOfItsOwner() throws IOException {
        Path marker = new DataDirectory(parent).claim().path().resolve(DataDirectory.MARKER);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(marker)))
                .isEqualTo("rw-------");
        assertThat(marker).content().contains("neurovisor uninstall");
    }

    @Test
    void rejectsADirectoryWithOtherFiles() throws IOException {
        Path thesis = Files.createFile(parent.resolve("thesis.tex"));
        assertThatThrownBy(() -> new DataDirectory(parent).claim())
                .isInstanceOf(NeuroVisorException.class)
                .hasMessageContaining("contains files of other programs (thesis.tex)")
                .extracting(failure -> ((NeuroVisorException) failure).fault())
                .isEqualTo(Fault.INVALID_ARGUMENT);
        assertThatThrownBy(() -> new DataDirectory(parent).remove()).hasMessageContaining("stays as it is");
        assertThat(thesis).exists();
    }

    @Test
    void rejectsADirectoryThatOthersCanChange() throws IOException {
        Path open = Files.createDirectory(parent.resolve("open"));
        Path data = new DataDirectory(open.resolve("data")).claim().path();
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThatThrownBy(() -> new DataDirectory(data).claim())
                .isInstanceOf(NeuroVisorException.class)
                .hasMessageContaining("data directory " + data + " is not private")
                .hasMessageContaining(open + " can be written by others (mode 0777)")
                .hasMessageContaining("--data-dir");
    }

    @Test
    void doesNotRemoveAnUnclaimedDirectory() {
        assertThatThrownBy(() -> new DataDirectory(parent).remove()).hasMessageContaining("stays as it is");
        assertThat(parent).isDirectory();
    }

    @Test
    void rejectsADirectoryOfPictures() throws IOException {
        Path picture = Files.createDirectory(parent.resolve("images")).resolve("cat.png");
        Files.createFile(picture);
        assertThatThrownBy(() -> new DataDirectory(parent).remove()).hasMessageContaining("stays as it is");
        assertThat(picture).exists();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/home/../"})
    void rejectsAParentOfTheHomeDirectory(String path) {
        assertThatThrownBy(() -> new DataDirectory(Path.of(path)).claim()).hasMessageContaining("your home directory");
        assertThatThrownBy(() -> new DataDirectory(Path.of(path)).remove()).hasMessageContaining("your home directory");
    }

    @Test
    void rejectsTheHomeDirectory() {
        Path home = Path.of(System.getProperty("user.home"));
        assertThatThrownBy(() -> new DataDirectory(home).claim()).hasMessageContaining("your home directory");
    }

    @Test
    void removesTheTargetOfItsOwnLinkOnly() throws IOException {
        Path data = parent.resolve("data");
        new DataDirectory(data).claim();
        Path stranger = Files.createDirectory(parent.resolve("stranger"));
        Files.createFile(stranger.resolve("kept"));
        Files.createSymbolicLink(data.resolve("images"), stranger);
        Path link = Files.createSymbolicLink(parent.resolve("link"), data);
        new DataDirectory(link).remove();
        assertThat(link).doesNotExist();
        assertThat(data).doesNotExist();
        assertThat(stranger.resolve("kept")).exists();
    }
}
