package io.neurovisor.cli.sandbox;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.cli.CommandRun;
import io.neurovisor.cli.run.LocalMachines;
import io.neurovisor.engine.file.FileEntry;
import io.neurovisor.engine.file.FileReader;
import io.neurovisor.engine.file.FileTarget;
import io.neurovisor.engine.file.FileWriter;
import io.neurovisor.engine.file.WriteMode;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.client.Pause;
import io.neurovisor.server.grpc.GrpcPorts;
import io.neurovisor.server.grpc.TraceInterceptor;
import io.neurovisor.server.grpc.sandbox.FileGrpcService;
import io.neurovisor.server.grpc.sandbox.RunningSandboxes;
import io.neurovisor.server.trace.Tracing;
import io.neurovisor.testkit.FakeFiles;
import io.neurovisor.testkit.FakeProcesses;
import io.neurovisor.testkit.interpreter.FakeInterpreter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs the command by the real service on a Unix socket, with the files of a fake guest. */
@Timeout(120)
@SuppressWarnings("NullAway.Init") // Set before each test.
final class CopyCommandTest {
    private static final String ID = "abcd" + "e".repeat(16);

    private static final LocalMachines.Opening NO_MACHINES = (_, _, _) -> {
        throw new AssertionError("a machine is asked for");
    };

    @TempDir
    private Path directory;

    private final FakeFiles files = new FakeFiles();
    private GrpcPorts ports;

    @BeforeEach
    void serve() {
        ports = new GrpcPorts(
                List.of(new FileGrpcService(_ ->
                        new RunningSandboxes.Guest(new FakeProcesses(() -> {}), files, new FakeInterpreter(() -> {})))),
                List.of(new TraceInterceptor(new Random(1), Tracing.OFF)),
                Duration.ofMinutes(1));
        ports.listen(directory.resolve("s"));
        ports.serve();
    }

    @AfterEach
    void close() {
        ports.close();
    }

    @Test
    void copiesAFileBothWays() throws IOException {
        byte[] content = new byte[300_000];
        new Random(1).nextBytes(content);
        Path source = Files.write(directory.resolve("report.csv"), content);
        Files.setPosixFilePermissions(source, PosixFilePermissions.fromString("rwxr-x---"));

        assertCopied("report.csv", ID + ":data/copy");
        assertThat(files.stat("/home/user/data/copy", deadline()).mode()).isEqualTo(0750);
        assertCopied(ID + ":/home/user/data/copy", "back");
        assertThat(directory.resolve("back")).hasBinaryContent(content);
        assertThat(Files.getPosixFilePermissions(directory.resolve("back")))
                .isEqualTo(PosixFilePermissions.fromString("rwxr-x---"));
        assertThat(names(directory)).containsExactly("back", "report.csv", "s");
    }

    @ParameterizedTest
    @CsvSource({"data/", "data", "''", "/tmp/", "new/"})
    void aDirectoryReceivesAFile(String destination) throws IOException {
        Files.writeString(directory.resolve("a"), "content");
        files.makeDirectory("data", OptionalInt.empty(), deadline());
        assertCopied("a", ID + ":" + destination);
        assertThat(content((destination.isEmpty() ? "." : destination) + "/a")).isEqualTo("content");
        Files.createDirectory(directory.resolve("local"));
        for (String local : List.of("local", "other/")) {
            assertCopied(ID + ":" + (destination.isEmpty() ? "." : destination) + "/a", local);
            assertThat(directory.resolve(local).resolve("a")).hasContent("content");
        }
    }

