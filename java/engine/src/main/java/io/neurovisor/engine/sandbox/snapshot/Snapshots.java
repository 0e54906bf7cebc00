package io.neurovisor.engine.sandbox.snapshot;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.sandbox.SandboxOwner;
import io.neurovisor.engine.sandbox.SandboxPhase;
import io.neurovisor.engine.sandbox.SandboxSpec;
import io.neurovisor.engine.sandbox.Sandboxes;
import io.neurovisor.engine.sandbox.checkpoint.MachineSaving;
import io.neurovisor.engine.sandbox.checkpoint.Snapshot;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.vm.Flattening;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The snapshots and templates of clients. Safe for use by many threads. One of another owner is treated as one that does not exist.
 *
 * @param saving also finds and removes what it has saved
 */
public record Snapshots(Sandboxes sandboxes, MachineSaving saving, InstantSource clock, RandomGenerator strongRandom) {
    /** Of one owner. Their size is limited by that of all checkpoints. */
    static final int MOST = 100;

    /**
     * Saves a sandbox that runs or is paused, and returns its snapshot when that is complete. One that runs stands still while
     * its memory is read, and runs on. A caller that does not wait that long finds the snapshot later.
     *
     * @param name may be empty
     * @param deadline the time until which the caller waits
     */
    public Snapshot take(SandboxId source, SandboxOwner owner, String name, Deadline deadline) {
        // If there is none, the call throws the exception that says why.
        Sandbox sandbox = sandboxes.find(source, owner.name()).orElseGet(() -> sandboxes.require(source, owner));
        SandboxSpec spec = sandbox.record().spec();
        Snapshot snapshot = new Snapshot(
                SandboxId.random(strongRandom),
                owner.name(),
                name,
                source,
                spec.kind(),
                spec.directory(),
                clock.instant().truncatedTo(ChronoUnit.MILLIS));
        requireRoom(owner);
        sandboxes.copy(source, owner, saving.kept(snapshot, mostBytes(owner)), deadline);
        return snapshot;
    }

    private void requireRoom(SandboxOwner owner) {
        if (list(owner.name()).size() >= MOST) {
            throw new NeuroVisorException(
                    Fault.SANDBOX_QUOTA,
                    "%s has %d snapshots and templates, as many as a client may keep; delete one"
                            .formatted(owner.name(), MOST));
        }
    }

    private Optional<Long> mostBytes(SandboxOwner owner) {
        return owner.diskBytes()
                .map(most -> most - saving.bytes(sandboxes.stored(owner.name()).stream(), owner.name()));
    }

    /**
     * Makes a template of a snapshot, and returns it when it is complete. The snapshot may be deleted after that.
     *
     * @param name of the template
     */
    public Snapshot makeTemplate(Snapshot snapshot, SandboxOwner owner, String name, Flattening.Progress progress) {
        if (name.isEmpty()) {
            throw NeuroVisorException.invalid("name", "a template needs a name");
        }
        Snapshot template = snapshot.template(
                SandboxId.random(strongRandom), name, clock.instant().truncatedTo(ChronoUnit.MILLIS));
        requireRoom(owner);
        saving.flatten(template, saving.open(snapshot), mostBytes(owner), progress);
        return template;
    }

    /** Returns the snapshots and templates of all owners. */
    public List<Snapshot> all() {
        return saving.store().snapshots();
    }

    /** Returns the snapshots and templates of an owner, the newest first. */
    public List<Snapshot> list(String owner) {
        return all().stream()
                .filter(snapshot -> snapshot.owner().equals(owner))
                .sorted(Comparator.comparing(Snapshot::created).reversed())
                .toList();
    }

    /** Returns the snapshot or template of an owner that has an id, or the newest that has a name; empty if there is none. */
    public Optional<Snapshot> find(String text, String owner) {
        return find(text, list(owner));
    }

    /** As the other one, of a list whose newest is the first. */
    public static Optional<Snapshot> find(String text, List<Snapshot> all) {
        List<Snapshot> named =
                all.stream().filter(snapshot -> snapshot.isNamed(text)).toList();
        return named.stream()
                .filter(snapshot -> snapshot.id().value().equals(text))
                .findFirst()
                .or(() -> named.stream().findFirst());
    }

    /** Returns the size of a snapshot on the disk. */
    public long bytes(Snapshot snapshot) {
        return saving.store().bytes(snapshot.id());
    }

    /**
     * Creates a sandbox that begins as a snapshot, with names and randomness of its own.
     *
     * @param spec of the kind of the snapshot
     * @param deadline the time until which the caller waits
     */
    public Sandbox create(Snapshot snapshot, SandboxSpec spec, SandboxOwner owner, Deadline deadline) {
        return sandboxes.create(spec, Optional.of(saving.open(snapshot)), owner, deadline);
    }

    /** Deletes a snapshot. Sandboxes that were created from it are not affected. */
    public void delete(Snapshot snapshot) {
        saving.store().delete(snapshot.id());
    }

    /** Deletes a template; throws {@code TEMPLATE_IN_USE} if its owner has sandboxes or snapshots that need its memory. */
    public void deleteUnused(Snapshot template) {
        Set<SandboxId> created = saving.store().basedOn(template.id(), sandboxes.running(template.owner()));
        // These may have no machine yet.
        Stream<SandboxId> creating = sandboxes.list(template.owner()).stream()
                .filter(sandbox -> sandbox.phase() == SandboxPhase.CREATING)
                .filter(sandbox -> sandbox.record().spec().forkedFrom().equals(Optional.of(template.source())))
                .map(Sandbox::id);
        String users = Stream.concat(created.stream(), creating)
                .map(SandboxId::value)
                .sorted()
                .distinct()
                .collect(Collectors.joining(", "));
        if (!users.isEmpty()) {
            throw new NeuroVisorException(
                    Fault.TEMPLATE_IN_USE,
                    "template %s is the memory of %s; kill or delete these first".formatted(template.id(), users));
        }
        delete(template);
    }
}
