package io.neurovisor.cli.run;

import static java.util.Objects.requireNonNull;

import io.neurovisor.cli.console.FileTarget;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.program.FilePath;
import io.neurovisor.engine.program.SkippedFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory of {@code --out}. A file appears atomically and replaces a file of the same name. Symbolic links are never
 * followed. A file that cannot be written does not affect the others.
 */
public final class OutputDirectory implements FileTarget, AutoCloseable {
    /** A random suffix follows, so that a program cannot guess the name. */
    private static final String UNFINISHED = ".neurovisor-unfinished-";

    private static final Logger LOG = LoggerFactory.getLogger(OutputDirectory.class);

    private final Path directory;
    private final List<SavedFile> saved = new ArrayList<>();
    private final List<SkippedFile> unsaved = new ArrayList<>();
    private boolean skipping;
    private @Nullable Path unfinished;
    private @Nullable SeekableByteChannel channel;

    record SavedFile(String path, long bytes, Path location) {}

    private OutputDirectory(Path directory) {
        this.directory = directory;
    }

    /** Creates the directory if necessary, so that an unusable one is reported before the program runs. */
    public static OutputDirectory open(Path directory) {
        if (Files.exists(directory) && !Files.isDirectory(directory)) {
            throw new NeuroVisorException(
                    Fault.INVALID_ARGUMENT,
                    "--out: " + FilePath.shown(directory.toString()) + " is not a directory; name one, or a new one");
        }
        try {
            Files.createDirectories(directory);
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.STORAGE_FAILED,
                    "--out: " + FilePath.shown(directory.toString()) + " cannot be created (" + reason(exception) + ")",
                    exception);
        }
        if (!Files.isWritable(directory)) {
            throw new NeuroVisorException(
                    Fault.INVALID_ARGUMENT, "--out " + directory + " cannot be written to; choose another directory");
        }
        return new OutputDirectory(directory);
    }

    @Override
    public void file(String path, ByteBuffer part, boolean last) {
        if (!skipping) {
            write(path, part, last);
        }
        skipping &= !last;
    }

    private void write(String path, ByteBuffer part, boolean last) {
        Path location = directory.resolve(path);
        try {
            SeekableByteChannel target = channel == null ? begin(location) : channel;
            while (part.hasRemaining()) {
                target.write(part);
            }
            if (last) {
                finish(path, location, target);
            }
        } catch (IOException exception) {
            skipping = true;
            unsaved.add(new SkippedFile(FilePath.shown(path), "cannot be written (" + reason(exception) + ")"));
            close();
        }
    }

    private static String reason(IOException exception) {
        if (exception instanceof AccessDeniedException) {
            return "permission denied";
        }
        return exception instanceof FileSystemException failure && failure.getReason() != null
                ? failure.getReason()
                : String.valueOf(exception.getMessage());
    }

    /** Returns the files that could not be written. */
    public List<SkippedFile> unsaved() {
        return List.copyOf(unsaved);
    }

    /** Returns the saved files in the order of their arrival. */
    List<SavedFile> saved() {
        return List.copyOf(saved);
    }

    /** Deletes an incomplete file. */
    @Override
    public void close() {
        try (SeekableByteChannel _ = channel) {
            if (unfinished != null) {
                Files.deleteIfExists(unfinished);
            }
        } catch (IOException exception) {
            LOG.warn("the incomplete file {} cannot be deleted: {}", unfinished, reason(exception));
        }
        channel = null;
        unfinished = null;
    }

    private SeekableByteChannel begin(Path location) throws IOException {
        Path parent = requireNonNull(location.getParent(), "parent is null");
        makeDirectories(parent);
        if (Files.isDirectory(location, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException("a directory has that name");
        }
        Path passing = parent.resolve(UNFINISHED + UUID.randomUUID());
        SeekableByteChannel begun =
                Files.newByteChannel(passing, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
        unfinished = passing;
        channel = begun;
        return begun;
    }

    private void finish(String path, Path location, SeekableByteChannel target) throws IOException {
        long bytes = target.size();
        target.close();
        channel = null;
        // Replaces a link itself, never its target.
        Files.move(
                requireNonNull(unfinished, "unfinished is null"),
                location,
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        unfinished = null;
        saved.add(new SavedFile(path, bytes, location));
    }

    private void makeDirectories(Path wanted) throws IOException {
        Path current = directory;
        for (Path name : directory.relativize(wanted)) {
            current = current.resolve(name);
            if (Files.isSymbolicLink(current)) {
                throw new IOException(FilePath.shown(current.toString()) + " is a symbolic link");
            }
            if (Files.isRegularFile(current, LinkOption.NOFOLLOW_LINKS)) {
                throw new IOException(FilePath.shown(current.toString()) + " is a file");
            }
            if (!Files.isDirectory(current, LinkOption.NOFOLLOW_LINKS)) {
                Files.createDirectory(current);
            }
        }
    }
}
