package io.neurovisor.tests.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.DataDirectories;
import io.neurovisor.tests.fixtures.TestMachines;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** A {@code ./neurovisor} that a test kills, in a separate directory in which its leftovers are found. */
public final class DoomedRun implements AutoCloseable {
    private static final Duration PHASE_LIMIT = Duration.ofSeconds(90);
    private static final Duration EXIT_LIMIT = Duration.ofSeconds(90);

    private final Path place;
    private final Set<ProcessHandle> family = ConcurrentHashMap.newKeySet();
    private final ConcurrentLinkedQueue<String> output = new ConcurrentLinkedQueue<>();

    @SuppressWarnings("NullAway.Init") // Started by the factory methods.
    private Process process;

    private DoomedRun(Path place) {
        this.place = place;
    }

    /**
     * Makes a directory for a command that is started in it.
     *
     * @param stores the artifact stores shared with the default data directory; the run builds the others
     */
    public static DoomedRun in(String... stores) throws IOException {
        Path place = Files.createTempDirectory(Path.of("/tmp"), "nv");
        for (String part : List.of("run", "data", "tmp")) {
            PrivateFiles.directory(place.resolve(part));
        }
        Path ordinary = TestMachines.dataDirectory();
        Files.copy(ordinary.resolve("probes.properties"), place.resolve("data/probes.properties"));
        for (String store : stores) {
            Files.createSymbolicLink(place.resolve("data").resolve(store), ordinary.resolve(store));
        }
        DataDirectories.rememberDigests(place.resolve("data"));
        return new DoomedRun(place);
    }

    public Path data() {
        return place.resolve("data");
    }

    DoomedRun start(String code) {
        process = CommandLineRun.start(
                environment(), "run", "--data-dir", data().toString(), "-l", "bash", "--timeout", "300", "-c", code);
        collectOutput();
        return this;
    }

    /** Starts a daemon that starts machines on request; its socket is in the directory. */
    public void serve() {
        serve(Duration.ofSeconds(1));
    }

    /**
     * As {@link #serve()}.
     *
     * @param drain how long running executions may go on after a signal
     */
    public void serve(Duration drain) {
        output.clear();
        process = CommandLineRun.start(
                environment(),
                "serve",
                "--data-dir=" + data(),
                "--port=0",
                "--metrics-port=0",
                "--http-port=off",
                "--socket=" + socket(),
                "--warm=0",
                "--max=6",
                "--size=small",
                "--log-format=text",
                "--drain-timeout=" + drain.toSeconds());
        collectOutput();
        awaitLine("serves gRPC on ");
    }

    public Path socket() {
        return place.resolve("daemon.sock");
    }

    /** Returns the running VMMs. */
    public List<ProcessHandle> vmms() {
        return descendants()
                .filter(member -> member.info().command().orElse("").matches(".*/(qemu-system.*|firecracker)"))
                .toList();
    }