    @Test
    void copiesDirectoriesBothWays() throws IOException {
        String deep = "deep/" + "d/".repeat(40) + "file";
        for (String name : List.of("a", "b/c", "b.txt", deep)) {
            Path file = directory.resolve("tree").resolve(name);
            Files.createDirectories(requireNonNull(file.getParent()));
            Files.writeString(file, name);
        }
        Files.createDirectory(directory.resolve("tree/empty"));
        Path sealed = Files.createDirectory(directory.resolve("tree/sealed"));
        Files.writeString(sealed.resolve("x"), "x");
        Files.setPosixFilePermissions(sealed, PosixFilePermissions.fromString("r-xr-x---"));

        assertCopied("-r", "tree", ID + ":copy");
        assertThat(files.stat("copy/empty", deadline()).mode()).isEqualTo(0755);
        assertThat(files.stat("copy/sealed", deadline()).mode()).isEqualTo(0550);
        assertThat(content("copy/" + deep)).isEqualTo(deep);
        assertCopied("-r", ID + ":copy", "back");
        assertCopied("-r", ID + ":copy", "back");
        assertThat(all(directory.resolve("back")))
                .containsAll(all(directory.resolve("tree")))
                .contains("copy/b/c", "copy/sealed/x");
        assertThat(directory.resolve("back/" + deep)).hasContent(deep);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("back/sealed"))))
                .isEqualTo("r-xr-x---");
    }

    @Test
    void copiesSeveralFilesAtATime() throws Exception {
        writeTree(20);
        FakeFiles.Pause pause = files.pauseWriting();
        CompletableFuture<CommandRun> copy = CompletableFuture.supplyAsync(() -> run("", "-r", "tree", ID + ":copy"));
        awaitWriters(8);
        pause.end();
        assertThat(copy.get().exitCode()).as(copy.get().stderr()).isZero();
        assertCopied("-r", ID + ":copy", "back");
        assertThat(all(directory.resolve("back"))).containsExactlyInAnyOrderElementsOf(all(directory.resolve("tree")));
    }

    @Test
    void anInterruptedCopyLeavesNoHalfFile() throws Exception {
        writeTree(20);
        FakeFiles.Pause _ = files.pauseWriting();
        CompletableFuture<CommandRun> copy = new CompletableFuture<>();
        Thread command = Thread.ofPlatform().start(() -> copy.complete(run("", "-r", "tree", ID + ":copy")));
        awaitWriters(8);
        command.interrupt();
        assertThat(copy.get().exitCode()).as(copy.get().stderr()).isEqualTo(130);
        assertThat(copy.get().stderr()).contains("neurovisor: nothing was copied before the copy ended\n");
        awaitWriters(0);
        assertThat(files.list("copy", 1, 100, Optional.empty(), deadline()).entries())
                .isEmpty();
    }

    private void writeTree(int count) throws IOException {
        Path tree = Files.createDirectory(directory.resolve("tree"));
        for (int i = 0; i < count; i++) {
            Files.writeString(tree.resolve("file-" + i), "content " + i);
        }
    }

    private void awaitWriters(int count) {
        Deadline limit = deadline();
        while (files.openWriters() != count) {
            assertThat(limit.hasPassed())
                    .as("%d of %d writers", files.openWriters(), count)
                    .isFalse();
            Pause.of(Duration.ofMillis(20));
        }
    }

    @Test
    void standardStreamsAreFiles() {
        CommandRun in = run("piped in", "-", ID + ":in");
        assertThat(in.exitCode()).as(in.stderr()).isZero();
        assertThat(content("in")).isEqualTo("piped in");
        CommandRun out = run("", ID + ":in", "-");
        assertThat(out.exitCode()).as(out.stderr()).isZero();
        assertThat(out.stdout()).isEqualTo("piped in");
        assertFails(2, "standard input needs the name of a file", "-", ID + ":");
    }

    @Test
    void leavesOutWhatCannotBeCopied() throws IOException {
        Path tree = Files.createDirectory(directory.resolve("tree"));
        Files.writeString(tree.resolve("file"), "content");
        Files.createSymbolicLink(tree.resolve("link"), Path.of("file"));
        assertFails(1, "not copied: ", "-r", "tree", ID + ":copy");
        assertThat(content("copy/file")).isEqualTo("content");

        write("copy/\u001b[2J", "named by a program");
        CommandRun run = assertFails(1, "has a control character", "-r", ID + ":copy", "back");
        assertThat(run.stderr()).doesNotContain("\u001b");
        assertThat(names(directory.resolve("back"))).containsExactly("file");
    }

    @Test
    void doesNotWriteThroughLocalLinks() throws IOException {
        write("copy/link/file", "from the sandbox");
        write("copy/other", "from the sandbox");
        Path outside = Files.createDirectory(directory.resolve("outside"));
        Path untouched = Files.writeString(outside.resolve("untouched"), "as before");
        Path back = Files.createDirectories(directory.resolve("back/copy"));
        Files.createSymbolicLink(back.resolve("link"), outside);
        Files.createSymbolicLink(back.resolve("other"), untouched);

        assertFails(1, "not copied: ", "-r", ID + ":copy", "back");
        assertThat(names(outside)).containsExactly("untouched");
        assertThat(untouched).hasContent("as before");
    }

    @Test
    void aFullSandboxKeepsTheOldFile() throws IOException {
        write("file", "old");
        Files.write(directory.resolve("large"), new byte[(int) FakeFiles.ROOM + 1]);
        assertFails(125, "no space is left", "large", ID + ":file");
        assertThat(content("file")).isEqualTo("old");
    }

    @Test
    void saysWhatIsWrong() throws IOException {
        Files.createDirectory(directory.resolve("tree"));
        files.makeDirectory("data", OptionalInt.empty(), deadline());
        assertFails(2, "one of SOURCE and DESTINATION must be in a sandbox, as ID:PATH", "a", "./b:c");
        assertFails(2, "only one of SOURCE and DESTINATION can be in a sandbox", ID + ":a", ID + ":b");
        assertFails(2, "no such file", "missing", ID + ":a");
        assertFails(2, "does not exist", ID + ":missing", "a");
        assertFails(2, "is a directory; copy it and what it contains with -r", "tree", ID + ":a");
        assertFails(2, "is a directory; copy it and what it contains with -r", ID + ":data", "a");
        Files.writeString(directory.resolve("a"), "content");
        assertFails(125, "permission denied", "a", ID + ":" + FakeFiles.FORBIDDEN + "/a");
        write("file", "content");
        assertFails(2, "exists and is not a regular file", ID + ":file", "/dev/null");
    }

    @Test
    void reportsThatNoDaemonAnswers() {
        ports.close();
        assertFails(3, "no daemon at", ID + ":a", "b");
    }

    private void assertCopied(String... arguments) {
        CommandRun run = run("", arguments);
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        assertThat(run.stdout() + run.stderr()).isEmpty();
    }

    private CommandRun assertFails(int exitCode, String message, String... arguments) {
        CommandRun run = run("", arguments);
        assertThat(run.exitCode()).as(run.stderr()).isEqualTo(exitCode);
        assertThat(run.stderr()).contains(message);
        return run;
    }

    /** Local paths without a slash at the beginning are those of the test's directory. */
    private CommandRun run(String stdin, String... arguments) {
        List<String> all = new ArrayList<>(
                List.of("sandbox", "cp", "--socket", directory.resolve("s").toString()));
        for (String argument : arguments) {
            boolean local = !argument.startsWith("-") && !argument.startsWith(ID) && !argument.startsWith("/");
            all.add(local ? directory + "/" + argument : argument);
        }
        return CommandRun.of(Map.of(), stdin, NO_MACHINES, all.toArray(String[]::new));
    }

    private void write(String path, String content) {
        FileTarget target = new FileTarget(path, new WriteMode.Replace(), OptionalInt.empty(), Map.of());
        try (FileWriter writer = files.write(target)) {
            writer.write(ByteBuffer.wrap(content.getBytes(StandardCharsets.UTF_8)));
            FileEntry _ = writer.finish();
        }
    }

    private String content(String path) {
        try (FileReader reader = files.read(path, 0, Optional.empty(), deadline())) {
            return reader.next()
                    .map(part -> StandardCharsets.UTF_8.decode(part).toString())
                    .orElse("");
        }
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> content = Files.list(directory)) {
            return content.map(path -> directory.relativize(path).toString())
                    .sorted()
                    .toList();
        }
    }

    private static List<String> all(Path directory) throws IOException {
        try (Stream<Path> content = Files.walk(directory)) {
            return content.map(path -> directory.relativize(path).toString()).toList();
        }
    }

    private static Deadline deadline() {
        return Deadline.after(Duration.ofMinutes(1), Ticker.SYSTEM);
    }
}
