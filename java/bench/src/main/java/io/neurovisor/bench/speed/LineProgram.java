package io.neurovisor.bench.speed;

import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.engine.process.ProcessEvent;
import io.neurovisor.engine.process.ProcessEvents;
import io.neurovisor.engine.process.ProcessSelector;
import io.neurovisor.engine.process.ProcessSpec;
import io.neurovisor.engine.process.ProcessStream;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A program of a sandbox that answers each line with one. Closing it kills the program. */
record LineProgram(GuestProcesses processes, ProcessEvents events, ProcessSelector selector) implements AutoCloseable {
    /** Longer than any scenario. */
    private static final Duration LIFE = Duration.ofHours(1);

    static LineProgram start(ServedSandbox sandbox, String command, String... arguments) {
        GuestProcesses processes = sandbox.processes();
        ProcessEvents events = processes.start(
                new ProcessSpec(
                        command,
                        List.of(arguments),
                        Map.of(),
                        Optional.empty(),
                        Optional.empty(),
                        true,
                        Optional.empty(),
                        true,
                        Optional.empty()),
                Deadline.after(LIFE, Ticker.SYSTEM));
        if (events.next().orElseThrow() instanceof ProcessEvent.Started started) {
            return new LineProgram(processes, events, new ProcessSelector.Pid(started.pid()));
        }
        throw new IllegalStateException("the first event of a process is not its start");
    }

    /** Returns the line with which the program answers this one. */
    String answer(String line) {
        processes.sendInput(selector, StandardCharsets.US_ASCII.encode(line + "\n"), ServedSandbox.limit());
        StringBuilder printed = new StringBuilder();
        StringBuilder errors = new StringBuilder();
        while (printed.indexOf("\n") < 0) {
            ProcessEvent event = events.next().orElseThrow();
            if (event instanceof ProcessEvent.Output(ProcessStream stream, long _, ByteBuffer data)) {
                (stream == ProcessStream.STDOUT ? printed : errors).append(StandardCharsets.UTF_8.decode(data));
            }
            Workbench.require(!(event instanceof ProcessEvent.Ended), "the program has ended: " + errors);
        }
        return printed.toString().strip();
    }

    @Override
    public void close() {
        events.close();
    }
}
