package io.neurovisor.testkit.interpreter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.interpreter.CellDisplay;
import io.neurovisor.engine.interpreter.CellEnd;
import io.neurovisor.engine.interpreter.CellEvent;
import io.neurovisor.engine.interpreter.CellEvents;
import io.neurovisor.engine.interpreter.CellOutcome;
import io.neurovisor.engine.interpreter.CellSpec;
import io.neurovisor.engine.interpreter.ContextId;
import io.neurovisor.engine.interpreter.ContextInfo;
import io.neurovisor.engine.interpreter.ContextSpec;
import io.neurovisor.engine.interpreter.ContextState;
import io.neurovisor.engine.interpreter.ContextVariables;
import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.engine.interpreter.TableFormat;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the interpreter of every guest does. The guest has Python, at least the statements of {@link FakeStatement}. */
@Timeout(120)
public abstract class GuestInterpreterContract {
    /** Returns the interpreter of a guest that has no contexts yet; the same for each call in a test. */
    protected abstract GuestInterpreter interpreter();

    /** What a cell has sent. */
    private record Received(
            long cell, String stdout, List<String> results, Optional<CellEvent.Failed> error, CellEnd end) {}

    @Test
    void cellsShareVariablesAndReportResults() {
        ContextId context = python();
        assertThat(run(context, CellSpec.of("n = 41\nprint('assigned')")).stdout())
                .isEqualTo("assigned\n");
        Received result = run(context, CellSpec.of("n + 1"));
        assertThat(result.results()).containsExactly("42");
        assertThat(result.end().outcome()).isEqualTo(CellOutcome.OK);
        ContextVariables variables = interpreter().inspect(context, soon());
        assertThat(variables.variables())
                .anySatisfy(variable ->
                        assertThat(variable.name() + "=" + variable.text()).isEqualTo("n=41"));
        assertThat(run(python(), CellSpec.of("n")).end().outcome())
                .as("in another context")
                .isEqualTo(CellOutcome.ERROR);
    }

    @Test
    void reportsAnErrorWithItsLine() {
        Received failed = run(python(), CellSpec.of("n = 1\nraise ValueError('no')"));
        assertThat(failed.end().outcome()).isEqualTo(CellOutcome.ERROR);
        assertThat(failed.end().keepsVariables()).isTrue();
        CellEvent.Failed error = failed.error().orElseThrow();
        assertThat(error.error().name()).isEqualTo("ValueError");
        assertThat(error.error().value()).isEqualTo("no");
        assertThat(error.error().frames().getLast().line()).isEqualTo(2);
        assertThat(error.error().traceback()).contains("ValueError: no");
    }

    @Test
    void interruptsTheRunningCell() {
        ContextId context = python();
        run(context, CellSpec.of("n = 1"));
        try (CellEvents events = start(context, CellSpec.of("while True: pass"))) {
            awaitStart(events);
            interpreter().interrupt(context, 0, soon());
            CellEnd end = received(events).end();
            assertThat(end.outcome()).isEqualTo(CellOutcome.INTERRUPTED);
            assertThat(end.keepsVariables()).isTrue();
        }
        assertThat(run(context, CellSpec.of("n")).results()).containsExactly("1");
    }

    @Test
    void theEndOfItsStreamInterruptsACell() {
        ContextId context = python();
        try (CellEvents events = start(context, CellSpec.of("while True: pass"))) {
            awaitStart(events);
        }
        assertThat(run(context, CellSpec.of("print('next')")).stdout()).isEqualTo("next\n");
    }

    @Test
    void aDetachedCellGoesOnWithoutItsStream() {
        ContextId context = python();
        CellSpec detached = cell("while True: pass", Optional.empty(), false, true, false);
        long cell;
        try (CellEvents events = start(context, detached)) {
            cell = awaitStart(events);
        }
        try (CellEvents events = interpreter().attach(context, cell, 0, soon())) {
            awaitStart(events);
            assertThat(list(context).runningCell()).isEqualTo(cell);
            interpreter().interrupt(context, cell, soon());
            assertThat(received(events).end().outcome()).isEqualTo(CellOutcome.INTERRUPTED);
        }
    }

