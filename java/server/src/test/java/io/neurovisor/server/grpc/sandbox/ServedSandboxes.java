package io.neurovisor.server.grpc.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Channel;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.MachineListener;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.engine.pool.WarmPool;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.sandbox.Sandboxes;
import io.neurovisor.engine.sandbox.checkpoint.MachineSaving;
import io.neurovisor.engine.sandbox.snapshot.Snapshots;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.proto.sandbox.InterpreterServiceGrpc;
import io.neurovisor.proto.sandbox.ProcessServiceGrpc;
import io.neurovisor.proto.sandbox.SandboxServiceGrpc;
import io.neurovisor.server.access.Tenant;
import io.neurovisor.server.access.keys.AccessKey;
import io.neurovisor.server.access.keys.ApiKeys;
import io.neurovisor.server.access.keys.KeyExpiry;
import io.neurovisor.server.access.keys.KeyGrant;
import io.neurovisor.server.access.keys.KeyName;
import io.neurovisor.server.access.keys.SandboxQuota;
import io.neurovisor.server.access.keys.Scope;
import io.neurovisor.server.audit.AuditLog;
import io.neurovisor.server.grpc.TestServer;
import io.neurovisor.server.grpc.TraceInterceptor;
import io.neurovisor.server.metrics.Metrics;
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
import io.neurovisor.server.trace.Tracing;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.TestPools;
import io.neurovisor.testkit.checkpoint.TemporaryCheckpoints;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;

/** The sandbox service as the daemon runs it, with fake machines, for several tenants. */
final class ServedSandboxes implements AutoCloseable {
    static final int MOST = 5;
    static final int MOST_PAUSED = 2;

    private static final MachineKind USUAL = new MachineKind("base", SandboxSize.SMALL);

    /** What outlives a daemon. */
    private final Host host;

    private final WarmPool pool;
    private final List<TestServer> servers = new ArrayList<>();
    private final Metrics metrics = new Metrics();
    private final Tracing tracing;
    private final ApiKeys keys;
    private final AuditLog audit;
    private final SandboxDatabase records;
    private final SandboxWatches watches = new SandboxWatches(InstantSource.system());
    private final Sandboxes sandboxes;
    private final Snapshots snapshots;
    private final SandboxMeasurements measurements;
    private final SandboxGrpcService service;
    private final ProcessGrpcService processes;
    private final InterpreterGrpcService interpreters;

    /** The files and the VMM of a machine on which daemons follow each other. */
    private record Host(Path data, List<FakeGuest> guests, FakeVmm vmm, TemporaryCheckpoints checkpoints) {
        static Host in(Path data) {
            List<FakeGuest> guests = new CopyOnWriteArrayList<>();
            FakeVmm vmm = new FakeVmm(_ -> {
                FakeGuest guest = new FakeGuest();
                guests.add(guest);
                return guest;
            });
            Host host = new Host(data, guests, vmm, new TemporaryCheckpoints(() -> data.resolve("checkpoints")));
            try {
                Path _ = Files.createDirectories(data.resolve("checkpoints"));
                Path _ = Files.writeString(
                        Files.createDirectories(host.template().directory()).resolve("state"), "");
            } catch (IOException exception) {
                throw new UncheckedIOException(exception);
            }
            return host;
        }

        SavedVm template() {
            return new SavedVm(TestFiles.bootFiles(), SandboxSize.SMALL, data.resolve("template"));
        }
    }

    ServedSandboxes(Path data) {
        this(data, Tracing.OFF);
    }

    ServedSandboxes(Path data, Tracing tracing) {
        this(Host.in(data), tracing);
    }

    private ServedSandboxes(Host host, Tracing tracing) {
        this.host = host;
        this.tracing = tracing;
        Path data = host.data();
        pool = new WarmPool(
                TestPools.plan(USUAL, 0, 10, Duration.ofSeconds(30)),
                TestPools.clones(host.vmm(), host::template, Ticker.SYSTEM),
                _ -> {},
                Ticker.SYSTEM,
                MachineListener.NONE);
        keys = ApiKeys.open(data.resolve("access"), InstantSource.system());
        audit = new AuditLog(data.resolve("audit"), OptionalLong.empty(), InstantSource.system());
        records = SandboxDatabase.open(data.resolve("sandboxes"), InstantSource.system(), host.checkpoints());
        MachineSaving saving = new MachineSaving(host.checkpoints(), host.vmm().identity(), host.vmm());
        sandboxes = new Sandboxes(
                new Sandboxes.Limits(MOST, MOST_PAUSED),
                pool,
                saving,
                records,
                new SandboxListeners(List.of(audit, metrics.sandboxes(), watches, tracing.sandboxes())),
                Ticker.SYSTEM,
                InstantSource.system(),
                new SecureRandom(),
                SandboxOperations.executor());
        sandboxes.start();
        measurements = new SandboxMeasurements(sandboxes::all, Runnable::run, Ticker.SYSTEM, InstantSource.system());
        metrics.sandboxes().watch(sandboxes::all, measurements::processes, host.checkpoints()::allBytes);
        snapshots = new Snapshots(sandboxes, saving, InstantSource.system(), new SecureRandom());
        SandboxAudit changes = new SandboxAudit(audit, TraceInterceptor::currentId);
        SandboxOperations operations = new SandboxOperations(metrics.sandboxes(), tracing);
        TenantSandboxes tenants = new TenantSandboxes(
                sandboxes, snapshots, changes, operations, watches, measurements, new FileWrites(audit));
        RunningSandboxes running = id -> {
            Sandbox sandbox = tenants.running(id);
            return new RunningSandboxes.Guest(
                    tenants.processes(sandbox), tenants.files(sandbox), tenants.interpreter(sandbox));
        };
        processes = new ProcessGrpcService(running);
        interpreters = new InterpreterGrpcService(running);
        service = new SandboxGrpcService(new SandboxCreator(
                tenants,
                new TenantSnapshots(tenants, snapshots, changes, operations),
                new SandboxCreator.Defaults(USUAL, Duration.ofMinutes(5), Duration.ofSeconds(30)),
                ServedSandboxes::available));
    }

