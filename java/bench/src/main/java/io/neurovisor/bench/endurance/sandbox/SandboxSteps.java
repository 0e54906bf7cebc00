package io.neurovisor.bench.endurance.sandbox;

import io.neurovisor.engine.file.FileReader;
import io.neurovisor.engine.file.FileTarget;
import io.neurovisor.engine.file.FileWriter;
import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.engine.file.WriteMode;
import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.engine.process.OutputOffsets;
import io.neurovisor.engine.process.OutputStart;
import io.neurovisor.engine.process.ProcessEvent;
import io.neurovisor.engine.process.ProcessEvents;
import io.neurovisor.engine.process.ProcessSelector;
import io.neurovisor.engine.process.ProcessSpec;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.client.sandbox.SandboxClient;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;

/**
 * Uses the processes and files of one sandbox. Each use returns what is wrong with its result, or empty if it is right.
 *
 * @param seed of what is sent
 */
record SandboxSteps(SandboxClient client, String id, long seed) {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int EXIT_CODE = 3;
    private static final int REPEATED = 200;
    private static final int FILES = 4;
    private static final int MOST_FILE_BYTES = 300_000;

    /** The output of a process up to its end. */
    private record Received(String stdout, Optional<Integer> exitCode) {
        Optional<String> complaint(String expected, int expectedCode) {
            return stdout.equals(expected) && exitCode.equals(Optional.of(expectedCode))
                    ? Optional.empty()
                    : Optional.of("printed " + stdout.length() + " characters and ended with "
                            + exitCode.map(String::valueOf).orElse("nothing"));
        }
    }

    Optional<String> process() {
        String word = Long.toString(seed);
        return received(processes().start(bash("echo " + word + "; exit " + EXIT_CODE, false, false), limit()))
                .complaint(word + "\n", EXIT_CODE);
    }

    Optional<String> input() {
        String text = Long.toString(seed).repeat(50);
        try (ProcessEvents events = processes().start(bash("cat", true, false), limit())) {
            send(pid(events), text);
            return received(events).complaint(text, 0);
        }
    }

    Optional<String> attach() {
        String line = seed + "\n";
        int pid;
        try (ProcessEvents events = processes()
                .start(bash("for i in {1.." + REPEATED + "}; do echo " + seed + "; done; cat", true, false), limit())) {
            pid = pid(events);
            Optional<ProcessEvent> _ = events.next();
        }
        try (ProcessEvents events =
                processes().attach(new ProcessSelector.Pid(pid), new OutputStart.From(OutputOffsets.START), limit())) {
            send(pid, line);
            return received(events).complaint(line.repeat(REPEATED + 1), 0);
        }
    }

    /** Starts a process whose output never ends; the caller then closes the connection. */
    Optional<String> flood() {
        ProcessEvents events = processes().start(bash("yes", false, true), limit());
        int _ = pid(events);
        Optional<ProcessEvent> _ = events.next();
        return Optional.empty();
    }

    Optional<String> file() {
        Random random = new Random(seed);
        byte[] content = new byte[random.nextInt(MOST_FILE_BYTES)];
        random.nextBytes(content);
        String path = "endurance/" + random.nextInt(FILES);
        GuestFiles files = client.files(id);
        try (FileWriter writer =
                files.write(new FileTarget(path, new WriteMode.Replace(), OptionalInt.empty(), Map.of()))) {
            writer.write(ByteBuffer.wrap(content));
            writer.finish();
        }
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        try (FileReader reader = files.read(path, 0, Optional.empty(), limit())) {
            for (Optional<ByteBuffer> part = reader.next(); part.isPresent(); part = reader.next()) {
                append(part.get(), read);
            }
        }
        return Arrays.equals(read.toByteArray(), content)
                ? Optional.empty()
                : Optional.of("read " + read.size() + " bytes of a file of " + content.length);
    }

    private GuestProcesses processes() {
        return client.processes(id);
    }

    private static ProcessSpec bash(String command, boolean hasInput, boolean endsWithStream) {
        return new ProcessSpec(
                "bash",
                List.of("-c", command),
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                hasInput,
                Optional.empty(),
                endsWithStream,
                Optional.empty());
    }

    private static Deadline limit() {
        return Deadline.after(LIMIT, Ticker.SYSTEM);
    }

    private static int pid(ProcessEvents events) {
        return events.next().orElseThrow() instanceof ProcessEvent.Started started ? started.pid() : 0;
    }

    private void send(int pid, String text) {
        ProcessSelector process = new ProcessSelector.Pid(pid);
        processes().sendInput(process, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), limit());
        processes().closeInput(process, limit());
    }

    private static Received received(ProcessEvents events) {
        ByteArrayOutputStream stdout = new ByteArrayOutputStream();
        Optional<Integer> exitCode = Optional.empty();
        try (events) {
            for (Optional<ProcessEvent> event = events.next(); event.isPresent(); event = events.next()) {
                switch (event.get()) {
                    case ProcessEvent.Output output -> append(output.data(), stdout);
                    case ProcessEvent.Ended ended ->
                        exitCode = Optional.of(ended.end().exitCode());
                    case ProcessEvent.Started _, ProcessEvent.Gap _, ProcessEvent.KeepAlive _ -> {}
                }
            }
        }
        return new Received(stdout.toString(StandardCharsets.UTF_8), exitCode);
    }

    private static void append(ByteBuffer bytes, ByteArrayOutputStream all) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        all.writeBytes(copy);
    }
}
