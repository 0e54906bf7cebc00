package io.neurovisor.host.build;

import static java.util.Objects.requireNonNull;

import io.neurovisor.host.files.StorageFaults;
import io.neurovisor.host.process.ToolCommand;
import io.neurovisor.host.spawner.UidRange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** The user that scripts of packages are on the host. They take themselves for root. */
public sealed interface BuildNamespace {
    /**
     * The command as root of this namespace.
     *
     * @param directory the only directory of the host that the command may write to, given to it by {@link #give}
     */
    ToolCommand inside(ToolCommand command, Path directory);

    /** Where the command finds that directory. */
    default Path place(Path directory) {
        return directory;
    }

    /** Gives what this process has just made, and no other user can replace, to the root inside. */
    default void give(Path directory) {}

    /** Gives a regular file, which no other user can replace any more, to the user of this process alone. */
    default void reclaim(Path file) {
        try {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        } catch (IOException failure) {
            throw StorageFaults.of("take back", file, failure);
        }
    }

    /** Whether what a killed command leaves may belong to users whose files only the root inside can remove. */
    default boolean hidesFiles() {
        return false;
    }

    /**
     * Root's: a user namespace whose ids belong to no user of the host.
     *
     * @param spawner makes it
     * @param ids the host's numbers of users and groups 0, 1, 2... inside
     */
    record OfRoot(Path spawner, UidRange ids) implements BuildNamespace {
        private static final Path PLACE = Path.of("/run/neurovisor/build");

        public OfRoot {
            spawner = spawner.toAbsolutePath();
            requireNonNull(ids, "ids is null");
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
        public Path place(Path directory) {
            return PLACE;
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
                // The JDK takes an int, of which the kernel reads the bits.
                Files.setAttribute(file, "unix:gid", (int) id, LinkOption.NOFOLLOW_LINKS);
                Files.setAttribute(file, "unix:uid", (int) id, LinkOption.NOFOLLOW_LINKS);
            } catch (IOException failure) {
                throw StorageFaults.of("give to user " + id, file, failure);
            }
        }
    }

    /** An ordinary user's: a user namespace with the ids that /etc/subuid gives to the user, who is its root. */
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

    /** None, as root has accepted: scripts of packages are the host's root. */
    record None() implements BuildNamespace {
        @Override
        public ToolCommand inside(ToolCommand command, Path directory) {
            return command;
        }
    }
}
