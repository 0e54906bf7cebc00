package io.neurovisor.cli.sandbox.interpreter;

import io.neurovisor.cli.console.ExitCode;
import io.neurovisor.cli.sandbox.SandboxAccess;
import io.neurovisor.cli.sandbox.terminal.Interrupts;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.interpreter.CellDisplay;
import io.neurovisor.engine.interpreter.CellEnd;
import io.neurovisor.engine.interpreter.CellError;
import io.neurovisor.engine.interpreter.CellEvent;
import io.neurovisor.engine.interpreter.CellEvents;
import io.neurovisor.engine.interpreter.CellSpec;
import io.neurovisor.engine.interpreter.ContextId;
import io.neurovisor.engine.interpreter.GuestInterpreter;
import java.util.Optional;
import java.util.function.Consumer;

/** Follows a cell to its end: passes its events on, answers its questions, and interrupts it on Ctrl-C. */
final class FollowedCell {
    private static final int SIGKILL = 9;

    private final GuestInterpreter interpreter;
    private final ContextId context;
    private final CellOutput output;
    private final InputLines input;
    private final Consumer<String> problems;

    FollowedCell(
            GuestInterpreter interpreter,
            ContextId context,
            CellOutput output,
            InputLines input,
            Consumer<String> problems) {
        this.interpreter = interpreter;
        this.context = context;
        this.output = output;
        this.input = input;
        this.problems = problems;
    }

    /** Returns the number of a cell from its first event. */
    static long number(CellEvents events) {
        return events.next()
                .filter(event -> event.content() instanceof CellEvent.Accepted)
                .map(CellEvent::cell)
                .orElseThrow(() -> new NeuroVisorException(
                        Fault.DAEMON_LOST, "the daemon has not reported whether the cell was accepted"));
    }

    /** Runs a cell and returns the exit code of the command. */
    int run(CellSpec cell) {
        try (Interrupts interrupts = new Interrupts();
                CellEvents events = interpreter.execute(context, cell, SandboxAccess.answer())) {
            long number = number(events);
            interrupts.aim(signal -> interrupt(number, signal));
            return follow(events, number);
        }
    }

    /** Shows a cell that another client may have started, and returns the exit code of the command. */
    int watch(CellEvents attached) {
        try (CellEvents events = attached) {
            return follow(events, number(events));
        }
    }

    private void interrupt(long cell, int signal) {
        if (signal == SIGKILL) {
            interpreter.restart(context, SandboxAccess.start());
        } else {
            interpreter.interrupt(context, cell, SandboxAccess.answer());
        }
    }

    private int follow(CellEvents events, long cell) {
        output.begin(cell);
        try {
            CellEnd end = awaitEnd(events);
            output.end(end);
            return exitCode(end);
        } catch (NeuroVisorException failure) {
            return exitCode(failure, cell);
        }
    }

    private CellEnd awaitEnd(CellEvents events) {
        CellDisplay.Collector displays = new CellDisplay.Collector();
        while (true) {
            CellEvent event = events.next()
                    .orElseThrow(() -> new NeuroVisorException(
                            Fault.DAEMON_LOST, "the daemon has stopped to report about the cell, which may still run"));
            displays.add(event.content()).ifPresent(output::display);
            switch (event.content()) {
                case CellEvent.Text(boolean isError, String text) -> output.text(isError, text);
                case CellEvent.Failed(CellError error) -> output.error(error);
                case CellEvent.Dropped(String mimeType, long bytes) -> output.dropped(mimeType, bytes);
                case CellEvent.Gap(long from, long to) -> output.gap(from, to);
                case CellEvent.InputRequested asked -> answer(event.cell(), asked);
                case CellEvent.Ended(CellEnd end) -> {
                    return end;
                }
                case CellEvent.Accepted _,
                        CellEvent.Started _,
                        CellEvent.Display _,
                        CellEvent.DisplayData _,
                        CellEvent.KeepAlive _ -> {}
            }
        }
    }

    /** Reads in a thread that the JVM does not wait for: the cell may be interrupted before there is an answer. */
    private void answer(long cell, CellEvent.InputRequested asked) {
        Thread _ = Thread.ofPlatform().daemon().name("input").start(() -> {
            Optional<String> line = input.answer(asked.prompt(), asked.isPassword());
            try {
                line.ifPresentOrElse(
                        text -> interpreter.sendInput(context, cell, text, SandboxAccess.answer()),
                        () -> interpreter.endInput(context, cell, SandboxAccess.answer()));
            } catch (NeuroVisorException ended) {
                // The cell waits no more.
            }
        });
    }

    private int exitCode(CellEnd end) {
        return switch (end.outcome()) {
            case OK -> 0;
            case ERROR -> 1;
            case INTERRUPTED -> {
                problems.accept("interrupted" + variables(end));
                yield ExitCode.CANCELLED;
            }
            case TIMED_OUT -> {
                problems.accept("timed out after " + end.duration().toSeconds() + " s" + variables(end));
                yield ExitCode.TIMED_OUT;
            }
            case DIED -> {
                problems.accept("the interpreter has ended "
                        + (end.signal() > 0 ? "by signal " + end.signal() : "with exit code " + end.exitCode())
                        + restartHint());
                yield end.exitCode() == 0 ? 1 : end.exitCode();
            }
            case DRIVER_BROKEN -> {
                problems.accept("the interpreter has sent what is not allowed, and was ended" + restartHint());
                yield 1;
            }
            case SKIPPED -> {
                problems.accept("the cell did not run: an earlier one failed, or the interpreter has ended");
                yield 1;
            }
        };
    }

    private String variables(CellEnd end) {
        return end.keepsVariables() ? "; the variables are kept" : "; the interpreter was ended" + restartHint();
    }

    private String restartHint() {
        return "; neurovisor sandbox context restart starts another one in context " + context;
    }

    private int exitCode(NeuroVisorException failure, long cell) {
        return switch (failure.fault()) {
            case INTERRUPTED -> {
                problems.accept("cancelled");
                yield ExitCode.CANCELLED;
            }
            case SANDBOX_MOVED -> {
                problems.accept(
                        "the sandbox was paused; --attach " + cell + " --context " + context + " shows the rest");
                yield ExitCode.of(failure);
            }
            case CONTEXT_RESTARTED, CONTEXT_REMOVED -> {
                problems.accept(String.valueOf(failure.getMessage()));
                yield 1;
            }
            case DAEMON_LOST -> throw failure;
            default -> {
                problems.accept("the sandbox has ended: " + failure.getMessage());
                yield ExitCode.SANDBOX_DIED;
            }
        };
    }
}
