package io.neurovisor.testkit.interpreter;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
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
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** A context in memory. Its cells are lines of {@link FakeStatement}, which are run in a thread of each cell. */
final class FakeContext {
    private final ContextId id;
    private final ContextSpec spec;
    private final boolean shared;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<String, Long> variables = new TreeMap<>();
    private final List<CellEvent> events = new ArrayList<>();
    private final List<Cell> cells = new ArrayList<>();
    private boolean dead;
    private boolean lost;
    private int generation;

    /** A cell. Its fields are guarded by the lock of the context. */
    final class Cell {
        private final long number;
        private final CellSpec spec;
        private final int bornIn = generation;
        private boolean begun;
        private boolean ended;
        private boolean interrupted;
        private boolean waitsForInput;
        private boolean answered;
        private Optional<String> input = Optional.empty();

        Cell(long number, CellSpec spec) {
            this.number = number;
            this.spec = spec;
        }

        CellSpec spec() {
            return spec;
        }

        void emit(CellEvent.Content content) {
            locked(() -> events.add(new CellEvent(events.size() + 1, number, content)));
        }

        Map<String, Long> variables() {
            return variables;
        }

        /** Waits until it is interrupted; returns false if its time was over before. */
        boolean awaitInterrupt() {
            return locked(() -> await(() -> interrupted, spec.timeout()));
        }

        /** Asks the client, and returns its answer; empty at the end of the input. */
        Optional<String> input(CellEvent.InputRequested request) {
            return locked(() -> {
                waitsForInput = true;
                emit(request);
                boolean _ = await(() -> answered || interrupted, Optional.empty());
                waitsForInput = false;
                Optional<String> answer = answered ? input : Optional.empty();
                answered = false;
                return answer;
            });
        }

        private void run() {
            boolean mayRun = locked(() -> {
                boolean _ = await(() -> isNext() || interrupted, Optional.empty());
                begun = isCurrent() && !interrupted && !dead;
                return begun;
            });
            CellEnd end = mayRun ? executed() : end(CellOutcome.SKIPPED, true, 0);
            locked(() -> {
                if (isCurrent()) {
                    dead |= !end.keepsVariables();
                    emit(new CellEvent.Ended(end));
                    if (end.outcome() == CellOutcome.ERROR && spec.stopOnError()) {
                        cells.stream().filter(cell -> !cell.ended).forEach(cell -> cell.interrupted = true);
                    }
                }
                ended = true;
                return ended;
            });
        }

        private CellEnd executed() {
            emit(new CellEvent.Started());
            return FakeStatement.run(this);
        }

        private boolean isNext() {
            return dead || cells.stream().filter(cell -> cell.number < number).allMatch(cell -> cell.ended);
        }

        private boolean isCurrent() {
            return bornIn == generation;
        }

        /** Waits for a condition within a time; ends also when the context is replaced. */
        private boolean await(Supplier<Boolean> condition, Optional<Duration> limit) {
            long nanos = limit.orElse(Duration.ofMinutes(1)).toNanos();
            while (!condition.get() && isCurrent()) {
                if (nanos <= 0) {
                    return false;
                }
                try {
                    nanos = changed.awaitNanos(nanos);
                } catch (InterruptedException exception) {
                    throw NeuroVisorException.interrupted("cancelled", exception);
                }
            }
            return true;
        }
    }

    FakeContext(ContextId id, ContextSpec spec, boolean shared) {
        this.id = id;
        this.spec = spec;
        this.shared = shared;
    }

    static CellEnd end(CellOutcome outcome, boolean keepsVariables, int exitCode) {
        return new CellEnd(outcome, keepsVariables, exitCode, 0, 1, Duration.ofMillis(1), false);
    }

    /** Does a step, after which threads that wait look again. */
    private <T> T locked(Supplier<T> step) {
        lock.lock();
        try {
            T result = step.get();
            changed.signalAll();
            return result;
        } finally {
            lock.unlock();
        }
    }

    ContextInfo info() {
        return locked(() -> {
            Optional<Cell> running =
                    cells.stream().filter(cell -> cell.begun && !cell.ended).findFirst();
            long waiting =
                    cells.stream().filter(cell -> !cell.begun && !cell.ended).count();
            ContextState state = running.isPresent() ? ContextState.BUSY : ContextState.IDLE;
            return new ContextInfo(
                    id,
                    spec.language(),
                    spec.directory().orElse("/home/user"),
                    dead ? ContextState.DEAD : state,
                    Instant.EPOCH,
                    running.map(cell -> cell.number).orElse(0L),
                    Math.toIntExact(waiting),
                    30L << 20,
                    events.size() + 1,
                    shared);
        });
    }

