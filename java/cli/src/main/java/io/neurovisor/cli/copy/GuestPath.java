package io.neurovisor.cli.copy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.file.FilePage;
import io.neurovisor.engine.file.FileType;
import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** Paths in a sandbox, and what they name. */
final class GuestPath {
    /** For an answer about a path. */
    private static final Duration ANSWER = Duration.ofMinutes(1);

    /** Failures of one file that leave the others as they are. */
    private static final Set<Fault> OF_ONE_FILE = EnumSet.of(
            Fault.FILE_UNKNOWN, Fault.FILE_EXISTS, Fault.FILE_FORBIDDEN, Fault.NOT_A_DIRECTORY, Fault.INVALID_ARGUMENT);

    private GuestPath() {}

    static Deadline answer() {
        return Deadline.after(ANSWER, Ticker.SYSTEM);
    }

    static boolean isOfOneFile(NeuroVisorException failure) {
        return OF_ONE_FILE.contains(failure.fault());
    }

    static String join(String directory, String name) {
        return directory.endsWith("/") ? directory + name : directory + "/" + name;
    }

    /** Returns the type of what the path names, with links followed; empty if there is nothing. */
    static Optional<FileType> type(GuestFiles files, String path) {
        try {
            FileType type = files.stat(path, answer()).type();
            return Optional.of(type == FileType.SYMLINK ? target(files, path) : type);
        } catch (NeuroVisorException failure) {
            if (failure.fault() == Fault.FILE_UNKNOWN) {
                return Optional.empty();
            }
            throw failure;
        }
    }

    /** Only a directory can be listed. Whether another target can be copied shows when it is read. */
    private static FileType target(GuestFiles files, String path) {
        try {
            FilePage _ = files.list(path, 1, 1, Optional.empty(), answer());
            return FileType.DIRECTORY;
        } catch (NeuroVisorException failure) {
            if (failure.fault() == Fault.NOT_A_DIRECTORY) {
                return FileType.FILE;
            }
            throw failure;
        }
    }
}
