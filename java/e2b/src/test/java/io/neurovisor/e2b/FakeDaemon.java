package io.neurovisor.e2b;

import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.MachineListener;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.pool.WarmPool;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.sandbox.Sandboxes;
import io.neurovisor.engine.sandbox.checkpoint.MachineSaving;
import io.neurovisor.engine.sandbox.snapshot.Snapshots;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.server.access.AccessInterceptor;
import io.neurovisor.server.access.Callers;
import io.neurovisor.server.access.OwnCalls;
import io.neurovisor.server.access.RateLimits;
import io.neurovisor.server.access.keys.ApiKeys;
import io.neurovisor.server.audit.AuditLog;
import io.neurovisor.server.grpc.GrpcPorts;
import io.neurovisor.server.grpc.TraceInterceptor;
import io.neurovisor.server.grpc.sandbox.FileGrpcService;
import io.neurovisor.server.grpc.sandbox.InterpreterGrpcService;
import io.neurovisor.server.grpc.sandbox.ProcessGrpcService;
import io.neurovisor.server.grpc.sandbox.RunningSandboxes;
import io.neurovisor.server.grpc.sandbox.SandboxCreator;
import io.neurovisor.server.grpc.sandbox.SandboxGrpcService;
import io.neurovisor.server.metrics.Metrics;
import io.neurovisor.server.sandbox.FileWrites;
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
import io.neurovisor.testkit.ManualTicker;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.TestPools;
import io.neurovisor.testkit.checkpoint.TemporaryCheckpoints;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;

/** The services of a daemon with fake machines, behind its checks of keys, for calls within this process. */
final class FakeDaemon implements AutoCloseable {
    private static final MachineKind USUAL = new MachineKind("base", SandboxSize.SMALL);
    private static final InstantSource CLOCK = InstantSource.system();

    private final List<FakeGuest> guests = new CopyOnWriteArrayList<>();
    private final Metrics metrics = new Metrics();
    private final SandboxWatches watches = new SandboxWatches(CLOCK);
    private final WarmPool pool;
    private final ApiKeys keys;
    private final AuditLog audit;
    private final SandboxDatabase records;
    private final Sandboxes sandboxes;
    private final SandboxMeasurements measurements;
    private final GrpcPorts ports;
    private final ManagedChannel channel;

    FakeDaemon(Path data) throws IOException {
        FakeVmm vmm = new FakeVmm(_ -> {
            FakeGuest guest = new FakeGuest();
            guests.add(guest);
            return guest;
        });
        SavedVm template = new SavedVm(TestFiles.bootFiles(), SandboxSize.SMALL, data.resolve("template"));
        Path _ = Files.createDirectories(data.resolve("checkpoints"));
        Path _ = Files.writeString(Files.createDirectories(template.directory()).resolve("state"), "");
        TemporaryCheckpoints checkpoints = new TemporaryCheckpoints(() -> data.resolve("checkpoints"));
        pool = new WarmPool(
                TestPools.plan(USUAL, 0, 10, Duration.ofSeconds(30)),
                TestPools.clones(vmm, () -> template, Ticker.SYSTEM),
                _ -> {},
                Ticker.SYSTEM,
                MachineListener.NONE);
        keys = ApiKeys.open(data.resolve("access"), CLOCK);
        audit = new AuditLog(data.resolve("audit"), OptionalLong.empty(), CLOCK);
        records = SandboxDatabase.open(data.resolve("sandboxes"), CLOCK, checkpoints);
        MachineSaving saving = new MachineSaving(checkpoints, vmm.identity(), vmm);
        sandboxes = new Sandboxes(
                new Sandboxes.Limits(5, 5),
                pool,
                saving,
                records,
                new SandboxListeners(List.of(audit, metrics.sandboxes(), watches, Tracing.OFF.sandboxes())),
                Ticker.SYSTEM,
                CLOCK,
                new SecureRandom(),
                SandboxOperations.executor());
        sandboxes.start();
        measurements = new SandboxMeasurements(sandboxes::all, Runnable::run, Ticker.SYSTEM, CLOCK);
        ports = ports(creator(new Snapshots(sandboxes, saving, CLOCK, new SecureRandom())));
        channel = ports.inProcess();
    }

    private SandboxCreator creator(Snapshots snapshots) {
        SandboxAudit changes = new SandboxAudit(audit, TraceInterceptor::currentId);
        SandboxOperations operations = new SandboxOperations(metrics.sandboxes(), Tracing.OFF);
        TenantSandboxes tenants = new TenantSandboxes(
                sandboxes, snapshots, changes, operations, watches, measurements, new FileWrites(audit));
        return new SandboxCreator(
                tenants,
                new TenantSnapshots(tenants, snapshots, changes, operations),
                new SandboxCreator.Defaults(USUAL, Duration.ofMinutes(5), Duration.ofSeconds(30)),
                FakeDaemon::available);
    }

    private GrpcPorts ports(SandboxCreator creator) {
        TenantSandboxes tenants = creator.sandboxes();
        RunningSandboxes running = id -> {
            Sandbox sandbox = tenants.running(id);
            return new RunningSandboxes.Guest(
                    tenants.processes(sandbox), tenants.files(sandbox), tenants.interpreter(sandbox));
        };
        Callers callers = new Callers(keys, true, CLOCK, Ticker.SYSTEM);
        OwnCalls.Owners owners = id -> sandboxes.all().stream()
                .filter(sandbox -> sandbox.id().value().equals(id))
                .findFirst()
                .flatMap(sandbox -> callers.labelled(sandbox.record().owner(), keys::find));
        return new GrpcPorts(
                List.of(
                        new SandboxGrpcService(creator),
                        new ProcessGrpcService(running),
                        new FileGrpcService(running),
                        new InterpreterGrpcService(running)),
                List.of(
                        new TraceInterceptor(new SecureRandom(), Tracing.OFF),
                        new AccessInterceptor(
                                callers, owners, new RateLimits(Optional.empty(), new ManualTicker()), _ -> {})),
                Duration.ofMinutes(1));
    }

    private static MachineKind available(MachineKind kind) {
        if (!kind.image().equals(USUAL.image())) {
            throw new NeuroVisorException(Fault.IMAGE_UNKNOWN, "there is no such image");
        }
        return kind;
    }

    Channel channel() {
        return channel;
    }

    List<String> sandboxIds() {
        return sandboxes.all().stream().map(sandbox -> sandbox.id().value()).toList();
    }

    /** Measures the sandboxes once. */
    void measure() {
        measurements.measure();
    }

    ApiKeys keys() {
        return keys;
    }

    List<FakeGuest> guests() {
        return guests;
    }

    @Override
    public void close() {
        sandboxes.close();
        watches.close();
        channel.shutdownNow();
        ports.close();
        records.close();
        audit.close();
        keys.close();
        pool.close();
    }
}
