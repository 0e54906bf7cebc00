package io.neurovisor.tests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveOutputStream;
import org.apache.commons.compress.archivers.cpio.CpioConstants;

/**
 * One of the spawner's test programs packed with the spawner and the few programs of this machine that it starts, as the
 * first root directory of a machine in which the tests are the first process.
 */
final class SpawnerTestInitrd {
    private static final int BLOCK_BYTES = 512;
    private static final int CONSOLE_MAJOR = 5;
    private static final int CONSOLE_MINOR = 1;

    /** A shell and what it starts; each at the one place where the tests look for it. */
    private static final List<String> PROGRAMS =
            List.of("/bin/sh", "/bin/sleep", "/usr/bin/setsid", "/usr/bin/setpriv", "/usr/bin/bwrap");

    /** A library of a program as {@code ldd} tells it. */
    private static final Pattern LIBRARY = Pattern.compile("(/\\S+) \\(0x");

    private final CpioArchiveOutputStream archive;
    private final Set<Path> written = new HashSet<>();

    private SpawnerTestInitrd(CpioArchiveOutputStream archive) {
        this.archive = archive;
    }

    /**
     * Builds the test program, unless that is done, and packs it.
     *
     * @param name of the file in {@code spawner/tests}
     */
    static void pack(String name, Path initrd) throws IOException {
        try (CpioArchiveOutputStream archive = new CpioArchiveOutputStream(
                new BufferedOutputStream(Files.newOutputStream(initrd)),
                CpioConstants.FORMAT_NEW,
                BLOCK_BYTES,
                "US-ASCII")) {
            SpawnerTestInitrd tests = new SpawnerTestInitrd(archive);
            tests.addConsole();
            for (String program : PROGRAMS) {
                tests.addWithLibraries(program);
            }
            for (Path executable : executables(name)) {
                boolean isTest = executable.getFileName().toString().startsWith(name);
                // The tests know the spawner by the path that it has here.
                tests.addFile(isTest ? Path.of("/init") : executable, executable);
            }
        }
    }

    /** The test program and the spawner, as {@code cargo test} has built them. */
    private static List<Path> executables(String name) throws IOException {
        PlainMachine.Run build = PlainMachine.start(List.of(
                "cargo",
                "test",
                "--manifest-path=" + CommandLineRun.home().resolve("Cargo.toml"),
                "--target-dir=" + CommandLineRun.home().resolve("target"),
                "--locked",
                "--workspace",
                "--test=" + name,
                "--no-run",
                "--message-format=json"));
        if (build.exitCode() != 0) {
            throw new AssertionError("cargo fails: " + build.stderr());
        }
        ObjectMapper json = new ObjectMapper();
        Set<String> wanted = Set.of(name, "neurovisor-spawner");
        List<Path> found = new ArrayList<>();
        for (String line : build.stdout().lines().toList()) {
            JsonNode message = json.readTree(line);
            if (message.path("executable").isTextual()
                    && wanted.contains(message.at("/target/name").asText())) {
                found.add(Path.of(message.path("executable").asText()));
            }
        }
        if (found.size() != wanted.size()) {
            throw new AssertionError("cargo has built " + found + " instead of " + wanted);
        }
        return found;
    }

    /** The kernel opens it for the first process. */
    private void addConsole() throws IOException {
        addDirectories(Path.of("/dev"));
        CpioArchiveEntry console = entry("dev/console", CpioConstants.C_ISCHR | 0600);
        console.setRemoteDeviceMaj(CONSOLE_MAJOR);
        console.setRemoteDeviceMin(CONSOLE_MINOR);
        put(console, new byte[0]);
    }

    private void addWithLibraries(String program) throws IOException {
        addFile(Path.of(program), Path.of(program));
        Matcher libraries =
                LIBRARY.matcher(PlainMachine.start(List.of("ldd", program)).stdout());
        while (libraries.find()) {
            addFile(Path.of(libraries.group(1)), Path.of(libraries.group(1)));
        }
    }

    private void addFile(Path name, Path content) throws IOException {
        if (written.add(name)) {
            addDirectories(name.getParent());
            put(entry(relative(name), CpioConstants.C_ISREG | 0755), Files.readAllBytes(content));
        }
    }

    private void addDirectories(Path directory) throws IOException {
        if (directory.getParent() == null || !written.add(directory)) {
            return;
        }
        addDirectories(directory.getParent());
        put(entry(relative(directory), CpioConstants.C_ISDIR | 0755), new byte[0]);
    }

    private static String relative(Path absolute) {
        return absolute.toString().substring(1);
    }

    private CpioArchiveEntry entry(String name, long mode) {
        CpioArchiveEntry entry = new CpioArchiveEntry(CpioConstants.FORMAT_NEW, name);
        entry.setMode(mode);
        return entry;
    }

    private void put(CpioArchiveEntry entry, byte[] content) throws IOException {
        entry.setSize(content.length);
        archive.putArchiveEntry(entry);
        archive.write(content);
        archive.closeArchiveEntry();
    }
}