    @Test
    void attachesToTheEventsOfAnEndedCell() {
        ContextId context = python();
        long cell = run(context, CellSpec.of("n = 1\nprint('one')\nn")).cell();
        try (CellEvents events = interpreter().attach(context, cell, 0, soon())) {
            Received again = received(events);
            assertThat(again.stdout()).isEqualTo("one\n");
            assertThat(again.results()).containsExactly("1");
        }
        long last = list(context).nextEvent() - 1;
        try (CellEvents events = interpreter().attach(context, cell, last, soon())) {
            Received end = received(events);
            assertThat(end.stdout() + end.results()).isEqualTo("[]");
        }
        assertFault(
                Fault.CELL_UNKNOWN,
                () -> interpreter().attach(context, 1000, 0, soon()).next());
    }

    @Test
    void interruptsACellAfterItsTime() {
        CellEnd end = run(python(), cell("while True: pass", Optional.of(Duration.ofSeconds(1)), false, false, false))
                .end();
        assertThat(end.outcome()).isEqualTo(CellOutcome.TIMED_OUT);
        assertThat(end.keepsVariables()).isTrue();
    }

    @Test
    void skipsQueuedCellsAfterAnErrorIfRequested() {
        ContextId context = python();
        CellSpec failing = cell("print(input('go? '))\nraise ValueError('no')", Optional.empty(), true, false, true);
        try (CellEvents first = start(context, failing)) {
            long number = awaitStart(first);
            try (CellEvents second = start(context, CellSpec.of("print('never')"))) {
                awaitInput(first);
                interpreter().sendInput(context, number, "yes", soon());
                assertThat(received(first).end().outcome()).isEqualTo(CellOutcome.ERROR);
                Received skipped = received(second);
                assertThat(skipped.end().outcome()).isEqualTo(CellOutcome.SKIPPED);
                assertThat(skipped.stdout()).isEmpty();
            }
        }
    }

    @Test
    void asksItsClientForInput() {
        ContextId context = python();
        CellSpec asking = cell("print(input('name? '))", Optional.empty(), false, false, true);
        try (CellEvents events = start(context, asking)) {
            long cell = awaitStart(events);
            assertThat(awaitInput(events).prompt()).isEqualTo("name? ");
            interpreter().sendInput(context, cell, "Ada", soon());
            assertThat(received(events).stdout()).isEqualTo("Ada\n");
        }
        try (CellEvents events = start(context, asking)) {
            long cell = awaitStart(events);
            awaitInput(events);
            interpreter().endInput(context, cell, soon());
            assertThat(received(events).error().orElseThrow().error().name()).isEqualTo("EOFError");
        }
        assertThat(run(context, CellSpec.of("print(input('name? '))"))
                        .error()
                        .orElseThrow()
                        .error()
                        .name())
                .as("without a client that answers")
                .isEqualTo("EOFError");
    }

    @Test
    void anInterpreterThatEndsLeavesADeadContextUntilItIsRestarted() {
        ContextId context = python();
        ContextId other = python();
        run(context, CellSpec.of("n = 1"));
        CellEnd died = run(context, CellSpec.of("import os; os._exit(3)")).end();
        assertThat(died.outcome()).isEqualTo(CellOutcome.DIED);
        assertThat(died.exitCode()).isEqualTo(3);
        assertThat(died.keepsVariables()).isFalse();
        assertFault(Fault.CONTEXT_DEAD, () -> run(context, CellSpec.of("print('never')")));
        assertThat(list(context).state()).isEqualTo(ContextState.DEAD);
        assertThat(interpreter().restart(context, soon()).state()).isEqualTo(ContextState.IDLE);
        assertThat(run(context, CellSpec.of("n")).end().outcome()).isEqualTo(CellOutcome.ERROR);
        assertThat(run(other, CellSpec.of("print('lives')")).stdout()).isEqualTo("lives\n");
    }

