package io.neurovisor.bench.sandbox;

import io.neurovisor.bench.measure.Requirement;
import io.neurovisor.engine.file.FileReader;
import io.neurovisor.engine.file.FileTarget;
import io.neurovisor.engine.file.FileWriter;
import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.engine.file.WriteMode;
import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.engine.process.OutputOffsets;
import io.neurovisor.engine.process.OutputStart;
import io.neurovisor.engine.process.ProcessEvent;
import io.neurovisor.engine.process.ProcessEvents;
import io.neurovisor.engine.process.ProcessSelector;
import io.neurovisor.engine.process.ProcessSpec;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.client.Pause;
import io.neurovisor.server.client.sandbox.SandboxClient;
import io.neurovisor.server.client.sandbox.SandboxCopy;
import io.neurovisor.server.client.sandbox.SandboxRequest;
import io.neurovisor.server.client.sandbox.SandboxView;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.DoubleConsumer;

/** A living sandbox of a daemon, with a connection of its own. Steps return their milliseconds; closing it kills it. */
public final class ServedSandbox implements AutoCloseable {
    /** Longer than any scenario. */
    private static final Duration LIFE = Duration.ofHours(2);

    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String DIRECTORY = "bench";
    private static final String FILE = DIRECTORY + "/file";
    private static final String STOP = "stop";

    /** Prints the longest time between two looks at the clock, once the file exists. */
    private static final String WATCH = """
            import os, time
            longest, last = 0, time.time()
            while not os.path.exists("%s"):
                time.sleep(.001)
                now = time.time()
                longest, last = max(longest, now - last), now
            print(longest * 1000)
            """.formatted(STOP);

    private final Path socket;
    private final SandboxClient client;
    private final String id;
    private final GuestProcesses processes;
    private final GuestFiles files;

    private ServedSandbox(Path socket, SandboxClient client, String id) {
        this.socket = socket;
        this.client = client;
        this.id = id;
        this.processes = client.processes(id);
        this.files = client.files(id);
    }

    /** Has the daemon at the socket create a sandbox of its usual image and size. */
    public static ServedSandbox create(Path socket) {
        return create(socket, Optional.empty());
    }

    /**
     * Has the daemon at the socket create a sandbox of its usual size.
     *
     * @param image empty for the usual one
     */
    public static ServedSandbox create(Path socket, Optional<String> image) {
        SandboxClient client = SandboxClient.connect(socket, Optional.empty());
        return new ServedSandbox(socket, client, create(client, image));
    }

    /** Uses a sandbox that the holder of a key has created. Closing it kills it. */
    public static ServedSandbox of(Path socket, String key, String id) {
        return new ServedSandbox(socket, SandboxClient.connect(socket, Optional.of(key)), id);
    }

    /** Creates a sandbox, kills it, and returns the milliseconds from the request to the answer. */
    public static double timedCreation(SandboxClient client) {
        long beganNanos = System.nanoTime();
        String id = create(client, Optional.empty());
        double millis = millisSince(beganNanos);
        boolean _ = client.kill(id);
        return millis;
    }

    private static String create(SandboxClient client, Optional<String> image) {
        return client.create(new SandboxRequest(
                        image,
                        Optional.empty(),
                        Optional.of(LIFE),
                        Map.of(),
                        Map.of(),
                        Optional.empty(),
                        Optional.empty()))
                .id();
    }

    public Path socket() {
        return socket;
    }

    public String id() {
        return id;
    }

    public GuestProcesses processes() {
        return processes;
    }

    public GuestInterpreter interpreter() {
        return client.interpreter(id);
    }

    public static ProcessSpec spec(String command, String... arguments) {
        return new ProcessSpec(
                command,
                List.of(arguments),
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                false,
                Optional.empty(),
                false,
                Optional.empty());
    }

    public static Deadline limit() {
        return Deadline.after(LIMIT, Ticker.SYSTEM);
    }

    /** Runs a program that must succeed, until its end has arrived. */
    public double start(String command) {
        return run(spec(command), 0);
    }

    /** Has a program print this many bytes, and reads them. */
    public double output(int bytes) {
        return run(spec("head", "-c", Integer.toString(bytes), "/dev/zero"), bytes);
    }

    private double run(ProcessSpec spec, long expectedBytes) {
        long beganNanos = System.nanoTime();
        long bytes = 0;
        int exitCode = -1;
        try (ProcessEvents events = processes.start(spec, limit())) {
            for (Optional<ProcessEvent> event = events.next(); event.isPresent(); event = events.next()) {
                if (event.get() instanceof ProcessEvent.Output output) {
                    bytes += output.data().remaining();
                } else if (event.get() instanceof ProcessEvent.Ended ended) {
                    exitCode = ended.end().exitCode();
                }
            }
        }
        double millis = millisSince(beganNanos);
        Requirement.hold(
                exitCode == 0 && bytes == expectedBytes,
                spec.command() + " ended with " + exitCode + " and printed " + bytes + " bytes");
        return millis;
    }

