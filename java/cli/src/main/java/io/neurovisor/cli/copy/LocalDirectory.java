package io.neurovisor.cli.copy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.program.FilePath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A directory of this machine into which a directory of a sandbox is copied. Links in it are not followed. */
final class LocalDirectory {
    private static final int OWNER_RIGHTS = 0700;

    private final Path root;

    /** Those whose mode would prevent writing into them. */
    private final List<Made> restricted = new ArrayList<>();

    private record Made(Path directory, int mode) {}

    private LocalDirectory(Path root) {
        this.root = root;
    }

    /** Makes the directory, and those above it, if it is missing. */
    static LocalDirectory open(Path root, int mode) {
        prepare(root);
        LocalDirectory directory = new LocalDirectory(root);
        if (!Files.isDirectory(root)) {
            directory.create(root, mode);
        }
        return directory;
    }

    /** Makes the directories above a path, if they are missing. */
    static void prepare(Path path) {
        Path directory = path.toAbsolutePath().getParent();
        if (directory == null) {
            return;
        }
        try {
            Files.createDirectories(directory);
        } catch (IOException exception) {
            throw LocalFile.unwritable(directory, exception);
        }
    }

    /** Makes a directory, if it is missing. Those above it exist. */
    void make(String path, int mode) {
        Path directory = resolve(path);
        if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            create(directory, mode);
        } else if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            throw notADirectory(directory);
        }
    }

    private static NeuroVisorException notADirectory(Path path) {
        return new NeuroVisorException(
                Fault.NOT_A_DIRECTORY, FilePath.shown(path.toString()) + " exists and is not a directory");
    }

    private void create(Path directory, int mode) {
        try {
            Files.createDirectory(directory);
            Files.setPosixFilePermissions(directory, LocalFile.permissions(mode | OWNER_RIGHTS));
        } catch (IOException exception) {
            throw LocalFile.unwritable(directory, exception);
        }
        if ((mode & OWNER_RIGHTS) != OWNER_RIGHTS) {
            restricted.add(new Made(directory, mode));
        }
    }

    /**
     * Returns the place of a file.
     *
     * @param path relative, of plain names
     */
    Path resolve(String path) {
        Path place = root;
        for (String name : path.split("/", -1)) {
            if (!place.equals(root) && !Files.isDirectory(place, LinkOption.NOFOLLOW_LINKS)) {
                throw notADirectory(place);
            }
            place = place.resolve(name);
        }
        return place;
    }

    /** Gives the directories that were made the modes of their originals. */
    void finish() {
        for (Made made : restricted.reversed()) {
            try {
                Files.setPosixFilePermissions(made.directory(), LocalFile.permissions(made.mode()));
            } catch (IOException exception) {
                throw LocalFile.unwritable(made.directory(), exception);
            }
        }
    }
}
