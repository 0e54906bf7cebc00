package io.neurovisor.testkit;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.guest.GuestHello;
import io.neurovisor.engine.guest.GuestIdentity;
import io.neurovisor.engine.guest.GuestUsage;
import io.neurovisor.engine.guest.ResponseDeadline;
import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.engine.process.ProcessSpec;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.testkit.interpreter.FakeInterpreter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;

/**
 * A guest agent that runs no code: it writes the text of the program to stdout and ends with 0, or behaves as a test has configured
 * it. It enforces the rules of the real agent: no execution before a refresh, a single execution.
 */
public final class FakeGuest implements GuestChannel {
    /** The space for files of a guest that has become a sandbox. */
    public static final long DISK_BYTES = 128 << 20;

    private final FakeFiles files = new FakeFiles();
    private final List<Program> primed = new ArrayList<>();
    private Optional<BiFunction<Program, OutputSink, ProgramExit>> execution = Optional.empty();
    private Optional<GuestIdentity> identity = Optional.empty();
    private Optional<NeuroVisorException> executeFailure = Optional.empty();
    private Optional<NeuroVisorException> helloFailure = Optional.empty();
    private Optional<String> dyingWords = Optional.empty();
    private volatile Optional<String> death = Optional.empty();
    private volatile Optional<String> failure = Optional.empty();
    private Optional<NeuroVisorException> adoptFailure = Optional.empty();
    private volatile Optional<Adoption> adoption = Optional.empty();
    private volatile GuestUsage usage = new GuestUsage(1, 64 << 20, 256 << 20, 16 << 20, 0, DISK_BYTES, 3);
    private Runnable onUsage = () -> {};
    private final AtomicInteger clockSettings = new AtomicInteger();
    private final FakeProcesses processes = new FakeProcesses(this::requireAdopted);
    private final FakeInterpreter interpreter = new FakeInterpreter(this::requireAdopted);
    private boolean outOfMemory;
    private boolean lost;
    private Runnable whileSaved = () -> {};
    private Optional<NeuroVisorException> freezeFailure = Optional.empty();
    private boolean freezing = true;
    private Optional<LateFile> lateFile = Optional.empty();
    private int protocol = 1;
    private boolean flooding;
    private boolean hanging;
    private boolean warmed;
    private boolean executed;
    private volatile Programs programs = Programs.RUN;
    private boolean closed;
    private volatile boolean off;

    /** A file that is sent after the timeout of the program, in parts with gaps between them. */
    private record LateFile(ManualTicker ticker, Duration gap, int parts) {}

    /** Whether programs run. */
    private enum Programs {
        RUN,
        /** Frozen or refreshed over the channel that is open. */
        FROZEN,
        /** Frozen over an earlier channel. */
        MAYBE_SAVED
    }

    /** The state of a guest that decides which calls it accepts. */
    record Memory(
            Optional<GuestIdentity> identity,
            boolean executed,
            boolean warmed,
            Optional<Adoption> adoption,
            Programs programs,
            List<ProcessSpec> running) {}

    /** What a guest was given when it became a sandbox. */
    public record Adoption(Map<String, String> environment, Optional<String> directory) {}

    /** Makes the guest fail to become a sandbox. */
    public FakeGuest failingAdopt(Fault fault, String message) {
        adoptFailure = Optional.of(new NeuroVisorException(fault, message));
        return this;
    }

    /** Makes its agent one of another version of the protocol. */
    public FakeGuest speaking(int version) {
        protocol = version;
        return this;
    }

    /** Sets what the guest reports to use. */
    public FakeGuest using(GuestUsage newUsage) {
        usage = newUsage;
        return this;
    }

    /** Runs an action when the guest is measured. */
    public FakeGuest whileMeasured(Runnable action) {
        onUsage = action;
        return this;
    }

    /** Makes the next execution time out and then send a file with one byte per part. */
    public FakeGuest sendingAFileLate(ManualTicker ticker, Duration gap, int parts) {
        lateFile = Optional.of(new LateFile(ticker, gap, parts));
        return this;
    }

    /** Makes the next execution call this function, which receives the program and its sink and returns the exit. */
    public FakeGuest executing(BiFunction<Program, OutputSink, ProgramExit> program) {
        execution = Optional.of(program);
        return this;
    }

    /** Makes the next execution write its output and then fail. */
    public FakeGuest failingExecute(Fault fault, String message) {
        executeFailure = Optional.of(new NeuroVisorException(fault, message));
        return this;
    }

    /** Makes the next execution write without end. */
    public FakeGuest flooding() {
        flooding = true;
        return this;
    }

    /** Makes the next execution write its output and then run until its thread is interrupted. */
    public FakeGuest hanging() {
        hanging = true;
        return this;
    }