    /** Starts a program that embeds NeuroVisor in a separate JVM. */
    void start(Class<?> program) throws IOException {
        ProcessBuilder java = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Dneurovisor.home=" + CommandLineRun.home(),
                "-cp",
                System.getProperty("java.class.path"),
                program.getName());
        java.environment().putAll(environment());
        java.environment().put("NEUROVISOR_DATA_DIR", data().toString());
        process = java.start();
        collectOutput();
    }

    private void collectOutput() {
        Thread.ofPlatform().daemon().start(() -> collect(process.inputReader()));
        Thread.ofPlatform().daemon().start(() -> collect(process.errorReader()));
    }

    /** Runs another command in the same directory. */
    public CommandLineRun neurovisor(String... arguments) {
        return CommandLineRun.of(
                environment(),
                Stream.concat(Stream.of(arguments), Stream.of("--data-dir", data().toString()))
                        .toArray(String[]::new));
    }

    private Map<String, String> environment() {
        return Map.of(
                "XDG_RUNTIME_DIR",
                place.resolve("run").toString(),
                "TMPDIR",
                place.resolve("tmp").toString());
    }

    private void collect(BufferedReader reader) {
        reader.lines().forEach(output::add);
    }

    public void awaitLine(String part) {
        awaitThat("it says " + part, () -> output.stream().anyMatch(line -> line.contains(part)));
    }

    void awaitFile(Predicate<String> name) {
        awaitThat("a file is there", () -> !find(place, name).isEmpty());
    }

    void awaitProcess(String program) {
        awaitThat(
                program + " runs",
                () -> descendants().anyMatch(member -> commandLine(member).contains(program)));
    }

    /** Waits until a request has been sent to the stopped spawner. */
    void awaitUnreadRequest() {
        awaitThat("a request is on its way to the spawner", this::hasUnreadRequest);
    }

    private void awaitThat(String condition, Callable<Boolean> met) {
        await().alias(condition)
                .atMost(PHASE_LIMIT)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> {
                    assertThat(process.isAlive())
                            .as(condition + ", but it said " + output)
                            .isTrue();
                    return met.call();
                });
    }

    private boolean hasUnreadRequest() throws IOException {
        Path descriptors = Path.of("/proc", Long.toString(process.pid()), "fd");
        for (Path descriptor : list(descriptors)) {
            boolean isOutput = Integer.parseInt(descriptor.getFileName().toString()) <= 2;
            if (!isOutput && target(descriptor).startsWith("pipe:") && unreadBytes(descriptor) > 0) {
                return true;
            }
        }
        return false;
    }

    private static int unreadBytes(Path pipe) {
        try (FileInputStream end = new FileInputStream(pipe.toFile())) {
            return end.available();
        } catch (IOException closed) {
            return 0;
        }
    }

    /** Returns the spawner of this run. */
    public ProcessHandle spawner() {
        return descendants()
                .filter(member -> commandLine(member).contains("--runtime-dir"))
                .findFirst()
                .orElseThrow();
    }

    public void signal(ProcessHandle to, String signal) throws IOException, InterruptedException {
        descendants().forEach(family::add);
        new ProcessBuilder("kill", "-" + signal, Long.toString(to.pid()))
                .start()
                .waitFor();
    }

    public ProcessHandle neurovisor() {
        return process.toHandle();
    }

    public int exitCode() throws InterruptedException {
        assertThat(process.waitFor(EXIT_LIMIT.toSeconds(), TimeUnit.SECONDS))
                .as("it ends, having said " + output)
                .isTrue();
        return process.exitValue();
    }

    public String said() {
        return String.join("\n", output);
    }

    /** Returns the living processes. */
    public List<String> processesLeft() {
        List<String> left = new ArrayList<>();
        for (Path entry : list(Path.of("/proc"))) {
            if (entry.getFileName().toString().matches("\\d+") && isOurs(entry) && !isZombie(entry)) {
                left.add(entry + " " + read(entry.resolve("cmdline")).replace('\0', ' '));
            }
        }
        return left;
    }

    private boolean isOurs(Path process) {
        return read(process.resolve("cmdline")).contains(place.toString())
                || read(process.resolve("environ")).contains(place.toString())
                || family.stream()
                        .anyMatch(member -> member.isAlive()
                                && Long.toString(member.pid())
                                        .equals(process.getFileName().toString()));
    }

    /** Returns whether the process has ended and init has not reaped it. */
    private static boolean isZombie(Path process) {
        String stat = read(process.resolve("stat"));
        return stat.isEmpty() || stat.substring(stat.lastIndexOf(')') + 1).startsWith(" Z");
    }

    /** Returns the files that do not belong to an idle data directory, and mounts. */
    public List<String> filesLeft() {
        String temporary = ".*\\b" + process.pid() + "-\\w+.*";
        List<String> left = new ArrayList<>();
        find(place.resolve("run/neurovisor"), name -> true).forEach(path -> left.add(path.toString()));
        find(place.resolve("tmp"), name -> true).forEach(path -> left.add(path.toString()));
        find(data(), name -> name.contains("~building-") || name.matches(temporary))
                .forEach(path -> left.add(path.toString()));
        read(Path.of("/proc/self/mountinfo"))
                .lines()
                .filter(line -> line.contains(place.toString()))
                .forEach(left::add);
        return left;
    }

    /** Returns matching files below a directory, which may change during the search. */
    private static List<Path> find(Path directory, Predicate<String> name) {
        List<Path> found = new ArrayList<>();
        for (Path entry : list(directory)) {
            if (name.test(entry.getFileName().toString())) {
                found.add(entry);
            }
            if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
                found.addAll(find(entry, name));
            }
        }
        return found;
    }

    private static List<Path> list(Path directory) {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.toList();
        } catch (IOException | UncheckedIOException gone) {
            return List.of();
        }
    }

    private Stream<ProcessHandle> descendants() {
        return process.descendants();
    }

    private static String commandLine(ProcessHandle member) {
        return read(Path.of("/proc", Long.toString(member.pid()), "cmdline")).replace('\0', ' ');
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException gone) {
            return "";
        }
    }

    private static String read(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        } catch (IOException gone) {
            return "";
        }
    }

    @Override
    public void close() throws IOException {
        if (process != null) {
            descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().onExit().join();
        }
        // Leftovers of a failed row may belong to other users of a namespace.
        new ProcessBuilder("rm", "-rf", place.toString())
                .inheritIO()
                .start()
                .onExit()
                .join();
    }
}
