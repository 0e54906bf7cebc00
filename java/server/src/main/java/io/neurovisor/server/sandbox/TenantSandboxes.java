package io.neurovisor.server.sandbox;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.sandbox.SandboxEnd;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.sandbox.SandboxOwner;
import io.neurovisor.engine.sandbox.SandboxPhase;
import io.neurovisor.engine.sandbox.SandboxSpec;
import io.neurovisor.engine.sandbox.Sandboxes;
import io.neurovisor.engine.sandbox.checkpoint.Snapshot;
import io.neurovisor.engine.sandbox.report.ForkedSandbox;
import io.neurovisor.engine.sandbox.snapshot.Snapshots;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.server.access.Tenant;
import io.neurovisor.server.metrics.SandboxMetrics.Operation;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * The sandboxes of the tenant of the running call: within its limits, and after each change is recorded in the audit
 * log. A sandbox of another tenant is treated as one that does not exist.
 */
public record TenantSandboxes(
        Sandboxes sandboxes,
        Snapshots snapshots,
        SandboxAudit audit,
        SandboxOperations operations,
        SandboxWatches watches,
        SandboxMeasurements measurements,
        FileWrites fileWrites) {
    private static final String SERVICE = SandboxAudit.SERVICE;
    private static final String PROCESS_START = "neurovisor.sandbox.v1.ProcessService/Start";
    private static final String CELL_EXECUTE = "neurovisor.sandbox.v1.InterpreterService/ExecuteCell";

    /**
     * As {@link Sandboxes#create}, or as {@link Snapshots#create}.
     *
     * @param snapshot as which it begins; empty for a fresh sandbox
     */
    public Sandbox create(SandboxSpec spec, Optional<Snapshot> snapshot, Deadline deadline) {
        SandboxOwner owner = sandboxOwner();
        audit.require(
                "sandbox_create",
                SERVICE + "Create",
                Map.of(
                        "template",
                        snapshot.map(begin -> begin.id().value())
                                .orElse(spec.kind().image()),
                        "size",
                        spec.kind().size().label(),
                        "timeout_ms",
                        Long.toString(spec.timeout().toMillis())));
        Sandbox sandbox = operations.observe(
                Operation.CREATE,
                () -> snapshot.map(begin -> snapshots.create(begin, spec, owner, deadline))
                        .orElseGet(() -> sandboxes.create(spec, owner, deadline)));
        audit.log(
                "sandbox_created",
                SERVICE + "Create",
                Map.of("sandbox_id", sandbox.id().value(), "vm_id", vmId(sandbox)));
        return sandbox;
    }

    private static String vmId(Sandbox sandbox) {
        return sandbox.record().vmId().map(VmId::value).orElse("");
    }

    /** Returns a sandbox that has not ended. */
    public Sandbox get(String id) {
        return sandboxes
                .find(parse(id), owner())
                .filter(sandbox -> sandbox.phase() != SandboxPhase.ENDED)
                // Throws the exception that says how it ended.
                .orElseGet(() -> running(id));
    }

    /**
     * Returns a running sandbox; waits for one that is being created. One that is paused is resumed if it may be, as {@link
     * Sandboxes#require} does.
     */
    public Sandbox running(String id) {
        SandboxId known = parse(id);
        return resumed(known, Optional.empty(), () -> sandboxes.require(known, sandboxOwner()));
    }

    /**
     * Returns a running sandbox; one that is paused is resumed.
     *
     * @param timeout its life is extended to at least this time from now
     * @param acceptOlder whether a lost one goes back to the checkpoint that is kept of it
     */
    public Sandbox connect(String id, Optional<Duration> timeout, boolean acceptOlder) {
        SandboxId known = parse(id);
        if (acceptOlder) {
            goBack(known);
        }
        return resumed(
                known,
                Optional.of(Operation.CONNECT),
                () -> timeout.map(least -> sandboxes.connect(known, sandboxOwner(), least))
                        .orElseGet(() -> sandboxes.connect(known, sandboxOwner())));
    }

    private void goBack(SandboxId id) {
        sandboxes.find(id, owner()).flatMap(sandbox -> sandbox.record().older()).ifPresent(older -> {
            requireLine(
                    "sandbox_go_back",
                    SERVICE + "Connect",
                    id,
                    Map.of("checkpoint", older.saved().toString()));
            sandboxes.goBack(id, sandboxOwner());
        });
    }

    /**
     * Makes a call that may resume a sandbox, after a line in the audit log if it is paused.
     *
     * @param otherwise is measured if it is not
     */
    private Sandbox resumed(SandboxId id, Optional<Operation> otherwise, Supplier<Sandbox> call) {
        boolean resumes = sandboxes
                .find(id, owner())
                .filter(sandbox -> sandbox.phase() == SandboxPhase.PAUSED)
                .filter(sandbox -> otherwise.isPresent() || sandbox.record().isResumedByCalls())
                .isPresent();
        if (resumes) {
            requireLine("sandbox_resume", SERVICE + "Connect", id);
            return operations.observe(Operation.RESUME, call);
        }
        return otherwise.map(operation -> operations.observe(operation, call)).orElseGet(call);
    }

    /** Saves a running sandbox and ends its machine. */
    public Sandbox pause(String id) {
        SandboxId known = parse(id);
        requireLine("sandbox_pause", SERVICE + "Pause", known);
        return operations.observe(Operation.PAUSE, () -> sandboxes.pause(known, owner()));
    }

    /** As {@link Sandboxes#fork}. Each copy has a line in the audit log. */
    public List<ForkedSandbox> fork(String id, int count, Duration timeout, Deadline deadline) {
        SandboxId known = parse(id);
        requireLine(
                "sandbox_fork",
                SERVICE + "Fork",
                known,
                Map.of("count", Integer.toString(count), "timeout_ms", Long.toString(timeout.toMillis())));
        List<ForkedSandbox> results =
                operations.observeFork(id, () -> sandboxes.fork(known, sandboxOwner(), count, timeout, deadline));
        results.stream()
                .flatMap(result -> result.sandbox().stream())
                .forEach(copy -> audit.log(
                        "sandbox_forked",
                        SERVICE + "Fork",
                        Map.of("sandbox_id", copy.id().value(), "vm_id", vmId(copy), "forked_from", id)));
        return results;
    }

    /** Sets the rest of a sandbox's life, counted from now; after zero its time-out has passed. */
    public Sandbox setTimeout(String id, Duration timeout) {
        SandboxId known = parse(id);
        if (timeout.isZero()) {
            boolean pauses = sandboxes
                    .find(known, owner())
                    .filter(sandbox -> sandbox.record().spec().onTimeout() == SandboxSpec.OnTimeout.PAUSE)
                    .isPresent();
            requireLine(pauses ? "sandbox_pause" : "sandbox_kill", SERVICE + "SetTimeout", known);
        }
        return operations.observe(Operation.SET_TIMEOUT, () -> sandboxes.setTimeout(known, owner(), timeout));
    }

    /** Ends a sandbox; returns false if there was nothing to end. */
    public boolean kill(String id) {
        if (!SandboxId.isValid(id)) {
            return false;
        }
        SandboxId known = new SandboxId(id);
        requireLine("sandbox_kill", SERVICE + "Kill", known);
        return operations.observe(Operation.KILL, id, () -> sandboxes.kill(known, owner(), SandboxEnd.KILLED));
    }

    /** Returns the sandboxes of the tenant and those that ended in the last 24 hours, the newest first. */
    public List<Sandbox> list() {
        return sandboxes.list(owner());
    }

    /** Returns the points of the last hour of a sandbox, without those of the time in which it was paused. */
    public List<SandboxMeasurements.Point> points(String id) {
        return measurements.of(get(id).id());
    }

    /** Begins to watch the sandboxes of the tenant. */
    public SandboxWatch watch() {
        return watches.open(owner());
    }

    /** Returns the processes of a sandbox of the tenant. Each start is recorded in the audit log. */
    public GuestProcesses processes(Sandbox sandbox) {
        return new AuditedProcesses(
                sandbox.processes(),
                digest -> audit.require(
                        "process_start",
                        PROCESS_START,
                        Map.of("sandbox_id", sandbox.id().value(), "command_sha256", digest)));
    }

    /** Returns the files of a sandbox of the tenant. What is written is summed up in the audit log. */
    public GuestFiles files(Sandbox sandbox) {
        return new AuditedFiles(sandbox.files(), bytes -> fileWrites.add(sandbox.record(), bytes));
    }

    /** Returns the code interpreter of a sandbox of the tenant. Each cell is recorded in the audit log. */
    public GuestInterpreter interpreter(Sandbox sandbox) {
        return new AuditedInterpreter(
                sandbox.interpreter(),
                (context, digest) -> audit.require(
                        "cell_execute",
                        CELL_EXECUTE,
                        Map.of(
                                "sandbox_id",
                                sandbox.id().value(),
                                "context_id",
                                context.value(),
                                "code_sha256",
                                digest)));
    }

    private void requireLine(String event, String method, SandboxId id) {
        requireLine(event, method, id, Map.of());
    }

    /** Only lines about sandboxes of the tenant, so that the log cannot be filled with ids that never existed. */
    private void requireLine(String event, String method, SandboxId id, Map<String, String> details) {
        if (sandboxes.find(id, owner()).isPresent()) {
            Map<String, String> all = new TreeMap<>(details);
            all.put("sandbox_id", id.value());
            audit.require(event, method, all);
        }
    }

    private static SandboxOwner sandboxOwner() {
        return Tenant.ofCall().sandboxOwner();
    }

    private static String owner() {
        return Tenant.ofCall().label();
    }

    /** An id that cannot be one is answered like any unknown one; its text is not repeated. */
    private static SandboxId parse(String id) {
        if (!SandboxId.isValid(id)) {
            throw new NeuroVisorException(
                    Fault.SANDBOX_UNKNOWN,
                    "no sandbox has the given id; ./neurovisor sandbox list shows those that run");
        }
        return new SandboxId(id);
    }
}
