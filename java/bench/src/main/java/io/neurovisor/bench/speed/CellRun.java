package io.neurovisor.bench.speed;

import io.neurovisor.bench.floor.Floor;
import io.neurovisor.bench.measure.Contender;
import io.neurovisor.bench.measure.Requirement;
import io.neurovisor.bench.measure.SampleProgram;
import io.neurovisor.bench.measure.Unit;
import io.neurovisor.bench.sandbox.ServedSandbox;
import io.neurovisor.engine.interpreter.CellEvent;
import io.neurovisor.engine.interpreter.CellEvents;
import io.neurovisor.engine.interpreter.CellOutcome;
import io.neurovisor.engine.interpreter.CellSpec;
import io.neurovisor.engine.interpreter.ContextId;
import io.neurovisor.engine.interpreter.ContextSpec;
import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.engine.process.ProcessEvent;
import io.neurovisor.engine.process.ProcessEvents;
import io.neurovisor.engine.process.ProcessSelector;
import io.neurovisor.engine.process.ProcessSpec;
import io.neurovisor.engine.process.ProcessStream;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.client.DaemonProcess;
import io.neurovisor.server.client.Pause;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Measures cells of the code interpreter. A cell of a living context stands beside a line that a program echoes, which
 * takes the same way through client, daemon and guest agent, and beside the same cell of ipykernel in the same guest.
 */
record CellRun(Workbench bench) {
    static final String CELL = "cell of 1+1";
    static final String FIRST = "first cell of a sandbox";
    static final String MEMORY = "memory of an idle context, ";
    static final String ECHO = "echo of a line";
    static final String IPYKERNEL = "ipykernel, measured in the guest";

    /** Has ipykernel and the client of Jupyter. */
    private static final String IMAGE = "interpreter-full";

    /** Runs each line in one kernel, and prints its milliseconds. */
    private static final String KERNEL = """
            import sys, time
            from jupyter_client import KernelManager
            manager = KernelManager(kernel_name="python3", transport="ipc")
            manager.start_kernel()
            client = manager.blocking_client()
            client.start_channels()
            client.wait_for_ready(timeout=100)
            for line in sys.stdin:
                began = time.perf_counter()
                reply = client.execute_interactive(line, timeout=60, output_hook=lambda message: None)
                assert reply["content"]["status"] == "ok", reply
                print((time.perf_counter() - began) * 1000, flush=True)
            """;

    private static final List<String> LANGUAGES = List.of("python", "javascript", "bash", "r", "java");
    private static final int REHEARSALS = 10;

    void measure() {
        try (DaemonProcess _ = bench.daemon("cells", 0, 2, "--max-sandboxes=2")) {
            cells();
            memory();
        }
        first();
    }

    private void cells() {
        try (ServedSandbox sandbox = ServedSandbox.create(bench.socket("cells"), Optional.of(IMAGE));
                LineProgram echo = LineProgram.start(sandbox, "cat");
                LineProgram kernel = LineProgram.start(sandbox, "python3", "-c", KERNEL)) {
            ContextId context = shared(sandbox.interpreter());
            bench.rounds(() -> {})
                    .withRehearsals(REHEARSALS)
                    .run(
                            CELL,
                            bench.plan().rounds(20, 100),
                            List.of(
                                    new Contender(Workbench.OURS, () -> run(sandbox, context, "1+1")),
                                    new Contender(ECHO, () -> echo(echo)),
                                    new Contender(IPYKERNEL, () -> Double.parseDouble(kernel.answer("1+1")))));
        }
    }

    private static double echo(LineProgram program) {
        long beganNanos = System.nanoTime();
        String answer = program.answer("1+1");
        double millis = (System.nanoTime() - beganNanos) / 1e6;
        Requirement.hold(answer.equals("1+1"), "the echo is " + answer);
        return millis;
    }

    /** The machine has waited; the sandbox is created before the time that counts. */
    private void first() {
        WarmRun warm = new WarmRun(bench);
        try (DaemonProcess daemon = bench.daemon("first", 1, 3, "--max-sandboxes=2")) {
            bench.rounds(() -> daemon.awaitWarm(1))
                    .run(
                            FIRST,
                            bench.plan().rounds(6, 24),
                            List.of(
                                    new Contender(Workbench.OURS, this::firstCell),
                                    new Contender(Floor.NAME, () -> warm.bare(SampleProgram.PYTHON))));
        }
    }

    private double firstCell() {
        Pause.of(WarmRun.REST);
        try (ServedSandbox sandbox = ServedSandbox.create(bench.socket("first"))) {
            long beganNanos = System.nanoTime();
            ContextId context = shared(sandbox.interpreter());
            return (System.nanoTime() - beganNanos) / 1e6 + run(sandbox, context, SampleProgram.PYTHON.code());
        }
    }

    private static ContextId shared(GuestInterpreter interpreter) {
        return interpreter.shared("python", ServedSandbox.limit()).id();
    }

    private static double run(ServedSandbox sandbox, ContextId context, String code) {
        long beganNanos = System.nanoTime();
        try (CellEvents events = sandbox.interpreter().execute(context, CellSpec.of(code), ServedSandbox.limit())) {
            Optional<CellEvent> last = Optional.empty();
            for (Optional<CellEvent> event = events.next(); event.isPresent(); event = events.next()) {
                last = event;
            }
            double millis = (System.nanoTime() - beganNanos) / 1e6;
            Requirement.hold(
                    last.map(CellEvent::content).filter(CellRun::isSuccess).isPresent(), "a cell ended with " + last);
            return millis;
        }
    }

    private static boolean isSuccess(CellEvent.Content content) {
        return content instanceof CellEvent.Ended ended && ended.end().outcome() == CellOutcome.OK;
    }

    private void memory() {
        try (ServedSandbox sandbox = ServedSandbox.create(bench.socket("cells"), Optional.of(IMAGE))) {
            GuestInterpreter interpreter = sandbox.interpreter();
            for (String language : LANGUAGES) {
                ContextId context = interpreter
                        .create(new ContextSpec(language, Optional.empty(), Map.of()), ServedSandbox.limit())
                        .id();
                double _ = run(sandbox, context, language.equals("bash") ? ":" : "1+1");
                interpreter.list(ServedSandbox.limit()).contexts().stream()
                        .filter(one -> one.id().equals(context))
                        .forEach(one -> bench.add(
                                MEMORY + language,
                                Workbench.OURS,
                                Unit.MEBIBYTES,
                                one.memoryBytes() / (double) (1 << 20)));
                interpreter.remove(context, ServedSandbox.limit());
            }
        }
    }

    static List<Target> targets(Target.Figures figures) {
        double cell = figures.median(CELL, Workbench.OURS);
        return List.of(
                Target.most(
                        figures.size(),
                        "cell of 1+1, beside a line echoed by the same agent",
                        cell / figures.median(CELL, ECHO),
                        1.5),
                Target.most(
                        figures.size(),
                        "cell of 1+1, beside ipykernel in the same guest",
                        cell / figures.median(CELL, IPYKERNEL),
                        0.33),
                Target.most(
                        figures.size(),
                        "first cell of a sandbox, beside a first request of the bare VMM",
                        figures.ratio(FIRST),
                        1.3));
    }

    /** A program of a sandbox that answers each line with one. Closing it kills the program. */
    private record LineProgram(GuestProcesses processes, ProcessEvents events, ProcessSelector selector)
            implements AutoCloseable {
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
                Requirement.hold(!(event instanceof ProcessEvent.Ended), "the program has ended: " + errors);
            }
            return printed.toString().strip();
        }

        @Override
        public void close() {
            events.close();
        }
    }
}
