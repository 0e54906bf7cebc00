package io.neurovisor.server.daemon;

import io.grpc.BindableService;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.sandbox.SandboxPhase;
import io.neurovisor.engine.sandbox.SandboxRecord;
import io.neurovisor.engine.sandbox.Sandboxes;
import io.neurovisor.engine.sandbox.checkpoint.CheckpointStore;
import io.neurovisor.engine.sandbox.checkpoint.MachineSaving;
import io.neurovisor.engine.sandbox.snapshot.Snapshots;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.Flattening;
import io.neurovisor.server.InstalledComponents;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.Settings;
import io.neurovisor.server.access.Callers;
import io.neurovisor.server.access.OwnCalls;
import io.neurovisor.server.access.keys.ApiKeys;
import io.neurovisor.server.agent.AgentSandboxes;
import io.neurovisor.server.audit.AuditLog;
import io.neurovisor.server.config.Config;
import io.neurovisor.server.grpc.TraceInterceptor;
import io.neurovisor.server.grpc.sandbox.FileGrpcService;
import io.neurovisor.server.grpc.sandbox.InterpreterGrpcService;
import io.neurovisor.server.grpc.sandbox.ProcessGrpcService;
import io.neurovisor.server.grpc.sandbox.RunningSandboxes;
import io.neurovisor.server.grpc.sandbox.SandboxCreator;
import io.neurovisor.server.grpc.sandbox.SandboxGrpcService;
import io.neurovisor.server.grpc.sandbox.ServedAgentSandboxes;
import io.neurovisor.server.sandbox.FileWrites;
import io.neurovisor.server.sandbox.InvalidKeys;
import io.neurovisor.server.sandbox.SandboxAudit;
import io.neurovisor.server.sandbox.SandboxListeners;
import io.neurovisor.server.sandbox.SandboxMeasurements;
import io.neurovisor.server.sandbox.SandboxOperations;
import io.neurovisor.server.sandbox.SandboxWatches;
import io.neurovisor.server.sandbox.TenantSandboxes;
import io.neurovisor.server.sandbox.TenantSnapshots;
import io.neurovisor.server.sandbox.records.SandboxDatabase;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The sandboxes of a daemon, with their records and services. */
final class SandboxServices implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SandboxServices.class);

    /** Keys are revoked by other processes, and their sandboxes are to end within a second. */
    private static final Duration KEYS_INTERVAL = Duration.ofMillis(500);

    private final Config config;
    private final SandboxDatabase records;
    private final SandboxWatches watches;
    private final Sandboxes sandboxes;
    private final Snapshots snapshots;
    private final SandboxMeasurements measurements;
    private final FileWrites fileWrites;
    private final SandboxCreator creator;
    private final Upkeep upkeep = new Upkeep("sandbox-upkeep");

    private SandboxServices(
            Config config,
            NeuroVisor neuroVisor,
            CheckpointStore checkpoints,
            Flattening flattening,
            SandboxDatabase records,
            AuditLog audit,
            SandboxOperations operations,
            InstantSource clock) {
        this.config = config;
        this.records = records;
        this.fileWrites = new FileWrites(audit);
        this.watches = new SandboxWatches(clock);
        MachineSaving saving = new MachineSaving(checkpoints, neuroVisor.vmm(), flattening);
        this.sandboxes = new Sandboxes(
                new Sandboxes.Limits(
                        config.sandbox().maxOf(config.pool().max()),
                        config.sandbox().maxPaused()),
                neuroVisor.pool(),
                saving,
                records,
                new SandboxListeners(List.of(
                        audit,
                        operations.metrics(),
                        watches,
                        operations.tracing().sandboxes())),
                Ticker.SYSTEM,
                clock,
                new SecureRandom(),
                SandboxOperations.executor());
        this.snapshots = new Snapshots(sandboxes, saving, clock, new SecureRandom());
        this.measurements = new SandboxMeasurements(
                sandboxes::all, Thread.ofVirtual().name("sandbox-usage")::start, Ticker.SYSTEM, clock);
        this.creator = creator(neuroVisor, audit, operations);
        operations.metrics().watch(sandboxes::all, measurements::processes, checkpoints::allBytes);
    }

    /**
     * Opens the records and checkpoints, and decides which sandboxes of daemons that have ended are paused or lost. Returns empty
     * if the settings allow no sandboxes.
     */
    static Optional<SandboxServices> open(
            Settings settings,
            NeuroVisor neuroVisor,
            ApiKeys keys,
            AuditLog audit,
            SandboxOperations operations,
            InstantSource clock) {
        if (settings.config().sandbox().maxOf(settings.config().pool().max()) == 0) {
            return Optional.empty();
        }
        CheckpointStore checkpoints = InstalledComponents.checkpoints(settings, neuroVisor.supervisor());
        SandboxDatabase records = SandboxDatabase.open(settings.sandboxes(), clock, checkpoints);
        int lost = records.endLost();
        if (lost > 0) {
            LOG.warn("{} sandboxes were lost with a daemon that was killed", lost);
        }
        checkpoints.sweep(records.kept());
        SandboxServices services = new SandboxServices(
                settings.config(), neuroVisor, checkpoints, neuroVisor.flattening(), records, audit, operations, clock);
        services.sandboxes.start();
        services.upkeep.every(
                KEYS_INTERVAL, new InvalidKeys(services.sandboxes, services.snapshots, keys, clock)::look);
        services.upkeep.every(SandboxMeasurements.INTERVAL, services.measurements::measure);
        services.upkeep.every(FileWrites.INTERVAL, services.fileWrites::report);
        return Optional.of(services);
    }

    List<BindableService> services() {
        TenantSandboxes tenants = creator.sandboxes();
        RunningSandboxes running = id -> {
            Sandbox sandbox = tenants.running(id);
            return new RunningSandboxes.Guest(
                    tenants.processes(sandbox), tenants.files(sandbox), tenants.interpreter(sandbox));
        };
        return List.of(
                new SandboxGrpcService(creator),
                new ProcessGrpcService(running),
                new FileGrpcService(running),
                new InterpreterGrpcService(running));
    }

    /** Returns the sandboxes of the running call for agents. */
    AgentSandboxes ofAgents() {
        return new ServedAgentSandboxes(creator);
    }

    private SandboxCreator creator(NeuroVisor neuroVisor, AuditLog audit, SandboxOperations operations) {
        SandboxAudit changes = new SandboxAudit(audit, TraceInterceptor::currentId);
        TenantSandboxes tenants =
                new TenantSandboxes(sandboxes, snapshots, changes, operations, watches, measurements, fileWrites);
        return new SandboxCreator(
                tenants,
                new TenantSnapshots(tenants, snapshots, changes, operations),
                SandboxCreator.Defaults.of(config),
                neuroVisor::available);
    }

    /** Returns the sandboxes that have not ended, the newest first. */
    List<Sandbox> living() {
        return sandboxes.all();
    }

    /** Returns what finds the owners of sandboxes, for calls on their behalf. */
    static OwnCalls.Owners owners(Optional<SandboxServices> sandboxes, Callers callers, ApiKeys keys) {
        return id -> sandboxes.flatMap(some -> some.ownerOf(id)).flatMap(owner -> callers.labelled(owner, keys::find));
    }

    private Optional<String> ownerOf(String id) {
        return sandboxes.all().stream()
                .filter(sandbox -> sandbox.id().value().equals(id))
                .map(sandbox -> sandbox.record().owner())
                .findFirst();
    }

    SandboxDatabase records() {
        return records;
    }

    /** Returns the number of sandboxes that have a machine or wait for one. */
    int withMachines() {
        return Math.toIntExact(sandboxes.all().stream()
                .filter(sandbox -> sandbox.phase() != SandboxPhase.PAUSED)
                .count());
    }

    /** Refuses further sandboxes and those that wait for a machine. */
    void refuse() {
        sandboxes.refuse();
    }

    /** Ends all sandboxes as lost. */
    void lose() {
        sandboxes.lose();
    }

    /**
     * Pauses all sandboxes until the deadline, and ends the others as lost; then ends the calls that use or watch them. If machines
     * cannot be saved, ends all.
     */
    void pause(Deadline deadline) {
        if (config.guest().snapshot()) {
            List<SandboxRecord> _ = sandboxes.pauseAll(deadline);
        } else {
            sandboxes.close();
        }
        watches.close();
    }

    @Override
    public void close() {
        upkeep.close();
        sandboxes.close();
        watches.close();
        fileWrites.report();
        records.close();
    }
}
