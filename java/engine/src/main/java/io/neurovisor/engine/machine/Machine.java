package io.neurovisor.engine.machine;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.engine.guest.GuestUsage;
import io.neurovisor.engine.guest.ResponseDeadline;
import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.engine.vm.Checkpoint;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmDiagnosis;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/** A fresh virtual machine for one program or one sandbox. Closing it destroys the machine. */
public final class Machine implements AutoCloseable {
    private final VmStart start;
    private final Vm vm;
    private final MachineChannel channel;
    private final AtomicBoolean used;
    private volatile CompletableFuture<List<LayerState>> layers;
    private final Ticker ticker;
    private final long startNanos;
    private final long readyNanos;

    /**
     * @param used whether its guest is a sandbox already
     * @param layers completes when the layers have been read off the machine
     * @param startNanos the time at which the start of the machine began, by the ticker
     */
    Machine(
            VmStart start,
            Vm vm,
            MachineChannel channel,
            boolean used,
            CompletableFuture<List<LayerState>> layers,
            Ticker ticker,
            long startNanos) {
        this.start = start;
        this.vm = vm;
        this.channel = channel;
        this.used = new AtomicBoolean(used);
        this.layers = layers;
        this.ticker = ticker;
        this.startNanos = startNanos;
        this.readyNanos = ticker.nanos();
    }

    public VmId vmId() {
        return vm.id();
    }

    /** Returns the layers that protect the host from this machine, as read last: at its start, or by {@link #readLayers}. */
    public List<LayerState> layers() {
        return layers.join(); // Takes a few milliseconds, so it is not interruptible.
    }

    /** Reads the layers again. After the machine has ended no layer is live. */
    public List<LayerState> readLayers() {
        List<LayerState> read = vm.layers();
        layers = CompletableFuture.completedFuture(read);
        return read;
    }

    /** Describes how the VMM ended; empty while the machine runs. */
    public Optional<String> death() {
        return vm.death();
    }

    /** Describes how the connection to the guest of a living sandbox ended; empty while it is as it should be. */
    public Optional<String> guestFailure() {
        return channel.current().failure();
    }

    /** Returns whether it ended because the host's memory limit for its VMM was reached. */
    public boolean ranOutOfMemory() {
        return vm.ranOutOfMemory();
    }

    /** Returns whether it ended with the process that ran the VMMs. */
    public boolean isLost() {
        return vm.isLost();
    }

    /** Describes in one line why a call to the guest failed; waits shortly for the end of an ending VMM. */
    public String diagnose(NeuroVisorException failure) {
        return VmDiagnosis.describe(vm, failure);
    }

    /** Returns the host memory that only this machine uses; 0 after it has ended. */
    public long residentBytes() {
        return vm.residentBytes();
    }

    /** Returns how the machine was started. */
    public VmStart start() {
        return start;
    }

    /** Returns the time from the start of the machine until its guest had answered and received its identity. */
    public Duration startTime() {
        return Duration.ofNanos(readyNanos - startNanos);
    }

    /** Returns the time since the machine became ready. */
    public Duration age() {
        return Duration.ofNanos(ticker.nanos() - readyNanos);
    }

    /**
     * Runs one of the host's own programs in the same way as {@link #run} and removes its traces, so that the next
     * program finds warm code paths. Must be called before {@code run}.
     */
    public void prime(Program program, Deadline deadline) {
        channel.current().prime(program, deadline);
    }

    /**
     * Runs the program.
     *
     * <p>The guest enforces {@code timeout}. If it does not, the host ends the program when its {@link
     * ResponseDeadline} passes, and the program counts as timed out. Interrupting the calling thread cancels the
     * program and clears the interrupt, so that the thread can clean up and report.
     */
    public ProgramRun run(Program program, Duration timeout, TraceId traceId, OutputSink sink) {
        use();
        long startNanos = ticker.nanos();
        try {
            ResponseDeadline deadline = ResponseDeadline.after(timeout, ticker);
            NetworkWatch network = new NetworkWatch(sink);
            ProgramExit exit = channel.current().execute(program, timeout, traceId, new CappedSink(network), deadline);
            return new ProgramRun(exit, network.hint(program, exit.outcome()));
        } catch (NeuroVisorException exception) {
            if (exception.fault() == Fault.LANGUAGE_MISSING) {
                throw languageMissing(program.language(), exception);
            }
            if (exception.fault() == Fault.INTERRUPTED) {
                boolean _ = Thread.interrupted(); // Cleared, so that the clean-up is not interrupted.
            }
            Duration elapsed = Duration.ofNanos(ticker.nanos() - startNanos);
            // Before anything else: computing the details waits until the end of the machine is known.
            String detail = detailOf(exception);
            return new ProgramRun(ProgramExit.killed(outcomeOf(exception), elapsed), detail);
        }
    }

