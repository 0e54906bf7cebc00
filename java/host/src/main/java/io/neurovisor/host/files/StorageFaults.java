package io.neurovisor.host.files;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileLockInterruptionException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;

/** Converts the JDK's input and output exceptions into faults with one line that names the file and the reason. */
public final class StorageFaults {
    private static final String FULL = "the disk is full";
    private static final String READ_ONLY = "the file system is read-only";

    private StorageFaults() {}

    /**
     * Returns the fault for a failed access.
     *
     * @param action the attempted action, such as "write" or "lock"
     */
    public static NeuroVisorException of(String action, Path file, IOException failure) {
        if (failure instanceof ClosedByInterruptException || failure instanceof FileLockInterruptionException) {
            return NeuroVisorException.interrupted("Cancelled; could not %s %s".formatted(action, file), failure);
        }
        return new NeuroVisorException(
                Fault.STORAGE_FAILED,
                "Cannot %s %s: %s".formatted(action, file, reason(failure) + advice(failure)),
                failure);
    }

    private static String advice(IOException failure) {
        return switch (reason(failure)) {
            case FULL -> "; free some space or give another --data-dir";
            case READ_ONLY -> "; give another --data-dir";
            default -> "";
        };
    }

    /** Returns why an access failed, without the path and the name of an exception. */
    public static String reason(IOException failure) {
        String message = String.valueOf(failure.getMessage());
        if (message.contains("No space left on device")) {
            return FULL;
        }
        if (message.contains("Read-only file system")) {
            return READ_ONLY;
        }
        return switch (failure) {
            case AccessDeniedException _ -> "permission denied for user " + System.getProperty("user.name");
            case NoSuchFileException _ -> "it does not exist";
            case FileAlreadyExistsException _ -> "it exists already";
            case NotDirectoryException _ -> "it is not a directory";
            case DirectoryNotEmptyException _ -> "the directory is not empty";
            case FileSystemException other when other.getReason() != null -> other.getReason();
            default -> message;
        };
    }
}
