package io.neurovisor.cli.sandbox;

import io.neurovisor.cli.console.ExitCode;
import io.neurovisor.cli.console.StandardStreams;
import io.neurovisor.cli.run.Launch;
import io.neurovisor.cli.sandbox.terminal.InputPump;
import io.neurovisor.cli.sandbox.terminal.Interrupts;
import io.neurovisor.cli.sandbox.terminal.RawTerminal;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.engine.process.OutputOffsets;
import io.neurovisor.engine.process.ProcessEnd;
import io.neurovisor.engine.process.ProcessEvent;
import io.neurovisor.engine.process.ProcessEvents;
import io.neurovisor.engine.process.ProcessSelector;
import io.neurovisor.engine.process.ProcessStream;
import io.neurovisor.server.client.sandbox.SandboxClient;
import io.neurovisor.server.client.sandbox.SandboxView;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/** Connects the streams, signals and terminal of this process to a process of a sandbox, until that ends. */
final class AttachedProcess {
    private static final int SIGPIPE = 13;

    private final SandboxAccess daemon;
    private final SandboxClient client;
    private final String sandbox;
    private final GuestProcesses processes;
    private final Launch launch;
    private final StandardStreams streams;
    /** The bytes of each stream that have been passed on or were missing. */
    private final Map<ProcessStream, Long> received = new EnumMap<>(ProcessStream.class);

    private final Lock resizing = new ReentrantLock();
    /** Printed when the terminal is restored. */
    private final List<String> notes = new ArrayList<>();

    AttachedProcess(SandboxAccess daemon, SandboxClient client, String sandbox, Launch launch) {
        this.daemon = daemon;
        this.client = client;
        this.sandbox = sandbox;
        this.processes = client.processes(sandbox);
        this.launch = launch;
        this.streams = new StandardStreams(launch.out(), launch.err(), (_, _, _) -> {});
    }

    /**
     * How this process is connected.
     *
     * @param started whether the command has started the process: Ctrl-C and a closed stdout then reach it
     * @param input whether it receives standard input
     * @param outlives whether it outlives this process
     * @param terminal is set to raw mode; empty without one
     */
    record Connection(boolean started, boolean input, boolean outlives, Optional<RawTerminal> terminal) {
        private boolean catchesInterrupts() {
            return started && terminal.isEmpty();
        }
    }

    /** Sets what has been received of the output of a process without a terminal. */
    AttachedProcess after(OutputOffsets offsets) {
        received.put(ProcessStream.STDOUT, offsets.stdout());
        received.put(ProcessStream.STDERR, offsets.stderr());
        return this;
    }

    /** Returns the exit code of the command when the process has ended. */
    int follow(Connection connection, Function<GuestProcesses, ProcessEvents> opening) {
        try (Interrupts interrupts = connection.catchesInterrupts() ? new Interrupts() : null;
                ProcessEvents events = opening.apply(processes)) {
            int pid = pid(events);
            ProcessSelector process = new ProcessSelector.Pid(pid);
            if (interrupts != null) {
                interrupts.aim(signal -> processes.signal(process, signal, true, SandboxAccess.answer()));
            }
            try (InputPump pump = pump(process, connection);
                    RawTerminal terminal = connection.terminal().orElse(null)) {
                if (terminal != null) {
                    terminal.setRaw(() -> resize(process, terminal));
                    // The terminal of a process that is attached to may have another size.
                    resize(process, terminal);
                }
                if (connection.input()) {
                    pump.start();
                }
                return exitCode(awaitEnd(events, terminal != null));
            } catch (StandardStreams.Closed closed) {
                if (Thread.currentThread().isInterrupted()) {
                    // An interrupt closes the stream that is being written to.
                    return detached(connection, pid);
                }
                if (connection.started()) {
                    endByClosedPipe(process);
                }
                throw closed;
            } catch (NeuroVisorException failure) {
                return died(failure, connection, pid);
            } finally {
                printNotes(connection);
            }
        }
    }

    /** Begins on a new line if a terminal was in raw mode, whose line may not have ended. */
    private void printNotes(Connection connection) {
        if (connection.terminal().isPresent() && !notes.isEmpty()) {
            daemon.endLine();
        }
        notes.forEach(daemon::problem);
    }

