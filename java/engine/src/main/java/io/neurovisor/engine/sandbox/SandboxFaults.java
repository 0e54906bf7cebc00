package io.neurovisor.engine.sandbox;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/** The exceptions for sandboxes: they state the reason, the sandbox and a remedy. */
final class SandboxFaults {
    private static final int MEBIBYTE_BITS = 20;

    private SandboxFaults() {}

    static NeuroVisorException allUsed(int most, Duration retry) {
        return NeuroVisorException.later(
                Fault.SANDBOX_QUOTA,
                "the limit of this daemon for sandboxes is reached (%d); kill one or wait for an end, or allow more with --max-sandboxes"
                        .formatted(most),
                retry);
    }

    static NeuroVisorException numberUsed(SandboxOwner owner, int number, Duration retry) {
        return NeuroVisorException.later(
                Fault.SANDBOX_QUOTA,
                "the limit of %s for sandboxes is reached (%d); kill one or wait for an end, or make a key with a larger --max-sandboxes"
                        .formatted(owner.name(), number),
                retry);
    }

    /**
     * @param usedBytes the memory of the owner's sandboxes
     * @param wantedBytes that of the one more
     */
    static NeuroVisorException memoryUsed(SandboxOwner owner, long usedBytes, long wantedBytes, Duration retry) {
        return NeuroVisorException.later(
                Fault.SANDBOX_QUOTA,
                "the sandboxes of %s have %d MiB of memory and one more of %d MiB would exceed its limit of %d MiB; kill one or wait for an end, or make a key with a larger --sandbox-memory"
                        .formatted(
                                owner.name(),
                                usedBytes >> MEBIBYTE_BITS,
                                wantedBytes >> MEBIBYTE_BITS,
                                owner.memoryBytes().orElse(0L) >> MEBIBYTE_BITS),
                retry);
    }

    static NeuroVisorException allPaused(int most) {
        return new NeuroVisorException(
                Fault.SANDBOX_QUOTA,
                "the limit of this daemon for paused sandboxes is reached (%d); resume or kill one, or allow more with --max-paused"
                        .formatted(most));
    }

    static NeuroVisorException allOwnPaused(SandboxOwner owner) {
        return new NeuroVisorException(
                Fault.SANDBOX_QUOTA,
                "the limit of %s for paused sandboxes is reached (%d); resume or kill one"
                        .formatted(owner.name(), owner.paused().orElse(0)));
    }

    static NeuroVisorException stopping() {
        return new NeuroVisorException(
                Fault.STOPPING, "NeuroVisor is shutting down and runs no more sandboxes; start it again");
    }

    static NeuroVisorException paused(SandboxId id) {
        return new NeuroVisorException(
                Fault.SANDBOX_PAUSED,
                "sandbox " + id + " is paused; resume it with ./neurovisor sandbox resume, or the call Connect");
    }

    /** Reports to a call under way that its sandbox stood still. */
    static NeuroVisorException savedMeanwhile(SandboxId id, NeuroVisorException cause) {
        return new NeuroVisorException(
                Fault.SANDBOX_MOVED, "sandbox " + id + " was paused or copied during the call; repeat the call", cause);
    }

    static NeuroVisorException unknown(SandboxId id) {
        return new NeuroVisorException(
                Fault.SANDBOX_UNKNOWN,
                "no sandbox has the id " + id + "; ./neurovisor sandbox list shows those that run");
    }

    /** @param record of a sandbox that has ended */
    static NeuroVisorException ended(SandboxRecord record) {
        String remedy = record.older()
                .map(older ->
                        "; it was saved at %s: ./neurovisor sandbox resume --accept-older %s goes back to that time, or create a new one"
                                .formatted(older.saved().truncatedTo(ChronoUnit.SECONDS), record.id()))
                .orElse("; create a new one");
        return new NeuroVisorException(Fault.SANDBOX_UNKNOWN, sentence(record) + remedy);
    }

    static NeuroVisorException goneBackElsewhere(SandboxId id) {
        return new NeuroVisorException(
                Fault.SANDBOX_UNKNOWN,
                "sandbox " + id + " has ended, or has gone back to its checkpoint with another daemon; ask that one");
    }

    /** Reports the end of a sandbox to the call that creates it. */
    static NeuroVisorException endedBefore(SandboxRecord record) {
        boolean stopped = record.end()
                .filter(end -> end == SandboxEnd.SHUTDOWN || end == SandboxEnd.LOST)
                .isPresent();
        return stopped ? stopping() : ended(record);
    }

    /** Reports the end of a sandbox to a call under way. */
    static NeuroVisorException endedMeanwhile(SandboxRecord record, Optional<NeuroVisorException> cause) {
        boolean died = record.end()
                .filter(end -> end == SandboxEnd.DIED || end == SandboxEnd.OUT_OF_MEMORY)
                .isPresent();
        return new NeuroVisorException(
                died ? Fault.SANDBOX_DIED : Fault.SANDBOX_MOVED,
                sentence(record) + "; create a new one",
                cause.orElse(null));
    }

    static NeuroVisorException busy(SandboxId id, SandboxPhase phase) {
        return new NeuroVisorException(
                Fault.SANDBOX_BUSY,
                "sandbox %s is %s, which takes longer than a call waits; try again"
                        .formatted(
                                id,
                                switch (phase) {
                                    case CREATING -> "being created";
                                    case COPYING -> "being copied";
                                    case PAUSING -> "being paused";
                                    case RESUMING -> "being resumed";
                                    case RUNNING, PAUSED, ENDED -> "being changed";
                                }));
    }

    /** Returns the failure of a change for one of the calls that waited for it, with the stack trace of that call. */
    static NeuroVisorException notReached(SandboxId id, Throwable cause) {
        if (cause instanceof NeuroVisorException failure) {
            return new NeuroVisorException(failure.fault(), String.valueOf(failure.getMessage()), failure);
        }
        return new NeuroVisorException(Fault.INTERNAL, "sandbox " + id + " was not changed: " + cause, cause);
    }

    static NeuroVisorException interrupted(SandboxId id, InterruptedException exception) {
        return NeuroVisorException.interrupted("waiting for sandbox " + id + " was interrupted", exception);
    }

    private static String sentence(SandboxRecord record) {
        Instant time = record.ends().truncatedTo(ChronoUnit.SECONDS);
        return "sandbox %s %s at %s%s"
                .formatted(
                        record.id(),
                        record.end().map(SandboxFaults::verb).orElse("ended"),
                        time,
                        record.endDetail().isEmpty() ? "" : ": " + record.endDetail());
    }

    private static String verb(SandboxEnd end) {
        return switch (end) {
            case KILLED -> "was killed";
            case TIMED_OUT -> "timed out";
            case DIED -> "died";
            case OUT_OF_MEMORY -> "ran out of memory and was killed";
            case LOST -> "was lost with its daemon";
            case REVOKED -> "was ended with its key, which was revoked,";
            case KEY_EXPIRED -> "was ended with its key, which had expired,";
            case SHUTDOWN -> "was shut down with its daemon";
            case FAILED -> "did not start";
        };
    }
}
