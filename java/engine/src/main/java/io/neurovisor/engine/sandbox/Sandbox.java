package io.neurovisor.engine.sandbox;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.guest.ResponseDeadline;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmDiagnosis;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A fresh virtual machine for one program. Closing it destroys the machine. */
public final class Sandbox implements AutoCloseable {
    private final VmStart start;
    private final Vm vm;
    private final GuestChannel channel;
    private final CompletableFuture<List<LayerState>> layers;
    private final Ticker ticker;
    private final long startNanos;
    private final long readyNanos;

    /**
     * @param layers are being read off the machine
     * @param startNanos when the machine's start was begun, by the ticker
     */
    Sandbox(
            VmStart start,
            Vm vm,
            GuestChannel channel,
            CompletableFuture<List<LayerState>> layers,
            Ticker ticker,
            long startNanos) {
        this.start = requireNonNull(start, "start is null");
        this.vm = requireNonNull(vm, "vm is null");
        this.channel = requireNonNull(channel, "channel is null");
        this.layers = requireNonNull(layers, "layers is null");
        this.ticker = requireNonNull(ticker, "ticker is null");
        this.startNanos = startNanos;
        this.readyNanos = ticker.nanos();
    }

    public VmId vmId() {
        return vm.id();
    }

    /** What protects the host from this machine, read off it when it was started. */
    public List<LayerState> layers() {
        return layers.join(); // A few milliseconds: not worth an interruption.
    }

    /** The VMM's last words if the machine has ended. */
    public Optional<String> death() {
        return vm.death();
    }

    /** What of the host's memory the machine has to itself at this moment; 0 once it has ended. */
    public long residentBytes() {
        return vm.residentBytes();
    }

    /** What the machine came from. */
    public VmStart start() {
        return start;
    }

    /** From the start of the machine until its guest had answered and had an identity of its own. */
    public Duration startTime() {
        return Duration.ofNanos(readyNanos - startNanos);
    }

    /** Since then. */
    public Duration age() {
        return Duration.ofNanos(ticker.nanos() - readyNanos);
    }

    /**
     * Sends a program of the host's own along the path that {@link #run} takes and removes its traces, so that the program
     * to come finds that path warm. Only before {@code run}.
     */
    public void prime(Program program, Deadline deadline) {
        channel.prime(program, deadline);
    }

    /**
     * Runs the program. The guest enforces {@code timeout}; a guest that does not is cut off when the host's
     * {@link ResponseDeadline} passes, and its program counts as timed out all the same. Interrupting the calling thread cancels the
     * program, with which the interruption is served: the thread goes on to clean up and to report.
     */
    public SandboxRun run(Program program, Duration timeout, TraceId traceId, OutputSink sink) {
        long startNanos = ticker.nanos();
        try {
            ResponseDeadline deadline = ResponseDeadline.after(timeout, ticker);
            return new SandboxRun(channel.execute(program, timeout, traceId, new CappedSink(sink), deadline), "");
        } catch (NeuroVisorException exception) {
            if (exception.fault() == Fault.LANGUAGE_MISSING) {
                throw languageMissing(program.language(), exception);
            }
            if (exception.fault() == Fault.INTERRUPTED) {
                boolean _ = Thread.interrupted(); // Served: what follows must not be cut off by it.
            }
            Duration elapsed = Duration.ofNanos(ticker.nanos() - startNanos);
            // The details first: whoever asks for them waits until it is known how the machine has ended.
            String detail = detailOf(exception);
            return new SandboxRun(ProgramExit.killed(outcomeOf(exception), elapsed), detail);
        }
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
