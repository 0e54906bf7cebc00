package io.neurovisor.host.build;

import io.neurovisor.host.files.StorageFaults;
import io.neurovisor.host.process.ToolCommand;
import io.neurovisor.host.spawner.UidRange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** The namespace in which scripts of packages run during a build, as users that they take for root. */
public sealed interface BuildNamespace {
    /**
     * Returns the command as root of this namespace.
     *
     * @param directory the only directory of the host to which the command may write, after {@link #give}
     */
    ToolCommand inside(ToolCommand command, Path directory);

    /** Returns the path of that directory as the command sees it. */
    default Path path(Path directory) {
        return directory;
    }

    /**
     * Gives a directory that this process has just created, and that no other user can replace, to the root of the
     * namespace.
     */
    default void give(Path directory) {}

    /** Makes a regular file, which no other user can replace any longer, the property of this process's user. */
    default void reclaim(Path file) {
        try {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        } catch (IOException failure) {
            throw StorageFaults.of("take back", file, failure);
        }
    }

    /**
     * Returns whether files of a killed command may belong to users whose files only the root of the namespace can
     * remove.
     */
    default boolean hidesFiles() {
        return false;
    }

    /**
     * The namespace of root: a user namespace whose ids belong to no user of the host.
     *
     * @param spawner the program that creates it
     * @param ids the host's ids of users and groups 0, 1, 2... in the namespace
     */
    record OfRoot(Path spawner, UidRange ids) implements BuildNamespace {
        private static final Path PATH = Path.of("/run/neurovisor/build");

        public OfRoot {
            spawner = spawner.toAbsolutePath();
        }

        @Override
        public ToolCommand inside(ToolCommand command, Path directory) {
            return new ToolCommand(
                            spawner.toString(),
                            "neurovisor",
                            List.of(
                                    "--build-root",
                                    ids.toString(),
                                    directory.toAbsolutePath().toString(),
                                    command.program()),
                            command.environment(),
                            command.guard())
                    .withArguments(command.arguments());
        }

        @Override
        public Path path(Path directory) {
            return PATH;
        }

        @Override
        public void give(Path directory) {
            own(directory, ids.first());
        }

        @Override
        public void reclaim(Path file) {
            own(file, 0);
            BuildNamespace.super.reclaim(file);
        }

        private static void own(Path file, long id) {
            try {
                // The JDK takes an int, whose bits the kernel reads as an unsigned id.
                Files.setAttribute(file, "unix:gid", (int) id, LinkOption.NOFOLLOW_LINKS);
                Files.setAttribute(file, "unix:uid", (int) id, LinkOption.NOFOLLOW_LINKS);
            } catch (IOException failure) {
                throw StorageFaults.of("give to user " + id, file, failure);
            }
        }
    }

    /** The namespace of an ordinary user, who is its root: its other ids are those of /etc/subuid. */
    record OfUser() implements BuildNamespace {
        @Override
        public ToolCommand inside(ToolCommand command, Path directory) {
            return command.asNamespaceRoot();
        }

        @Override
        public boolean hidesFiles() {
            return true;
        }
    }

    /** No namespace, as chosen by root: scripts of packages run as root of the host. */
    record None() implements BuildNamespace {
        @Override
        public ToolCommand inside(ToolCommand command, Path directory) {
            return command;
        }
    }
}