    private static MachineKind available(MachineKind kind) {
        if (!kind.image().equals(USUAL.image())) {
            throw new NeuroVisorException(Fault.IMAGE_UNKNOWN, "there is no such image");
        }
        return kind;
    }

    /** Returns the guests in the order of their starts. */
    List<FakeGuest> guests() {
        return host.guests();
    }

    /** Returns the service for calls of this tenant. */
    SandboxServiceGrpc.SandboxServiceBlockingStub as(Tenant tenant) {
        return SandboxServiceGrpc.newBlockingStub(channel(tenant));
    }

    /** Returns the processes for calls of this tenant. */
    ProcessServiceGrpc.ProcessServiceBlockingStub processesAs(Tenant tenant) {
        return ProcessServiceGrpc.newBlockingStub(channel(tenant));
    }

    /** Returns the code interpreters for calls of this tenant. */
    InterpreterServiceGrpc.InterpreterServiceBlockingStub interpretersAs(Tenant tenant) {
        return InterpreterServiceGrpc.newBlockingStub(channel(tenant));
    }

    private Channel channel(Tenant tenant) {
        try {
            TestServer server = new TestServer(List.of(service, processes, interpreters), tenant, tracing);
            servers.add(server);
            return server.channel();
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** Returns the holder of a new key. */
    Tenant key(String name, SandboxQuota quota) {
        return key(name, quota, Optional.empty());
    }

    /** Returns the holder of a new key that expires. */
    Tenant key(String name, SandboxQuota quota, Optional<KeyExpiry> expiry) {
        return new Tenant.KeyHolder(keys.create(new KeyGrant(
                        new KeyName(name),
                        EnumSet.of(Scope.SANDBOX),
                        Optional.empty(),
                        Optional.empty(),
                        PoolShare.UNLIMITED,
                        quota,
                        Optional.empty(),
                        expiry))
                .key());
    }

    /** Returns the holder of the same key after its limits were changed. */
    Tenant lowered(Tenant holder, SandboxQuota quota) {
        Tenant.KeyHolder key = (Tenant.KeyHolder) holder;
        KeyGrant grant = key.key().grant();
        return new Tenant.KeyHolder(new AccessKey(
                key.key().id(),
                new KeyGrant(
                        grant.name(),
                        grant.scopes(),
                        grant.rateLimit(),
                        grant.quota(),
                        grant.share(),
                        quota,
                        grant.tokens(),
                        grant.expiry()),
                key.key().created(),
                key.key().lastUsed(),
                key.key().revoked()));
    }

    void measure() {
        measurements.measure();
    }

    PrometheusRegistry registry() {
        return metrics.registry();
    }

    ApiKeys keys() {
        return keys;
    }

    /** @param clock by which keys expire */
    InvalidKeys invalidKeys(InstantSource clock) {
        return new InvalidKeys(sandboxes, snapshots, keys, clock);
    }

    /** Ends as a daemon that is stopped, and returns the next one on the same host. */
    ServedSandboxes restarted() {
        assertThat(sandboxes.pauseAll(Deadline.after(Duration.ofSeconds(30), Ticker.SYSTEM)))
                .as("lost")
                .isEmpty();
        close();
        return new ServedSandboxes(host, tracing);
    }

    /** Ends as a daemon whose spawner was killed, and returns the next one on the same host. */
    ServedSandboxes lost() {
        sandboxes.lose();
        close();
        return new ServedSandboxes(host, tracing);
    }

    TemporaryCheckpoints checkpoints() {
        return host.checkpoints();
    }

    /** Ends as a daemon whose machines cannot be saved. */
    void end() {
        sandboxes.close();
        watches.close();
    }

    int machines() {
        return host.vmm().livingCount();
    }

    @Override
    public void close() {
        end();
        servers.forEach(TestServer::close);
        records.close();
        audit.close();
        keys.close();
        pool.close();
    }
}