    /**
     * Turns the guest into a living sandbox instead of running a program.
     *
     * @param environment of all its processes
     * @param directory in which they start; empty for the home
     * @return the space for files in bytes
     */
    public long adopt(Map<String, String> environment, Optional<String> directory, Deadline deadline) {
        use();
        return channel.current().adopt(environment, directory, deadline);
    }

    /** Returns the processes of a living sandbox. */
    public GuestProcesses processes() {
        return channel.current().processes();
    }

    /** Returns the files of a living sandbox. */
    public GuestFiles files() {
        return channel.current().files();
    }

    /** Returns the code interpreter of a living sandbox. */
    public GuestInterpreter interpreter() {
        return channel.current().interpreter();
    }

    /** Measures the guest of a living sandbox. */
    public GuestUsage usage(Deadline deadline) {
        return channel.current().usage(deadline);
    }

    /** Sets the clock of a living sandbox. */
    public void setClock(Deadline deadline) {
        channel.current().setClock(deadline);
    }

    /**
     * Writes a checkpoint of a living sandbox and leaves the machine stopped. If this fails, the sandbox goes on, and the directory
     * does not exist. Calls for its processes and files end with {@code SANDBOX_MOVED}, also if this fails; the caller makes none
     * before {@link #goOn} has returned or this has failed.
     *
     * @param directory is created, open to this user only
     * @throws NeuroVisorException {@code GUEST_REFUSED} if a program does not stop; {@code SANDBOX_LOST} if the sandbox did not go
     *     on, so that the machine was killed
     */
    public Checkpoint save(Path directory, Deadline deadline) {
        if (!(start instanceof VmStart.Restore)) {
            throw new IllegalStateException("virtual machine " + vm.id() + " is not a clone of a template");
        }
        return channel.save(directory, deadline);
    }

    /**
     * Lets a sandbox go on after a {@link #save}. Not interruptible.
     *
     * @throws NeuroVisorException {@code SANDBOX_LOST} if it does not go on, so that the machine was killed
     */
    public void goOn() {
        channel.goOn();
    }

    /** Returns what was done to save or continue its sandbox since this was last asked, each step once. */
    public List<MachineStep> takeSteps() {
        return channel.steps().take();
    }

    private void use() {
        if (!used.compareAndSet(false, true)) {
            throw new IllegalStateException("virtual machine " + vm.id() + " has been used");
        }
    }

    /** Kills the machine; returns when its guest executes nothing more. The machine must still be closed. */
    public void kill() {
        vm.kill();
    }

    @Override
    public void close() {
        channel.close();
        vm.close();
    }

    private NeuroVisorException languageMissing(Language language, NeuroVisorException exception) {
        return new NeuroVisorException(
                Fault.LANGUAGE_MISSING,
                "image %s cannot run %s: %s; choose image %s, or build one from it"
                        .formatted(start.files().image(), language.label(), exception.getMessage(), language.image()),
                exception);
    }

    private Outcome outcomeOf(NeuroVisorException exception) {
        return switch (exception.fault()) {
            case GUEST_SILENT -> Outcome.TIMED_OUT;
            case SANDBOX_LOST -> vm.ranOutOfMemory() ? Outcome.OUT_OF_MEMORY : Outcome.SANDBOX_DIED;
            case GUEST_EXCEEDED -> Outcome.OUTPUT_LIMIT;
            case INTERRUPTED -> Outcome.CANCELLED;
            default -> throw exception;
        };
    }

    private String detailOf(NeuroVisorException exception) {
        return switch (exception.fault()) {
            case GUEST_SILENT -> "the guest did not end the program in time, so the host destroyed the virtual machine";
            case GUEST_EXCEEDED -> String.valueOf(exception.getMessage());
            case INTERRUPTED -> "";
            default -> VmDiagnosis.describe(vm, exception);
        };
    }
}
