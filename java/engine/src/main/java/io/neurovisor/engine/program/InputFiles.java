package io.neurovisor.engine.program;

import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The rules for the files of a program. The guest agent has the same rules. */
final class InputFiles {
    private InputFiles() {}

    /** @param mainFile the name under which the program's code is written */
    static void check(List<InputFile> files, String mainFile, int stdinBytes) {
        if (files.size() > FileLimits.MAX_COUNT) {
            throw NeuroVisorException.invalid(
                    "files",
                    files.size() + " files are given and at most " + FileLimits.MAX_COUNT
                            + " are allowed; pack them into an archive");
        }
        long bytes = stdinBytes;
        // A name holds no NUL, so in this order the files below a path directly follow it.
        TreeMap<String, String> paths = new TreeMap<>(Map.of(sortable(mainFile), mainFile));
        for (InputFile file : files) {
            bytes += file.content().remaining();
            if (paths.put(sortable(file.path()), file.path()) != null) {
                throw rejected(
                        file.path(),
                        file.path().equals(mainFile)
                                ? "is the name of the program's own file; choose another"
                                : "is given twice");
            }
        }
        if (bytes > FileLimits.MAX_BYTES) {
            throw NeuroVisorException.invalid(
                    "files",
                    "files and standard input hold " + bytes + " bytes and at most " + FileLimits.MAX_BYTES
                            + " (64 MiB) are allowed");
        }
        checkDirectories(paths.values());
    }

    /** @param paths in an order in which the files below a path directly follow it */
    private static void checkDirectories(Collection<String> paths) {
        String previous = "";
        for (String path : paths) {
            if (path.startsWith(previous + "/")) {
                throw rejected(
                        path, "needs a directory \"" + FilePath.shown(previous) + "\", which is also given as a file");
            }
            previous = path;
        }
    }

    private static String sortable(String path) {
        return path.replace('/', '\0');
    }

    private static NeuroVisorException rejected(String path, String problem) {
        return NeuroVisorException.invalid("files", "file path \"" + FilePath.shown(path) + "\" " + problem);
    }
}
