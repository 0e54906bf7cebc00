package io.neurovisor.cli.copy;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.file.FileAttributes;
import io.neurovisor.engine.file.FileEntry;
import io.neurovisor.engine.file.FileTarget;
import io.neurovisor.engine.file.FileType;
import io.neurovisor.engine.file.FileWriter;
import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.engine.file.WriteMode;
import io.neurovisor.engine.program.FilePath;
import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.Stream;

/** Copies files of this machine into a sandbox. */
public final class Upload {
    private static final int PART_BYTES = 64 << 10;
    private static final int OWNER_RIGHTS = 0700;

    private final GuestFiles files;
    private final CopyProgress progress;

    /** Directories that were made and whose mode would prevent writing into them. */
    private final SequencedMap<String, Integer> restricted = new LinkedHashMap<>();

    public Upload(GuestFiles files, CopyProgress progress) {
        this.files = files;
        this.progress = progress;
    }

    /** Writes a stream to a file, which appears when the stream has ended. */
    public void copy(InputStream source, String destination) {
        if (destination.endsWith("/") || isDirectory(destination)) {
            throw NeuroVisorException.invalid(
                    "destination", "standard input needs the name of a file, not of a directory: " + destination);
        }
        try {
            write(Channels.newChannel(source), destination, OptionalInt.empty());
        } catch (IOException exception) {
            throw unreadable(Path.of("-"), exception);
        }
    }

    /**
     * Copies a file or directory to a path, or into it if that is a directory or ends with a slash.
     *
     * @param recursive whether a directory is copied
     * @return whether nothing was left out
     */
    public boolean copy(Path source, String destination, boolean recursive) {
        if (!Files.exists(source)) {
            throw NeuroVisorException.invalid("source", shown(source) + ": no such file");
        }
        boolean directory = Files.isDirectory(source);
        if (directory && !recursive) {
            throw NeuroVisorException.invalid(
                    "source", shown(source) + " is a directory; copy it and what it contains with -r");
        }
        String target = destination.endsWith("/") || isDirectory(destination)
                ? GuestPath.join(destination, nameOf(source))
                : destination;
        if (directory) {
            try (ConcurrentCopies copies = new ConcurrentCopies()) {
                copyDirectory(source, target, copies);
                copies.await();
            }
            restrict();
        } else {
            copyFile(source, target);
        }
        return progress.isComplete();
    }

    private boolean isDirectory(String path) {
        return GuestPath.type(files, path).equals(Optional.of(FileType.DIRECTORY));
    }

    private static String nameOf(Path source) {
        // The working directory and "..", too, have a name.
        Path name = source.toAbsolutePath().normalize().getFileName();
        if (name == null) {
            throw NeuroVisorException.invalid("source", "/ has no name; name the copy, as in ID:copy");
        }
        return name.toString();
    }

    private void copyDirectory(Path source, String target, ConcurrentCopies copies) {
        int mode = modeOf(source);
        boolean created = files.makeDirectory(target, OptionalInt.of(mode | OWNER_RIGHTS), GuestPath.answer());
        if (created && (mode & OWNER_RIGHTS) != OWNER_RIGHTS) {
            restricted.put(target, mode);
        }
        for (Path file : content(source)) {
            String path = GuestPath.join(target, String.valueOf(file.getFileName()));
            if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
                progress.attempt(() -> copyDirectory(file, path, copies));
            } else if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                copies.start(() -> progress.attempt(() -> copyFile(file, path)));
            } else {
                progress.leaveOut(shown(file) + " is a symbolic link or a special file");
            }
        }
    }

    /** Gives the directories that were made the modes of their originals, the inner ones first. */
    private void restrict() {
        restricted.sequencedEntrySet().reversed().forEach(directory -> {
            FileEntry _ = files.setAttributes(
                    directory.getKey(),
                    new FileAttributes(OptionalInt.of(directory.getValue()), Map.of(), Set.of()),
                    GuestPath.answer());
        });
    }

    private List<Path> content(Path directory) {
        try (Stream<Path> content = Files.list(directory)) {
            return content.sorted().toList();
        } catch (IOException exception) {
            progress.leaveOut(shown(directory) + " cannot be read: " + StorageFaults.reason(exception));
            return List.of();
        }
    }

    private void copyFile(Path source, String target) {
        if (!Files.isRegularFile(source)) {
            throw NeuroVisorException.invalid("source", shown(source) + " is not a regular file");
        }
        try (ReadableByteChannel channel = Files.newByteChannel(source)) {
            write(channel, target, OptionalInt.of(modeOf(source)));
        } catch (IOException exception) {
            throw unreadable(source, exception);
        }
    }

    private static NeuroVisorException unreadable(Path file, IOException exception) {
        return exception instanceof ClosedByInterruptException
                ? NeuroVisorException.interrupted("cancelled", exception)
                : NeuroVisorException.invalid(
                        "source", shown(file) + " cannot be read: " + StorageFaults.reason(exception));
    }

    private void write(ReadableByteChannel source, String target, OptionalInt mode) throws IOException {
        ByteBuffer part = ByteBuffer.allocate(PART_BYTES);
        try (FileWriter writer = files.write(new FileTarget(target, new WriteMode.Replace(), mode, Map.of()))) {
            if (!(source instanceof FileChannel)) {
                // A target that is refused is reported now, not after the first input.
                writer.write(part.limit(0));
            }
            while (source.read(part.clear()) >= 0) {
                progress.bytes(part.flip().remaining());
                writer.write(part);
            }
            FileEntry _ = writer.finish();
        }
        progress.file();
    }

    /** Returns the permission bits of a file. */
    private static int modeOf(Path file) {
        try {
            String permissions = PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
            return Integer.parseInt(permissions.replaceAll("[rwx]", "1").replace('-', '0'), 2);
        } catch (IOException exception) {
            throw unreadable(file, exception);
        }
    }

    private static String shown(Path path) {
        return FilePath.shown(path.toString());
    }
}
