package io.neurovisor.engine.file;

import io.neurovisor.engine.time.Deadline;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The files of a sandbox's guest. Paths are absolute or relative to the home; the guest's kernel checks each access for
 * the user of its programs. A call throws {@link io.neurovisor.engine.fault.NeuroVisorException}: {@code FILE_UNKNOWN},
 * {@code FILE_EXISTS}, {@code FILE_FORBIDDEN}, {@code NOT_A_DIRECTORY}, {@code NOT_EMPTY}, {@code DISK_FULL} and {@code
 * WATCH_LIMIT} as the guest's kernel answers, {@code INVALID_ARGUMENT} for what it does not allow, such as an offset
 * behind the end, {@code GUEST_REFUSED} for a refusal that may pass, {@code GUEST_SILENT} after its deadline, {@code
 * SANDBOX_LOST} if the connection broke or the guest violated its protocol.
 */
public interface GuestFiles {
    /**
     * Opens a file for reading.
     *
     * @param length empty: up to the end
     */
    FileReader read(String path, long offset, Optional<Long> length, Deadline deadline);

    /** Returns a writer, whose calls fail when the guest takes no byte for a minute. */
    FileWriter write(FileTarget target);

    FileEntry stat(String path, Deadline deadline);

    /**
     * Returns a part of what a directory contains.
     *
     * @param depth 1: only the entries of the directory itself
     * @param from the {@code next} of the page before; empty for the first one
     */
    FilePage list(String path, int depth, int pageSize, Optional<String> from, Deadline deadline);

    /** Makes a directory and those above it; returns false if it existed. */
    boolean makeDirectory(String path, OptionalInt permissions, Deadline deadline);

    FileEntry move(String source, String destination, Deadline deadline);

    void remove(String path, boolean recursive, Deadline deadline);

    FileEntry setAttributes(String path, FileAttributes attributes, Deadline deadline);

    /** Returns once the watch is in place. */
    FileEvents watch(String path, boolean recursive, Deadline deadline);
}
