package io.neurovisor.tests.sandbox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The memory of a guest as it is mapped by its VMM (proc(5), smaps). */
final class GuestMemory {
    private static final String PROPORTIONAL = "Pss:";
    private static final String CHANGED = "Anonymous:";
    private static final int KIBIBYTE = 1024;

    private GuestMemory() {}

    /** Returns how much of a file a process has mapped, changed pages included; a shared page counts in proportion. */
    static long proportionalBytes(ProcessHandle process, Path file) {
        return bytes(process, file, PROPORTIONAL);
    }

    /** Returns how much of a file a process has mapped and changed, so that no other process shares it. */
    static long changedBytes(ProcessHandle process, Path file) {
        return bytes(process, file, CHANGED);
    }

    private static long bytes(ProcessHandle process, Path file, String field) {
        long bytes = 0;
        boolean isOfTheFile = false;
        try {
            String inode = " " + Files.getAttribute(file, "unix:ino") + " ";
            for (String line : Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "smaps"))) {
                if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
                    isOfTheFile = line.contains(inode);
                } else if (isOfTheFile && line.startsWith(field)) {
                    bytes += Long.parseLong(line.replaceAll("[^0-9]", "")) * KIBIBYTE;
                }
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        return bytes;
    }
}