    /** Returns the number of a process from its first event. */
    static int pid(ProcessEvents events) {
        return events.next()
                .flatMap(event -> event instanceof ProcessEvent.Started(int pid) ? Optional.of(pid) : Optional.empty())
                .orElseThrow(() -> new NeuroVisorException(
                        Fault.DAEMON_LOST, "the daemon has not reported whether the process has started"));
    }

    /** Each signal has a thread. The size is read when the resize before has been answered, so the last one is the latest. */
    private void resize(ProcessSelector process, RawTerminal terminal) {
        resizing.lock();
        try {
            processes.resize(process, terminal.size(), SandboxAccess.answer());
        } catch (NeuroVisorException ended) {
            // The process has ended, or its connection: the command ends by itself.
        } finally {
            resizing.unlock();
        }
    }

    private InputPump pump(ProcessSelector process, Connection connection) {
        boolean leaves = !connection.started() && connection.terminal().isPresent();
        return new InputPump(
                processes, process, launch.in(), Thread.currentThread()::interrupt, leaves, daemon::problem);
    }

    private ProcessEnd awaitEnd(ProcessEvents events, boolean raw) {
        while (true) {
            switch (events.next().orElseThrow(AttachedProcess::cutOff)) {
                case ProcessEvent.Output(ProcessStream stream, long offset, ByteBuffer data) -> {
                    long end = offset + data.remaining();
                    if (stream == ProcessStream.STDERR) {
                        streams.stderr(data);
                    } else {
                        streams.stdout(data);
                    }
                    received.put(stream, end);
                }
                case ProcessEvent.Gap(ProcessStream stream, long from, long to) -> {
                    String note = "%d bytes of %s are missing, from byte %d on: they were not read in time"
                            .formatted(to - from, stream.name().toLowerCase(Locale.ROOT), from);
                    received.put(stream, to);
                    if (raw) {
                        notes.add(note);
                    } else {
                        daemon.problem(note);
                    }
                }
                case ProcessEvent.Ended(ProcessEnd end) -> {
                    return end;
                }
                case ProcessEvent.Started _, ProcessEvent.KeepAlive _ -> {}
            }
        }
    }

    private static NeuroVisorException cutOff() {
        return new NeuroVisorException(
                Fault.DAEMON_REFUSED, "the daemon has stopped to report about the process, which may still run");
    }

    private int exitCode(ProcessEnd end) {
        if (end.timedOut()) {
            notes.add("timed out after " + end.duration().toSeconds() + " s; allow more with --timeout");
            return ExitCode.TIMED_OUT;
        }
        if (!end.killedProcess().isEmpty()) {
            notes.add("the guest had no memory left and killed " + end.killedProcess());
        }
        return end.exitCode();
    }

    /** Ends a process whose output has no reader any more, as its pipe would. */
    private void endByClosedPipe(ProcessSelector process) {
        try {
            processes.signal(process, SIGPIPE, true, SandboxAccess.answer());
        } catch (NeuroVisorException ended) {
            // It has no more output to write.
        }
    }

    private int died(NeuroVisorException failure, Connection connection, int pid) {
        if (failure.fault() == Fault.INTERRUPTED) {
            return detached(connection, pid);
        }
        if (failure.fault() == Fault.DAEMON_LOST) {
            throw failure;
        }
        notes.add("the sandbox has ended: " + endOfSandbox(failure));
        return ExitCode.SANDBOX_DIED;
    }

    private int detached(Connection connection, int pid) {
        notes.add(connection.outlives() ? "detached from process " + pid + ", which goes on" + rest(pid) : "cancelled");
        return ExitCode.CANCELLED;
    }

    /** Names the command that prints the rest of the output. Of a terminal only the present state is of use. */
    private String rest(int pid) {
        if (received.containsKey(ProcessStream.TERMINAL)) {
            return "";
        }
        return "; the rest: neurovisor sandbox attach %s %d --stdout-from %d --stderr-from %d"
                .formatted(
                        sandbox,
                        pid,
                        received.getOrDefault(ProcessStream.STDOUT, 0L),
                        received.getOrDefault(ProcessStream.STDERR, 0L));
    }

    /** Returns how the sandbox ended; throws the failure again if it has not. */
    private String endOfSandbox(NeuroVisorException failure) {
        SandboxView now;
        try {
            now = client.get(sandbox);
        } catch (NeuroVisorException unknown) {
            return String.valueOf(failure.getMessage());
        }
        if (!now.hasEnded()) {
            throw failure;
        }
        return now.end();
    }
}
