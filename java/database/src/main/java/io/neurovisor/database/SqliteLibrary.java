package io.neurovisor.database;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.StorageFaults;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.sqlite.SQLiteJDBCLoader;
import org.sqlite.util.LibraryLoaderUtil;

/**
 * SQLite's native code. Left to itself the driver would unpack it into the temporary directory at every start, and a process
 * that is killed would leave it there; so it is unpacked once, beside the database.
 */
final class SqliteLibrary {
    private static boolean loaded;

    private SqliteLibrary() {}

    /** Loads it, once per JVM, for whichever database is opened first. The caller holds the lock of the directory's owner. */
    static synchronized void load(Path directory, Schema schema) {
        if (loaded) {
            return;
        }
        Path file = directory.resolve("libsqlitejdbc-" + SQLiteJDBCLoader.getVersion() + ".so");
        unpack(directory, file);
        System.setProperty("org.sqlite.lib.path", directory.toString());
        System.setProperty("org.sqlite.lib.name", file.getFileName().toString());
        // Where ours cannot be loaded the driver tries an own copy, which must not lie about elsewhere.
        System.setProperty("org.sqlite.tmpdir", directory.toString());
        try {
            loaded = SQLiteJDBCLoader.initialize();
        } catch (Exception exception) {
            throw new NeuroVisorException(
                    schema.unusable(),
                    "SQLite's library " + file + " cannot be loaded; is its file system mounted noexec? Choose another"
                            + " --data-dir" + schema.alternative(),
                    exception);
        }
    }

    private static void unpack(Path directory, Path file) {
        try {
            byte[] content = content();
            if (!Files.isRegularFile(file) || !Arrays.equals(Files.readAllBytes(file), content)) {
                superseded(directory).forEach(PrivateFiles::delete);
                PrivateFiles.replace(file, content);
            }
        } catch (IOException exception) {
            throw StorageFaults.of("unpack SQLite into", file, exception);
        }
    }

    private static List<Path> superseded(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        }
    }

    private static byte[] content() throws IOException {
        String resource = LibraryLoaderUtil.getNativeLibResourcePath() + "/" + LibraryLoaderUtil.getNativeLibName();
        try (InputStream input = SQLiteJDBCLoader.class.getResourceAsStream(resource)) {
            if (input == null) {
                throw new FileNotFoundException("the driver has no " + resource);
            }
            return input.readAllBytes();
        }
    }
}