    /** Makes every call hang. */
    public FakeGuest silent() {
        return failing(Fault.GUEST_SILENT);
    }

    /** Makes the first call fail. */
    public FakeGuest failing(Fault fault) {
        helloFailure = Optional.of(new NeuroVisorException(fault, "the guest agent did not answer in time"));
        return this;
    }

    /** Makes the VMM end during the next execution. */
    public FakeGuest dyingWhileExecuting(String lastWords) {
        dyingWords = Optional.of(lastWords);
        return failingExecute(Fault.SANDBOX_LOST, "broken pipe");
    }

    /** Makes the host kill the VMM for its memory during the next execution. */
    public FakeGuest runningOutOfMemoryWhileExecuting(String lastWords) {
        outOfMemory = true;
        return dyingWhileExecuting(lastWords);
    }

    /** Marks the VMM as ended. */
    public FakeGuest dead(String lastWords) {
        death = Optional.of(lastWords);
        processes.lose();
        return this;
    }

    /** Marks the VMM as ended with the process that ran it. */
    public FakeGuest lost() {
        lost = true;
        return dead("its spawner was lost");
    }

    /**
     * Makes freezes fail.
     *
     * @param standStill whether the programs stand still nevertheless
     */
    public FakeGuest failingFreeze(Fault fault, boolean standStill) {
        freezeFailure = Optional.of(new NeuroVisorException(fault, "the guest agent did not freeze its programs"));
        freezing = standStill;
        return this;
    }

    /** Runs an action while its memory is saved. */
    public FakeGuest whileSaved(Runnable action) {
        whileSaved = action;
        return this;
    }

    /** Makes the connection end while its VMM goes on. */
    public void hangUp(String reason) {
        failure = Optional.of(reason);
    }

    @Override
    public GuestHello hello(Deadline deadline) {
        helloFailure.ifPresent(failure -> {
            throw failure;
        });
        return new GuestHello("fake", "fake", 1, 1 << 28, protocol);
    }

    @Override
    public void refresh(GuestIdentity newIdentity, Deadline deadline) {
        GuestHello _ = hello(deadline);
        if (adoption.isPresent()) {
            if (programs == Programs.RUN) {
                throw new NeuroVisorException(Fault.GUEST_REFUSED, "a sandbox is refreshed while it is frozen");
            }
            programs = Programs.FROZEN;
        }
        identity = Optional.of(newIdentity);
    }

    @Override
    public void prime(Program program, Deadline deadline) {
        if (executed) {
            throw new NeuroVisorException(Fault.GUEST_REFUSED, "this guest has served its execution");
        }
        primed.add(program);
    }

    @Override
    public void warm(Deadline deadline) {
        if (warmed || identity.isPresent()) {
            throw new NeuroVisorException(Fault.GUEST_REFUSED, "interpreters are started once, and before a refresh");
        }
        warmed = true;
    }

    @Override
    public ProgramExit execute(
            Program program, Duration timeout, TraceId traceId, OutputSink sink, ResponseDeadline deadline) {
        if (identity.isEmpty()) {
            throw new NeuroVisorException(Fault.GUEST_REFUSED, "the guest has no identity yet");
        }
        if (executed) {
            throw new NeuroVisorException(Fault.GUEST_REFUSED, "this guest has served its execution");
        }
        if (adoption.isPresent()) {
            throw new NeuroVisorException(Fault.GUEST_REFUSED, "this guest is a sandbox");
        }
        executed = true;
        if (execution.isPresent()) {
            return execution.get().apply(program, sink);
        }
        while (flooding) {
            sink.stdout(ByteBuffer.allocate(1 << 20));
        }
        sink.stdout(ByteBuffer.wrap(program.code().getBytes(StandardCharsets.UTF_8)));
        if (hanging) {
            hang();
        }
        death = death.or(() -> dyingWords);
        executeFailure.ifPresent(failure -> {
            if (failure.fault() == Fault.INTERRUPTED) {
                Thread.currentThread().interrupt();
            }
            throw failure;
        });
        lateFile.ifPresent(file -> send(file, timeout, sink, deadline));
        Outcome outcome = lateFile.isPresent() ? Outcome.TIMED_OUT : Outcome.COMPLETED;
        return new ProgramExit(outcome, 0, 0, Duration.ofMillis(1), false, false, ProgramExit.Details.NONE);
    }

