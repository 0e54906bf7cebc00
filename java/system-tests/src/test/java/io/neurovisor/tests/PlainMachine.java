package io.neurovisor.tests;

import io.neurovisor.engine.program.Program;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * An image's files without a virtual machine: unpacked on this host, and its programs run by the host's own kernel. What
 * runs there is confined to those files by namespaces that any user may create. Closing it removes the files.
 */
final class PlainMachine implements AutoCloseable {
    private static final long LIMIT_SECONDS = 900;
    private static final String USER_ID = "1000";

    /** Mounts need to be made by the namespace's root; the program is the user that it is in a guest. */
    private static final String ENTER = """
            root=$1 work=$2 && shift 2
            mount --rbind /dev "$root/dev" && mount --rbind /proc "$root/proc" &&
                mount --bind "$work" "$root/home/user" && mount -t tmpfs none "$root/tmp" || exit
            exec unshare --user --map-user=%1$s --map-group=%1$s --root="$root" --wd=/home/user env -i "$@"
            """.formatted(USER_ID);

    private final Path root;

    /** Unpacks the image into a directory that must not exist. */
    PlainMachine(Path rootfs, Path root) {
        this.root = root;
        // What only root can create are device nodes, and those of the host are used.
        Run unpacking = start(List.of(
                "unsquashfs", "-quiet", "-no-progress", "-no-exit-code", "-dest", root.toString(), rootfs.toString()));
        if (unpacking.exitCode() != 0) {
            throw new AssertionError("unsquashfs fails: " + unpacking.stderr());
        }
    }

    /** Not left to the test framework, which warns of each of the many links that lead out of the directory. */
    @Override
    public void close() {
        start(List.of("rm", "-rf", "--one-file-system", root.toString()));
    }

    /** What a program has left behind. */
    record Run(int exitCode, String stdout, String stderr, Map<String, byte[]> files) {}

    /** Runs a Python program as the guest agent would, in a directory of its own. */
    Run python(Program program, Path work) throws IOException {
        Files.createDirectories(work.resolve("out"));
        Files.writeString(work.resolve("main.py"), program.code());
        Run run = start(List.of(
                "unshare",
                "--user",
                "--map-root-user",
                "--mount",
                "sh",
                "-c",
                ENTER,
                "sh",
                root.toString(),
                work.toString(),
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "HOME=/home/user",
                "USER=user",
                "LOGNAME=user",
                "SHELL=/bin/bash",
                "LANG=C.UTF-8",
                "PYTHONUNBUFFERED=1",
                "python3",
                "main.py"));
        return new Run(run.exitCode(), run.stdout(), run.stderr(), filesIn(work.resolve("out")));
    }

    private static Map<String, byte[]> filesIn(Path directory) throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> paths = Files.list(directory)) {
            for (Path path : paths.toList()) {
                files.put(path.getFileName().toString(), Files.readAllBytes(path));
            }
        }
        return files;
    }

    /** Runs a program of this machine to its end. */
    static Run start(List<String> command) {
        try {
            Process process = new ProcessBuilder(command).start();
            process.getOutputStream().close();
            CompletableFuture<String> stdout = read(process.getInputStream());
            CompletableFuture<String> stderr = read(process.getErrorStream());
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError(command + " does not end within " + LIMIT_SECONDS + " s");
            }
            return new Run(process.exitValue(), stdout.join(), stderr.join(), Map.of());
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", exception);
        }
    }

    private static CompletableFuture<String> read(InputStream stream) {
        return CompletableFuture.supplyAsync(
                () -> {
                    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                    try (stream) {
                        stream.transferTo(bytes);
                    } catch (IOException exception) {
                        throw new UncheckedIOException(exception);
                    }
                    return bytes.toString(StandardCharsets.UTF_8);
                },
                task -> Thread.ofPlatform().daemon().start(task));
    }
}
