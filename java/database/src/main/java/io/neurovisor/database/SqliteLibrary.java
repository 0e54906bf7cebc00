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
 * SQLite's native library. By default, the driver unpacks it into the temporary directory at every start, where a
 * killed process would leave it, so it is unpacked once, next to the database.
 */
final class SqliteLibrary {
    private static boolean loaded;

    private SqliteLibrary() {}

    /** Loads the library once per JVM. The caller must hold the lock of the database that is opened first. */
    static synchronized void load(Path directory, Schema schema) {
        if (loaded) {
            return;
        }
        Path file = directory.resolve("libsqlitejdbc-" + SQLiteJDBCLoader.getVersion() + ".so");
        unpack(directory, file);
        System.setProperty("org.sqlite.lib.path", directory.toString());
        System.setProperty("org.sqlite.lib.name", file.getFileName().toString());
        // If our copy cannot be loaded, the driver unpacks its own, which must not be left elsewhere.
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