    ContextVariables inspect() {
        return locked(() -> {
            requireAlive();
            if (info().state() != ContextState.IDLE) {
                throw new NeuroVisorException(Fault.CONTEXT_BUSY, "context " + id + " runs a cell");
            }
            return new ContextVariables(
                    variables.entrySet().stream()
                            .map(variable -> new ContextVariables.Variable(
                                    variable.getKey(),
                                    "int",
                                    OptionalLong.empty(),
                                    List.of(),
                                    variable.getValue().toString()))
                            .toList(),
                    false);
        });
    }

    private void requireAlive() {
        if (dead) {
            throw new NeuroVisorException(Fault.CONTEXT_DEAD, "the interpreter of context " + id + " has ended");
        }
    }

    void replace(boolean restarts) {
        locked(() -> {
            generation++;
            variables.clear();
            cells.forEach(cell -> cell.ended = true);
            dead = !restarts;
            return generation;
        });
    }

    /** Ends its streams with its machine. */
    void lose() {
        locked(() -> {
            lost = true;
            generation++;
            return lost;
        });
    }

    CellEvents execute(CellSpec cell) {
        Cell begun = locked(() -> {
            requireAlive();
            Cell next = new Cell(cells.size() + 1, cell);
            cells.add(next);
            return next;
        });
        CellEvents stream = new Stream(begun, 0, !cell.isDetached());
        Thread _ = Thread.ofVirtual().start(begun::run);
        return stream;
    }

    CellEvents attach(long number, long fromEvent) {
        return new Stream(cell(number), fromEvent, false);
    }

    private Cell cell(long number) {
        return locked(() -> cells.stream()
                .filter(cell -> cell.number == number)
                .findFirst()
                .orElseThrow(() -> new NeuroVisorException(Fault.CELL_UNKNOWN, "there is no cell " + number)));
    }

    void answer(long number, Optional<String> text) {
        Cell cell = cell(number);
        locked(() -> {
            if (!cell.waitsForInput) {
                throw new NeuroVisorException(Fault.CONTEXT_BUSY, "cell " + number + " waits for no input");
            }
            cell.input = text;
            cell.answered = true;
            return cell;
        });
    }

    void interrupt(long number) {
        locked(() -> {
            requireAlive();
            Optional<Cell> cell = number == 0
                    ? cells.stream().filter(one -> one.begun && !one.ended).findFirst()
                    : Optional.of(cell(number));
            cell.ifPresent(one -> one.interrupted = true);
            return cell;
        });
    }

    /** The events of a cell. */
    private final class Stream implements CellEvents {
        private final Cell cell;
        private final boolean owns;
        private int position;
        private boolean accepted;
        private boolean complete;

        Stream(Cell cell, long fromEvent, boolean owns) {
            this.cell = cell;
            this.owns = owns;
            this.position = (int) Math.max(0, fromEvent - 1);
        }

        @Override
        public ContextId context() {
            return id;
        }

        @Override
        public Optional<CellEvent> next() {
            if (!accepted) {
                accepted = true;
                return Optional.of(new CellEvent(0, cell.number, new CellEvent.Accepted(0)));
            }
            return complete ? Optional.empty() : Optional.of(locked(this::take));
        }

        private CellEvent take() {
            boolean _ = cell.await(() -> find().isPresent(), Optional.empty());
            if (lost) {
                throw new NeuroVisorException(Fault.SANDBOX_LOST, "the connection to the guest agent failed");
            }
            CellEvent event = find().orElseThrow(() -> new NeuroVisorException(
                    dead ? Fault.CONTEXT_REMOVED : Fault.CONTEXT_RESTARTED, "context " + id + " was replaced"));
            position = (int) event.number();
            complete = event.content() instanceof CellEvent.Ended;
            return event;
        }

        private Optional<CellEvent> find() {
            return events.stream()
                    .skip(position)
                    .filter(event -> event.cell() == cell.number)
                    .findFirst();
        }

        @Override
        public void close() {
            locked(() -> {
                cell.interrupted |= owns && !cell.ended;
                return cell;
            });
        }
    }
}
