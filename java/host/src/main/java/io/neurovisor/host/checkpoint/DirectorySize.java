package io.neurovisor.host.checkpoint;

import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The size of a checkpoint's files, none of which has holes. */
final class DirectorySize {
    private DirectorySize() {}

    /** Returns the size of all files below a directory; 0 if it does not exist. */
    static long bytes(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.mapToLong(DirectorySize::size).sum();
        } catch (NoSuchFileException missing) {
            return 0;
        } catch (IOException failure) {
            throw StorageFaults.of("look at", directory, failure);
        }
    }

    private static long size(Path file) {
        try {
            return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) ? Files.size(file) : 0;
        } catch (IOException removed) {
            return 0;
        }
    }
}