    private static void hang() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new NeuroVisorException(Fault.INTERRUPTED, "interrupted while the program ran", exception);
        }
    }

    private static void send(LateFile file, Duration timeout, OutputSink sink, ResponseDeadline deadline) {
        file.ticker().advance(timeout);
        for (int part = 1; part <= file.parts(); part++) {
            boolean last = part == file.parts();
            file.ticker().advance(file.gap());
            if (deadline.remaining().isZero()) {
                throw new NeuroVisorException(Fault.GUEST_SILENT, "the guest agent did not answer in time");
            }
            deadline.whileHandling(() -> sink.file("late", ByteBuffer.wrap(new byte[1]), last));
        }
    }

    @Override
    public long adopt(Map<String, String> environment, Optional<String> directory, Deadline deadline) {
        GuestHello _ = hello(deadline);
        if (identity.isEmpty() || executed || adoption.isPresent()) {
            throw new NeuroVisorException(
                    Fault.GUEST_REFUSED, "a guest becomes a sandbox once, after a refresh and instead of an execution");
        }
        adoptFailure.ifPresent(failure -> {
            throw failure;
        });
        adoption = Optional.of(new Adoption(environment, directory));
        return DISK_BYTES;
    }

    @Override
    public void setClock(Deadline deadline) {
        requireAdopted();
        clockSettings.incrementAndGet();
    }

    @Override
    public void freeze(Deadline deadline) {
        requireAdopted();
        programs = freezing ? Programs.FROZEN : Programs.RUN;
        processes.endStreams();
        freezeFailure.ifPresent(failure -> {
            throw failure;
        });
    }

    @Override
    public void thaw(Deadline deadline) {
        requireLife();
        if (programs == Programs.RUN) {
            throw new NeuroVisorException(Fault.GUEST_REFUSED, "the programs of this sandbox are not frozen");
        }
        if (programs == Programs.MAYBE_SAVED) {
            throw new NeuroVisorException(Fault.GUEST_REFUSED, "this sandbox may be a clone: refresh it first");
        }
        programs = Programs.RUN;
    }

    @Override
    public GuestUsage usage(Deadline deadline) {
        onUsage.run();
        GuestHello _ = hello(deadline);
        requireLife();
        return usage;
    }

    private void requireAdopted() {
        requireLife();
        if (adoption.isEmpty()) {
            throw new NeuroVisorException(Fault.GUEST_REFUSED, "the guest is not a sandbox");
        }
        if (programs != Programs.RUN) {
            throw new NeuroVisorException(Fault.GUEST_REFUSED, "the programs of this sandbox stand still");
        }
    }

    private void requireLife() {
        if (off || death.isPresent()) {
            throw new NeuroVisorException(Fault.SANDBOX_LOST, "the connection to the guest agent failed");
        }
    }

    @Override
    public Optional<String> failure() {
        return failure;
    }

    @Override
    public GuestProcesses processes() {
        return processes;
    }

    @Override
    public FakeFiles files() {
        requireAdopted();
        return files;
    }

    public FakeFiles fakeFiles() {
        return files;
    }

    @Override
    public GuestInterpreter interpreter() {
        return interpreter;
    }

    @Override
    public void close() {
        closed = true;
    }

    /** Opens its channel again. */
    void open() {
        closed = false;
        if (programs == Programs.FROZEN) {
            programs = Programs.MAYBE_SAVED;
        }
    }

    /** Returns what a checkpoint keeps of it. */
    Memory memory() {
        whileSaved.run();
        return new Memory(identity, executed, warmed, adoption, programs, processes.running());
    }

    /** Continues where another guest was saved. */
    void continueFrom(Memory memory) {
        identity = memory.identity();
        executed = memory.executed();
        warmed = memory.warmed();
        adoption = memory.adoption();
        processes.continueWith(memory.running());
        programs = memory.programs();
    }

    /** Ends the guest with its machine. */
    void powerOff() {
        off = adoption.isPresent();
        processes.lose();
        interpreter.lose();
        files.lose();
    }

    /** Returns its interpreter, to hold up its starts. */
    public FakeInterpreter fakeInterpreter() {
        return interpreter;
    }

    /** Returns its processes, to add commands. */
    public FakeProcesses fakeProcesses() {
        return processes;
    }

    public List<Program> primed() {
        return List.copyOf(primed);
    }

    public boolean isWarmed() {
        return warmed;
    }

    public Optional<GuestIdentity> identity() {
        return identity;
    }

    public Optional<Adoption> adoption() {
        return adoption;
    }

    /** Returns how many times the clock was set after the guest had become a sandbox. */
    public int clockSettings() {
        return clockSettings.get();
    }

    public boolean isClosed() {
        return closed;
    }

    /** Returns whether its programs stand still. */
    public boolean isFrozen() {
        return programs != Programs.RUN;
    }

    boolean ranOutOfMemory() {
        return outOfMemory && death.isPresent();
    }

    boolean isLost() {
        return lost;
    }

    Optional<String> death() {
        return death;
    }
}
