package io.neurovisor.host.firecracker;

import io.netty.channel.ChannelFuture;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.host.guestlink.GuestLinks;
import io.neurovisor.host.guestlink.wire.GuestRateLimit;
import io.neurovisor.host.spawner.VmmProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Connects to a guest's agent by vsock. It retries until the agent has answered, because accepted connections may fail:
 * a guest whose driver is not up yet never answers, one whose agent does not listen yet closes the connection, and one
 * that was just restored accepts and then resets it.
 */
final class VsockConnector {
    private static final int AGENT_PORT = 6000;

    /**
     * A guest whose driver is up accepts within a millisecond, and one without a driver never does, so the first
     * attempts are short. On a very loaded host a later attempt succeeds.
     */
    private static final Duration FIRST_ACCEPTANCE = Duration.ofMillis(100);

    private static final Duration LONGEST_ACCEPTANCE = Duration.ofSeconds(4);

    /**
     * A guest that has accepted answers within this time, even on a loaded host. After it, another connection may be
     * more successful.
     */
    private static final Duration ANSWER = Duration.ofSeconds(8);

    /**
     * The pause before the third attempt. The second follows immediately, as a restored guest usually resets the first
     * connection.
     */
    private static final Duration FIRST_PAUSE = Duration.ofMillis(10);

    /** Short, because each attempt delays the start of the guest. */
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(160);

    private final GuestLinks links;
    private final Path socket;
    private final VmmProcess process;
    private final GuestRateLimit rateLimit;
    private final Ticker ticker;
    /** The ends of open connections. */
    private final Set<ChannelFuture> connections = ConcurrentHashMap.newKeySet();

    private final AtomicReference<@Nullable GuestChannel> current = new AtomicReference<>();

    VsockConnector(GuestLinks links, Path socket, VmmProcess process, GuestRateLimit rateLimit, Ticker ticker) {
        this.links = links;
        this.socket = socket;
        this.process = process;
        this.rateLimit = rateLimit;
        this.ticker = ticker;
        // A call that waits for the guest ends with its machine instead of at its deadline.
        process.onExit(this::closeCurrent);
    }

    /** Returns a channel whose agent has answered; it ends with the machine. */
    GuestChannel connect(Deadline deadline) {
        Duration acceptance = FIRST_ACCEPTANCE;
        Duration pause = Duration.ZERO;
        while (true) {
            long startNanos = ticker.nanos();
            GuestChannel channel = links.openVsock(socket, AGENT_PORT, acceptance, rateLimit, this::add);
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

    /**
     * Waits until all connections are closed. Firecracker stops the processors only, and would pass the end of a connection on
     * to a guest that is being saved. It handles events in order, so it has done that when the request after the next begins.
     */
    void awaitHangUp(Deadline deadline) {
        for (ChannelFuture connection : connections) {
            try {
                if (!connection.await(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS)) {
                    throw new NeuroVisorException(
                            Fault.VMM_FAILED, "a connection to the guest is still open, so it cannot be saved");
                }
            } catch (InterruptedException exception) {
                throw NeuroVisorException.interrupted(
                        "waiting for the end of connections to a guest was interrupted", exception);
            }
        }
    }

    private void add(ChannelFuture connection) {
        connections.add(connection);
        ChannelFuture _ = connection.addListener(_ -> connections.remove(connection));
    }

    /** Returns whether the agent may become available shortly. */
    private static boolean isTransient(NeuroVisorException exception) {
        return exception.fault() == Fault.SANDBOX_LOST || exception.fault() == Fault.GUEST_SILENT;
    }

    /** The machine may have ended after the answer, before its channel was recorded. */
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
