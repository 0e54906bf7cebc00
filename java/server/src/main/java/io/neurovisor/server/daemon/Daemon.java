package io.neurovisor.server.daemon;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.pool.PoolStatus;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.host.jail.SelfConfinement;
import io.neurovisor.host.spawner.EbpfCounts;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.Settings;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.grpc.GrpcPorts;
import io.neurovisor.server.grpc.UnfinishedCalls;
import io.neurovisor.server.grpc.UnfinishedCalls.Kind;
import io.neurovisor.server.grpc.execution.KeyedExecutions;
import io.neurovisor.server.trace.Tracing;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * NeuroVisor as a service. It accepts calls as soon as it has started, while the pool still starts machines. Closing it ends
 * every call and every virtual machine. After the start, the process cannot start programs ({@link SelfConfinement}).
 */
public final class Daemon implements AutoCloseable {
    /** The limit for gRPC in {@link #checkAlive}. */
    private static final Duration ANSWER = Duration.ofSeconds(10);

    /** The least time in which sandboxes are paused. */
    private static final Duration LEAST_PAUSES = Duration.ofSeconds(10);

    /** The limit for the calls of sandboxes that have ended, and for responses that are on their way. */
    private static final Duration LAST_STREAMS = Duration.ofSeconds(5);

    /** The limit for machines to end after their calls have ended. */
    private static final Duration LAST_MACHINES = Duration.ofSeconds(10);

    private final ResourceStack resources;
    private final NeuroVisor neuroVisor;
    private final GrpcPorts ports;
    private final UnfinishedCalls unfinished;
    private final KeyedExecutions keyed;
    private final Optional<SandboxServices> sandboxes;
    private final SelfConfinement confinement;
    private final HealthWatch health;
    private final Readiness readiness;
    private final Path socket;
    private final InetSocketAddress address;
    private final InetSocketAddress statusAddress;
    private final Optional<HttpServing> http;
    private volatile boolean stoppedNow;

    Daemon(
            ResourceStack resources,
            NeuroVisor neuroVisor,
            GrpcPorts ports,
            UnfinishedCalls unfinished,
            KeyedExecutions keyed,
            Optional<SandboxServices> sandboxes,
            SelfConfinement confinement,
            HealthWatch health,
            Readiness readiness,
            Path socket,
            InetSocketAddress address,
            InetSocketAddress statusAddress,
            Optional<HttpServing> http) {
        this.http = http;
        this.resources = resources;
        this.neuroVisor = neuroVisor;
        this.ports = ports;
        this.unfinished = unfinished;
        this.keyed = keyed;
        this.sandboxes = sandboxes;
        this.confinement = confinement;
        this.health = health;
        this.readiness = readiness;
        this.socket = socket;
        this.address = address;
        this.statusAddress = statusAddress;
    }

    /**
     * Builds the default image if it is missing, and starts to serve.
     *
     * @param loaded the settings with their sources
     * @param apis of its HTTP port
     * @param tracing is not closed with the daemon
     */
    public static Daemon start(
            Settings settings, LoadedConfig loaded, HttpApis apis, Tracing tracing, Progress progress) {
        ResourceStack resources = new ResourceStack();
        boolean started = false;
        try {
            Daemon daemon = new DaemonWiring(resources, settings, loaded, apis, tracing, progress).start();
            started = true;
            return daemon;
        } finally {
            if (!started) {
                resources.close();
            }
        }
    }

    /** Returns the TCP address of the gRPC port. */
    public InetSocketAddress address() {
        return address;
    }

    /** Returns the Unix socket for this user and root. */
    public Path socket() {
        return socket;
    }

    /** Returns the address of the metrics port, which also serves the status page. */
    public InetSocketAddress statusAddress() {
        return statusAddress;
    }

    /** Returns the address of the HTTP port; empty if there is none. */
    public Optional<HttpAddress> httpAddress() {
        return http.map(HttpServing::address);
    }

    public SelfConfinement confinement() {
        return confinement;
    }

    public NeuroVisor neuroVisor() {
        return neuroVisor;
    }

    /**
     * Returns when gRPC, the pool and the spawner have responded. Does not return if the pool's lock is never released.
     *
     * @throws NeuroVisorException if gRPC or the spawner does not respond
     */
    public void checkAlive() {
        ports.checkAlive(ANSWER);
        PoolStatus _ = neuroVisor.pool().status();
        EbpfCounts _ = neuroVisor.ebpf();
    }

    /** Returns the number of programs that run or wait for a machine. */
    public int busy() {
        PoolStatus pool = neuroVisor.pool().status();
        return Math.max(0, pool.active() + pool.waiting() - living());
    }

    private int living() {
        return sandboxes.map(SandboxServices::withMachines).orElse(0);
    }

    /**
     * Stops accepting calls and waits until the running calls have ended, at most {@code limit}; then cancels them.
     * Sandboxes are paused before that, in the rest of the limit, but at least 10 seconds, and the calls that use them end with
     * the reason. Sandboxes that wait for a machine are refused immediately. {@link #stopNow} from another thread cancels calls
     * earlier, and loses the sandboxes that are not paused. Returns false if calls were
     * cancelled.
     */
    public boolean drain(Duration limit) throws InterruptedException {
        readiness.drain();
        health.drain();
        http.ifPresent(HttpServing::stopAccepting);
        ports.stopAccepting();
        sandboxes.ifPresent(SandboxServices::refuse);
        health.closeWatches();
        Deadline first = Deadline.after(limit, Ticker.SYSTEM);
        boolean finished = unfinished.awaitEnd(Kind.ORDINARY, first) && keyed.awaitEnd(first);
        sandboxes.ifPresent(some -> some.pause(pauses(first)));
        Deadline streams = Deadline.after(LAST_STREAMS, Ticker.SYSTEM);
        // Also if other calls are cancelled next, which would hide the reason from the clients of sandboxes.
        boolean _ = unfinished.awaitEnd(Kind.SANDBOX, streams);
        if (!finished) {
            stopNow();
        } else if (!ports.awaitEnd(streams)) {
            ports.stopNow();
        }
        Deadline last = Deadline.after(LAST_MACHINES, Ticker.SYSTEM);
        boolean ended = ports.awaitEnd(last) && keyed.awaitEnd(last);
        if (http.isPresent()) {
            http.get().awaitEnd(last); // Their calls have ended, and the last bytes may be on their way.
        }
        return neuroVisor.pool().drain(last) && ended && !stoppedNow;
    }

    /** Executions that have used up the limit must not cost the sandboxes. */
    private static Deadline pauses(Deadline limit) {
        return limit.remaining().compareTo(LEAST_PAUSES) < 0 ? Deadline.after(LEAST_PAUSES, Ticker.SYSTEM) : limit;
    }

    /** Ends the sandboxes as lost and cancels all calls: no machine lives without the spawner. */
    public void endWithoutSpawner() throws InterruptedException {
        sandboxes.ifPresent(SandboxServices::lose);
        boolean _ = drain(Duration.ZERO);
    }

    public void stopNow() {
        stoppedNow = true;
        sandboxes.ifPresent(SandboxServices::lose);
        ports.stopNow();
        keyed.stopNow();
    }

    @Override
    public void close() {
        resources.close();
    }
}
