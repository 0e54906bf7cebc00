package io.neurovisor.host.firecracker;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.host.guestlink.GuestLinks;
import io.neurovisor.host.guestlink.GuestRateLimit;
import io.neurovisor.host.spawner.VmmProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Connects to a guest's agent by vsock: again and again until the agent has answered, for the first connection says little.
 * A guest whose driver is not up yet leaves it without an answer, one whose agent does not listen yet ends it, and one that
 * was just restored accepts it and then resets it.
 */
final class VsockConnector {
    private static final int AGENT_PORT = 6000;

    /**
     * A guest whose driver is up accepts within a millisecond, and one that has none yet never does, so the first tries are
     * short. On a host so loaded that all of them are too short, it is the later ones that get through.
     */
    private static final Duration FIRST_ACCEPTANCE = Duration.ofMillis(100);

    private static final Duration LONGEST_ACCEPTANCE = Duration.ofSeconds(4);

    /** Whoever has accepted answers soon, also on a host that is loaded. Else another connection may fare better. */
    private static final Duration ANSWER = Duration.ofSeconds(8);

    /** Between two tries, but for the second, which is made at once: the first of a restored guest is usually reset. */
    private static final Duration FIRST_PAUSE = Duration.ofMillis(10);

    /** Each try takes from the time in which the guest would get up. */
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(160);

    private final GuestLinks links;
    private final Path socket;
    private final VmmProcess process;
    private final GuestRateLimit bucket;
    private final Ticker ticker;
    private final AtomicReference<@Nullable GuestChannel> current = new AtomicReference<>();

    VsockConnector(GuestLinks links, Path socket, VmmProcess process, GuestRateLimit bucket, Ticker ticker) {
        this.links = requireNonNull(links, "links is null");
        this.socket = requireNonNull(socket, "socket is null");
        this.process = requireNonNull(process, "process is null");
        this.bucket = requireNonNull(bucket, "bucket is null");
        this.ticker = requireNonNull(ticker, "ticker is null");
        // A call that waits for a guest must end when its machine does, not at its deadline.
        process.onExit(this::closeCurrent);
    }

    /** A channel whose agent has answered; its end is that of the machine. */
    GuestChannel connect(Deadline deadline) {
        Duration acceptance = FIRST_ACCEPTANCE;
        Duration pause = Duration.ZERO;
        while (true) {
            long startNanos = ticker.nanos();
            GuestChannel channel = links.openVsock(socket, AGENT_PORT, acceptance, bucket);
            current.set(channel);
            try {
                channel.hello(Deadline.after(shorter(ANSWER, deadline.remaining()), ticker));
                closeIfEnded();
                return channel;
            } catch (NeuroVisorException exception) {
                channel.close();
                if (!isTransient(exception) || deadline.hasPassed() || process.endsWithin(pause)) {
                    throw exception;
                }
                if (ticker.nanos() - startNanos >= acceptance.toNanos()) {
                    acceptance = shorter(acceptance.multipliedBy(2), LONGEST_ACCEPTANCE);
                }
                pause = pause.isZero() ? FIRST_PAUSE : shorter(pause.multipliedBy(2), LONGEST_PAUSE);
            }
        }
    }

    /** The agent may be there a moment later. */
    private static boolean isTransient(NeuroVisorException exception) {
        return exception.fault() == Fault.SANDBOX_LOST || exception.fault() == Fault.GUEST_SILENT;
    }

    /** The machine may have ended between the answer and the moment in which its channel was known. */
    private void closeIfEnded() {
        if (process.exit().isDone()) {
            closeCurrent();
        }
    }

    private void closeCurrent() {
        GuestChannel channel = current.get();
        if (channel != null) {
            channel.close();
        }
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