    @Test
    void aRestartEndsStreams() {
        ContextId context = python();
        try (CellEvents events = start(context, CellSpec.of("while True: pass"))) {
            awaitStart(events);
            interpreter().restart(context, soon());
            assertFault(Fault.CONTEXT_RESTARTED, () -> received(events));
        }
        interpreter().remove(context, soon());
        assertFault(Fault.CONTEXT_UNKNOWN, () -> run(context, CellSpec.of("print('never')")));
        assertFault(Fault.CONTEXT_UNKNOWN, () -> interpreter().restart(context, soon()));
    }

    @Test
    void hasOneSharedContextOfALanguage() {
        ContextInfo shared = interpreter().shared("python", soon());
        assertThat(shared.isShared()).isTrue();
        ContextId own = python();
        assertThat(own).isNotEqualTo(shared.id());
        assertThat(interpreter().shared("python", soon()).id()).isEqualTo(shared.id());
        assertThat(interpreter().list(soon()).contexts())
                .extracting(ContextInfo::id)
                .containsExactly(shared.id(), own);
        assertThat(interpreter().list(soon()).languages()).contains("python");
        assertFault(Fault.LANGUAGE_UNSUPPORTED, () -> interpreter().shared("cobol", soon()));
    }

    @Test
    void refusesTablesInAFormatThatTheInterpreterCannotMake() {
        ContextId context = python();
        CellSpec cell = new CellSpec(
                "n = 1", Map.of(), Optional.empty(), Optional.empty(), false, false, false, TableFormat.ARROW);
        assertFault(Fault.TABLE_FORMAT_UNSUPPORTED, () -> run(context, cell));
        assertThat(run(context, CellSpec.of("n")).end().outcome()).isEqualTo(CellOutcome.ERROR);
    }

    private ContextId python() {
        return interpreter()
                .create(new ContextSpec("python", Optional.empty(), Map.of()), soon())
                .id();
    }

    private ContextInfo list(ContextId context) {
        return interpreter().list(soon()).contexts().stream()
                .filter(one -> one.id().equals(context))
                .findFirst()
                .orElseThrow();
    }

    private static CellSpec cell(
            String code, Optional<Duration> timeout, boolean stopOnError, boolean detached, boolean input) {
        return new CellSpec(code, Map.of(), Optional.empty(), timeout, stopOnError, detached, input, TableFormat.JSON);
    }

    private CellEvents start(ContextId context, CellSpec cell) {
        return interpreter().execute(context, cell, soon());
    }

    private Received run(ContextId context, CellSpec cell) {
        try (CellEvents events = start(context, cell)) {
            return received(events);
        }
    }

    /** Returns the number of the cell when it has started. */
    private static long awaitStart(CellEvents events) {
        while (true) {
            CellEvent event = events.next().orElseThrow();
            if (event.content() instanceof CellEvent.Started) {
                return event.cell();
            }
        }
    }

    private static CellEvent.InputRequested awaitInput(CellEvents events) {
        while (true) {
            if (events.next().orElseThrow().content() instanceof CellEvent.InputRequested asked) {
                return asked;
            }
        }
    }

    private static Received received(CellEvents events) {
        StringBuilder stdout = new StringBuilder();
        List<String> results = new ArrayList<>();
        Optional<CellEvent.Failed> error = Optional.empty();
        CellDisplay.Collector displays = new CellDisplay.Collector();
        while (true) {
            CellEvent event = events.next().orElseThrow();
            displays.add(event.content())
                    .ifPresent(display -> results.add(display.text("text/plain").orElse("")));
            switch (event.content()) {
                case CellEvent.Text text -> stdout.append(text.text());
                case CellEvent.Failed failed -> error = Optional.of(failed);
                case CellEvent.Ended(CellEnd end) -> {
                    assertThat(events.next()).isEmpty();
                    return new Received(event.cell(), stdout.toString(), results, error, end);
                }
                default -> {}
            }
        }
    }

    private static void assertFault(Fault fault, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.fault()).isEqualTo(fault));
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofMinutes(1), Ticker.SYSTEM);
    }
}
