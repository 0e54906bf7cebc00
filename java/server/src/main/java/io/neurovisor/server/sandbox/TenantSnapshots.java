package io.neurovisor.server.sandbox;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.sandbox.checkpoint.Snapshot;
import io.neurovisor.engine.sandbox.snapshot.Snapshots;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.vm.Flattening;
import io.neurovisor.server.access.Tenant;
import io.neurovisor.server.metrics.SandboxMetrics.Operation;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The snapshots and templates of the tenant of the running call. Each change is recorded in the audit log before it is made. A snapshot of
 * another tenant is treated as one that does not exist.
 */
public record TenantSnapshots(
        TenantSandboxes sandboxes, Snapshots snapshots, SandboxAudit audit, SandboxOperations operations) {
    private static final String CREATE_TEMPLATE = SandboxAudit.SERVICE + "CreateTemplate";

    /** As {@link Snapshots#take}. */
    public Snapshot take(String id, String name, Deadline deadline) {
        Sandbox source = sandboxes.get(id);
        audit.require("sandbox_snapshot", SandboxAudit.SERVICE + "CreateSnapshot", Map.of("sandbox_id", id));
        Snapshot snapshot = operations.observe(
                Operation.SNAPSHOT,
                id,
                () -> snapshots.take(source.id(), Tenant.ofCall().sandboxOwner(), name, deadline));
        audit.log(
                "snapshot_created",
                SandboxAudit.SERVICE + "CreateSnapshot",
                Map.of("sandbox_id", id, "snapshot_id", snapshot.id().value()));
        return snapshot;
    }

    /**
     * Returns the snapshots of the tenant, the newest first.
     *
     * @param source the id of the sandbox that was saved; empty for all
     */
    public List<Snapshot> list(String source) {
        return all(false).stream()
                .filter(snapshot ->
                        source.isEmpty() || snapshot.source().value().equals(source))
                .toList();
    }

    /** Returns the templates of the tenant, the newest first. */
    public List<Snapshot> templates() {
        return all(true);
    }

    private List<Snapshot> all(boolean templates) {
        return snapshots.list(owner()).stream()
                .filter(snapshot -> snapshot.isTemplate() == templates)
                .toList();
    }

    /**
     * As {@link Snapshots#makeTemplate}.
     *
     * @param text the id or name of a snapshot
     */
    public Snapshot makeTemplate(String text, String name, Flattening.Progress progress) {
        Snapshot snapshot = Snapshots.find(text, all(false))
                .orElseThrow(() -> new NeuroVisorException(
                        Fault.SNAPSHOT_UNKNOWN,
                        "no snapshot has the given id or name; ./neurovisor sandbox snapshots lists them"));
        String id = snapshot.id().value();
        audit.require("sandbox_template", CREATE_TEMPLATE, Map.of("snapshot_id", id));
        Snapshot template = snapshots.makeTemplate(snapshot, Tenant.ofCall().sandboxOwner(), name, progress);
        audit.log(
                "template_created",
                CREATE_TEMPLATE,
                Map.of("snapshot_id", id, "template_id", template.id().value()));
        return template;
    }

    /**
     * Deletes a template; returns false if there is none, and throws {@code TEMPLATE_IN_USE} if it is needed.
     *
     * @param text its id or name
     */
    public boolean deleteTemplate(String text) {
        Optional<Snapshot> found = Snapshots.find(text, all(true));
        found.ifPresent(template -> {
            audit.require(
                    "template_delete",
                    SandboxAudit.SERVICE + "DeleteTemplate",
                    Map.of("template_id", template.id().value()));
            snapshots.deleteUnused(template);
        });
        return found.isPresent();
    }

    /** As {@link Snapshots#find}. */
    public Optional<Snapshot> find(String text) {
        return snapshots.find(text, owner());
    }

    /** As {@link Snapshots#bytes}. */
    public long bytes(Snapshot snapshot) {
        return snapshots.bytes(snapshot);
    }

    /**
     * Deletes a snapshot; returns false if there is none.
     *
     * @param text its id or name
     */
    public boolean delete(String text) {
        Optional<Snapshot> found = Snapshots.find(text, all(false));
        found.ifPresent(snapshot -> {
            audit.require(
                    "snapshot_delete",
                    SandboxAudit.SERVICE + "DeleteSnapshot",
                    Map.of("snapshot_id", snapshot.id().value()));
            snapshots.delete(snapshot);
        });
        return found.isPresent();
    }

    private static String owner() {
        return Tenant.ofCall().label();
    }
}
