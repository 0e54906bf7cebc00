package io.neurovisor.host.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class FileDigestsTest {
    private static final String WRONG = "0".repeat(64);
    /** By this clock all files of the test have been unchanged for long. */
    private static final InstantSource LATER = InstantSource.offset(Clock.systemUTC(), Duration.ofMinutes(1));

    @TempDir
    private Path directory;

    private Path recordFile;
    private Path file;
    private FileDigests digests;

    @BeforeEach
    void createFile() throws IOException {
        recordFile = directory.resolve("data").resolve("digests");
        file = Files.writeString(directory.resolve("file with space"), "hello");
        digests = new FileDigests(recordFile, LATER);
    }

    @Test
    void computesAndRemembers() throws IOException {
        assertThat(digests.digest(file)).isEqualTo("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
        assertThat(recordFile).content().contains(file.toString());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(recordFile)))
                .isEqualTo("rw-------");
    }

    @Test
    void trustsTheRecordWhenTheFileIsAsRecorded() {
        digests.remember(Map.of(file, WRONG));

        assertThat(digests.digest(file)).isEqualTo(WRONG);
        assertThat(new FileDigests(recordFile, LATER).digest(file)).isEqualTo(WRONG);
    }

    @Test
    void readsAgainWhenContentChangedButSizeAndModificationTimeDidNot() throws IOException {
        digests.remember(Map.of(file, WRONG));
        FileTime modified = Files.getLastModifiedTime(file);
        Files.writeString(file, "HELLO");
        Files.setLastModifiedTime(file, modified);

        assertThat(digests.digest(file)).isEqualTo(Sha256.of(file)).isNotEqualTo(WRONG);
    }

    /** Each Firecracker clone creates a hard link to its template's files, and no start may read them again. */
    @Test
    @Timeout(60)
    void trustsTheRecordWhenASealedFileHasANewLink() throws IOException {
        PrivateFiles.seal(file);
        digests.remember(Map.of(file, WRONG));
        Object changed = Files.getAttribute(file, "unix:ctime");
        do {
            Files.delete(Files.createLink(directory.resolve("link"), file));
        } while (Files.getAttribute(file, "unix:ctime").equals(changed));

        assertThat(digests.digest(file)).isEqualTo(WRONG);
    }

    @Test
    void readsAgainWhenASealedFileWasUnsealedAndChanged() throws IOException {
        PrivateFiles.seal(file);
        digests.remember(Map.of(file, WRONG));
        FileTime modified = Files.getLastModifiedTime(file);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        Files.writeString(file, "HELLO");
        Files.setLastModifiedTime(file, modified);

        assertThat(digests.digest(file)).isEqualTo(Sha256.of(file)).isNotEqualTo(WRONG);
    }

    @Test
    void readsAgainWhenTheFileWasReplaced() throws IOException {
        digests.remember(Map.of(file, WRONG));
        Path other = Files.writeString(directory.resolve("other"), "hello");
        Files.setLastModifiedTime(other, Files.getLastModifiedTime(file));
        Files.move(other, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);

        assertThat(digests.digest(file)).isEqualTo(Sha256.of(file));
    }

    @Test
    void doesNotRememberAFileThatChangedJustNow() {
        FileDigests now = new FileDigests(recordFile, () -> LATER.instant().minus(Duration.ofHours(1)));

        now.digest(file);

        assertThat(recordFile).doesNotExist();
    }

    @Test
    void survivesADamagedRecord() throws IOException {
        digests.digest(file);
        Files.writeString(recordFile, "rubbish\n" + WRONG + " 1 2 x 4 5 /tmp/a\n\0\n" + WRONG + " 1 2 3 4 5 /tmp/\0\n");

        assertThat(digests.digest(file)).isEqualTo(Sha256.of(file));
    }

    @Test
    void readsTheRecordOfAnotherInstance() {
        digests.digest(file);

        new FileDigests(recordFile, LATER).remember(Map.of(file, WRONG));

        assertThat(digests.digest(file)).isEqualTo(WRONG);
    }

    @Test
    void forgetsFilesThatDisappeared() throws IOException {
        digests.digest(file);
        Files.delete(file);
        Path other = Files.writeString(directory.resolve("other"), "x");

        digests.digest(other);

        assertThat(recordFile).content().contains(other.toString()).doesNotContain(file.toString());
    }

    @Test
    void nameWithLineBreakIsHashedEachTime() throws IOException {
        Path strange = Files.writeString(directory.resolve("a\nb"), "x");

        assertThat(digests.digest(strange)).isEqualTo(Sha256.of(strange));
        assertThat(digests.digest(strange)).isEqualTo(Sha256.of(strange));
        assertThat(recordFile).isEmptyFile();
    }

    @Test
    void reportsAMissingFile() {
        Path missing = directory.resolve("missing");

        assertThatThrownBy(() -> digests.digest(missing))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        failure -> assertThat(failure.fault()).isEqualTo(Fault.STORAGE_FAILED))
                .hasMessage("Cannot read %s: it does not exist".formatted(missing));
    }
}