    /** Writes a file, which did not exist before. */
    public double write(int bytes) {
        boolean _ = files.makeDirectory(DIRECTORY, OptionalInt.empty(), limit());
        files.remove(DIRECTORY, true, limit());
        return write(FILE, ByteBuffer.allocate(bytes));
    }

    private double write(String path, ByteBuffer content) {
        FileTarget target = new FileTarget(path, new WriteMode.Replace(), OptionalInt.empty(), Map.of());
        long beganNanos = System.nanoTime();
        try (FileWriter writer = files.write(target)) {
            writer.write(content.duplicate());
            Requirement.hold(writer.finish().size() == content.remaining(), path + " is not whole");
        }
        return millisSince(beganNanos);
    }

    /** Reads the file that was written last. */
    public double read(int bytes) {
        long beganNanos = System.nanoTime();
        long received = 0;
        try (FileReader reader = files.read(FILE, 0, Optional.empty(), limit())) {
            for (Optional<ByteBuffer> part = reader.next(); part.isPresent(); part = reader.next()) {
                received += part.get().remaining();
            }
        }
        double millis = millisSince(beganNanos);
        Requirement.hold(received == bytes, "a file of " + bytes + " bytes was read as " + received);
        return millis;
    }

    /** Writes files one after the other, and removes them without counting the time. */
    public double files(int count, int bytes) {
        ByteBuffer content = ByteBuffer.allocate(bytes);
        double millis = 0;
        for (int number = 0; number < count; number++) {
            millis += write(DIRECTORY + "/" + number, content);
        }
        files.remove(DIRECTORY, true, limit());
        return millis;
    }

    /** Pauses the sandbox. */
    public double pause() {
        long beganNanos = System.nanoTime();
        SandboxView _ = client.pause(id);
        return millisSince(beganNanos);
    }

    /** Resumes the sandbox, until a program has run in it. */
    public double resume() {
        long beganNanos = System.nanoTime();
        SandboxView _ = client.connect(id);
        double _ = start("true");
        return millisSince(beganNanos);
    }

    /** Makes copies that all run; {@code use} receives the milliseconds until then, and then they are killed. */
    public void fork(int count, DoubleConsumer use) {
        long beganNanos = System.nanoTime();
        List<SandboxCopy> copies = client.fork(id, count, Optional.of(LIFE));
        double millis = millisSince(beganNanos);
        long made = copies.stream().filter(SandboxCopy.Made.class::isInstance).count();
        Requirement.hold(made == count, made + " copies of " + count + " were made");
        use.accept(millis);
        copies.forEach(copy -> {
            boolean _ = copy instanceof SandboxCopy.Made(SandboxView sandbox) && client.kill(sandbox.id());
        });
    }

    /** Takes a snapshot and deletes it. */
    public void snapshot() {
        String snapshot = client.createSnapshot(id, "").id();
        boolean _ = client.deleteSnapshot(snapshot);
    }

    /**
     * Returns for how many milliseconds the programs of the sandbox stood still at a time while something was done to it. A
     * program looks at the guest's clock, which the host sets before the programs go on.
     */
    public double standsStill(Duration before, Runnable work) {
        int pid;
        try (ProcessEvents events = processes.start(spec("python3", "-c", WATCH), limit())) {
            pid = events.next().orElseThrow() instanceof ProcessEvent.Started started ? started.pid() : 0;
        }
        Pause.of(before);
        work.run();
        double _ = write(STOP, ByteBuffer.allocate(0));
        StringBuilder printed = new StringBuilder();
        try (ProcessEvents events =
                processes.attach(new ProcessSelector.Pid(pid), new OutputStart.From(OutputOffsets.START), limit())) {
            for (Optional<ProcessEvent> event = events.next(); event.isPresent(); event = events.next()) {
                if (event.get() instanceof ProcessEvent.Output output) {
                    printed.append(StandardCharsets.US_ASCII.decode(output.data()));
                }
            }
        }
        files.remove(STOP, false, limit());
        return Double.parseDouble(printed.toString());
    }

    private static double millisSince(long beganNanos) {
        return (System.nanoTime() - beganNanos) / 1e6;
    }

    @Override
    public void close() {
        try (client) {
            boolean _ = client.kill(id);
        }
    }
}
