package io.neurovisor.host.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class StorageFaultsTest {
    private static final Path FILE = Path.of("/data/x");

    @Test
    void reasonsNameNeitherPathNorException() {
        assertThat(StorageFaults.reason(new NoSuchFileException("/data/x"))).isEqualTo("it does not exist");
        assertThat(StorageFaults.reason(new NotDirectoryException("/data/x"))).isEqualTo("it is not a directory");
        assertThat(StorageFaults.reason(new AccessDeniedException("/data/x")))
                .startsWith("permission denied for user ");
        assertThat(StorageFaults.reason(new FileSystemException("/data/x", null, "Too many links")))
                .isEqualTo("Too many links");
        assertThat(StorageFaults.reason(new IOException("Is a directory"))).isEqualTo("Is a directory");
    }

    @Test
    void adviseWhereAnotherDirectoryHelps() {
        assertThat(StorageFaults.of("write", FILE, new IOException("No space left on device")))
                .hasMessage("Cannot write /data/x: the disk is full; free some space or give another --data-dir");
        assertThat(StorageFaults.of("write", FILE, new FileSystemException("/data/x", null, "Read-only file system")))
                .hasMessage("Cannot write /data/x: the file system is read-only; give another --data-dir");
    }
}
