package io.neurovisor.testkit;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.engine.process.OutputStart;
import io.neurovisor.engine.process.ProcessEvents;
import io.neurovisor.engine.process.ProcessInfo;
import io.neurovisor.engine.process.ProcessInput;
import io.neurovisor.engine.process.ProcessSelector;
import io.neurovisor.engine.process.ProcessSpec;
import io.neurovisor.engine.process.ProcessStream;
import io.neurovisor.engine.process.TerminalSize;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The processes of a guest that runs no programs: {@code true}, {@code false}, {@code echo}, {@code cat}, {@code sleep},
 * which sleeps until a signal ends it, and {@code yes} run in threads, as do the commands that a test adds. Signals end
 * processes.
 */
public final class FakeProcesses implements GuestProcesses {
    private static final int MOST_RUNNING = 64;
    private static final int FIRST_PID = 100;

    private final Runnable check;
    private final Map<String, Command> commands = new ConcurrentHashMap<>();
    private final List<FakeProcess> processes = new CopyOnWriteArrayList<>();
    private final List<TerminalSize> sizes = new CopyOnWriteArrayList<>();

    /** A command that a process runs. */
    @FunctionalInterface
    public interface Command {
        /** Returns the exit code. */
        int run(List<String> arguments, Io io) throws InterruptedException;
    }

    /** Input and output of a command. */
    public interface Io {
        /** Returns the next input; empty at its end. */
        Optional<byte[]> read() throws InterruptedException;

        void write(ProcessStream stream, byte[] bytes) throws InterruptedException;
    }

    /** @param check throws if the guest serves no processes */
    public FakeProcesses(Runnable check) {
        this.check = check;
        on("true", (_, _) -> 0);
        on("false", (_, _) -> 1);
        on("echo", (arguments, io) -> {
            io.write(ProcessStream.STDOUT, bytes(String.join(" ", arguments) + "\n"));
            return 0;
        });
        on("cat", (_, io) -> {
            for (Optional<byte[]> next = io.read(); next.isPresent(); next = io.read()) {
                io.write(ProcessStream.STDOUT, next.get());
            }
            return 0;
        });
        on("sleep", (_, _) -> {
            new CountDownLatch(1).await();
            return 0;
        });
        on("yes", (_, io) -> {
            byte[] lines = bytes("y\n".repeat(2048));
            while (true) {
                io.write(ProcessStream.STDOUT, lines);
            }
        });
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Adds a command. */
    public FakeProcesses on(String name, Command command) {
        commands.put(name, command);
        return this;
    }

    /** Returns the sizes that terminals were set to. */
    public List<TerminalSize> sizes() {
        return List.copyOf(sizes);
    }

    /** Ends all streams of events, and no process. */
    void endStreams() {
        processes.forEach(FakeProcess::endStreams);
    }

    /** Returns what runs. */
    List<ProcessSpec> running() {
        return processes.stream()
                .filter(FakeProcess::isRunning)
                .map(process -> process.info().spec())
                .toList();
    }

    /** Starts what ran where another guest was saved, without clients. */
    void continueWith(List<ProcessSpec> running) {
        // Their streams stay open, because the end of a stream may end its process.
        running.forEach(spec -> {
            ProcessEvents _ = start(spec, Deadline.after(Duration.ZERO, Ticker.SYSTEM));
        });
    }

    /** Ends all processes and their streams with the machine. */
    public void lose() {
        processes.forEach(FakeProcess::lose);
    }

    @Override
    public ProcessEvents start(ProcessSpec spec, Deadline deadline) {
        check.run();
        Command command = commands.get(spec.command());
        if (command == null) {
            throw NeuroVisorException.invalid("command", "command: cannot run " + spec.command());
        }
        FakeProcess process;
        synchronized (this) {
            if (processes.stream().filter(FakeProcess::isRunning).count() >= MOST_RUNNING) {
                throw new NeuroVisorException(Fault.PROCESS_LIMIT, MOST_RUNNING + " processes run");
            }
            spec.tag().filter(tag -> byTag(tag).isPresent()).ifPresent(tag -> {
                throw new NeuroVisorException(Fault.TAG_TAKEN, "a running process has the tag " + tag);
            });
            process = new FakeProcess(FIRST_PID + processes.size(), spec, command);
            processes.add(process);
        }
        spec.timeout()
                .ifPresent(timeout -> CompletableFuture.delayedExecutor(timeout.toNanos(), TimeUnit.NANOSECONDS)
                        .execute(process::timeOut));
        ProcessEvents events = process.attach(new OutputStart.Kept(), true);
        process.start();
        return events;
    }

    @Override
    public ProcessEvents attach(ProcessSelector process, OutputStart start, Deadline deadline) {
        return require(process).attach(start, false);
    }

    @Override
    public List<ProcessInfo> list(Deadline deadline) {
        check.run();
        return processes.stream().map(FakeProcess::info).toList();
    }

    @Override
    public void sendInput(ProcessSelector process, ByteBuffer bytes, Deadline deadline) {
        requireRunning(process).sendInput(copy(bytes));
    }

    @Override
    public ProcessInput streamInput(ProcessSelector process, Deadline deadline) {
        FakeProcess target = requireRunning(process);
        target.requireInput();
        return new ProcessInput() {
            @Override
            public void write(ByteBuffer bytes) {
                requireRunning(process).sendInput(copy(bytes));
            }

            @Override
            public void finish() {
                FakeProcess _ = requireRunning(process);
            }

            @Override
            public void onEnd(Runnable action) {
                target.onEnd(action);
            }

            @Override
            public void close() {}
        };
    }

    private static byte[] copy(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        return copy;
    }

    @Override
    public void closeInput(ProcessSelector process, Deadline deadline) {
        requireRunning(process).closeInput();
    }

    @Override
    public void signal(ProcessSelector process, int signal, boolean wholeGroup, Deadline deadline) {
        requireRunning(process).signal(signal);
    }

    @Override
    public void resize(ProcessSelector process, TerminalSize size, Deadline deadline) {
        FakeProcess target = requireRunning(process);
        if (!target.hasTerminal()) {
            throw new NeuroVisorException(Fault.PROCESS_REFUSED, process + " has no terminal");
        }
        sizes.add(size);
    }

    private FakeProcess requireRunning(ProcessSelector selector) {
        FakeProcess process = require(selector);
        process.requireMachine();
        if (!process.isRunning()) {
            throw unknown(selector + " has ended");
        }
        return process;
    }

    private FakeProcess require(ProcessSelector selector) {
        check.run();
        return switch (selector) {
            case ProcessSelector.Pid(int pid) ->
                processes.stream()
                        .filter(process -> process.pid() == pid)
                        .findFirst()
                        .orElseThrow(() -> unknown(selector + " does not exist"));
            case ProcessSelector.Tag(String tag) ->
                byTag(tag)
                        .or(() -> processes.reversed().stream()
                                .filter(process -> process.tag().equals(Optional.of(tag)))
                                .findFirst())
                        .orElseThrow(() -> unknown(selector + " does not exist"));
        };
    }

    private Optional<FakeProcess> byTag(String tag) {
        return processes.stream()
                .filter(process -> process.isRunning() && process.tag().equals(Optional.of(tag)))
                .findFirst();
    }

    private static NeuroVisorException unknown(String message) {
        return new NeuroVisorException(Fault.PROCESS_UNKNOWN, message);
    }
}
