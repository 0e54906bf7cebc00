package io.neurovisor.tests.hostile.sandboxes;

import static java.util.Objects.requireNonNull;
import static org.awaitility.Awaitility.await;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.layer.RequiredLayers;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.machine.MachineFactory;
import io.neurovisor.engine.machine.MachineListener;
import io.neurovisor.engine.pool.Claimant;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.engine.pool.PoolStatus;
import io.neurovisor.engine.pool.WarmPool;
import io.neurovisor.engine.process.ProcessEvent;
import io.neurovisor.engine.process.ProcessEvents;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.sandbox.SandboxEnd;
import io.neurovisor.engine.sandbox.SandboxOwner;
import io.neurovisor.engine.sandbox.SandboxPhase;
import io.neurovisor.engine.sandbox.SandboxRecord;
import io.neurovisor.engine.sandbox.SandboxSpec;
import io.neurovisor.engine.sandbox.Sandboxes;
import io.neurovisor.engine.sandbox.checkpoint.MachineSaving;
import io.neurovisor.engine.sandbox.report.SandboxListener;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.server.sandbox.SandboxOperations;
import io.neurovisor.server.sandbox.records.SandboxDatabase;
import io.neurovisor.testkit.TestPools;
import io.neurovisor.testkit.checkpoint.TemporaryCheckpoints;
import io.neurovisor.tests.fixtures.TestMachines;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.core.ConditionTimeoutException;

/**
 * The sandboxes of a host: an honest one in a real machine, and those of attacks behind the same links. The name of an image selects
 * an attack.
 */
final class AttackedSandboxes implements AutoCloseable {
    private static final String HONEST = "base";
    private static final SandboxOwner OWNER = SandboxOwner.unlimited(new Claimant("key:attacked", PoolShare.UNLIMITED));
    private static final String NAME = OWNER.claimant().name();
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    /** An attack must have ended by then; an idle sandbox is examined once a second. */
    private static final Duration END_LIMIT = Duration.ofSeconds(30);

    private final TestMachines machines;
    private final VmStart honestStart;
    private final MachineFactory honestFactory;
    private final Path sockets;
    private final Map<String, SandboxAttack> attacks = new ConcurrentHashMap<>();
    private final Map<VmId, CompromisedAgent> agents = new ConcurrentHashMap<>();
    private final AtomicInteger number = new AtomicInteger();
    private final SandboxDatabase records;
    private final WarmPool pool;
    private final Sandboxes sandboxes;
    private final Sandbox honest;

    AttackedSandboxes(TestMachines machines, Path directory, int max) {
        this.machines = requireNonNull(machines, "machines is null");
        this.sockets = directory;
        this.honestStart = machines.clone(SandboxSize.SMALL);
        this.honestFactory = new MachineFactory(
                machines.vmm(), new SecureRandom(), Ticker.SYSTEM, MachineListener.NONE, RequiredLayers.NONE);
        TemporaryCheckpoints checkpoints = new TemporaryCheckpoints(() -> directory);
        this.records = SandboxDatabase.open(directory.resolve("records"), InstantSource.system(), checkpoints);
        this.pool = new WarmPool(
                TestPools.plan(new MachineKind(HONEST, SandboxSize.SMALL), 0, max, START_LIMIT),
                TestPools.machines(honestFactory, this::open),
                _ -> {},
                Ticker.SYSTEM,
                MachineListener.NONE);
        this.sandboxes = new Sandboxes(
                new Sandboxes.Limits(max, 0),
                pool,
                new MachineSaving(checkpoints, machines.vmm().identity(), (_, _, _) -> {
                    throw new UnsupportedOperationException("no sandbox is copied");
                }),
                records,
                SandboxListener.NONE,
                Ticker.SYSTEM,
                InstantSource.system(),
                new SecureRandom(),
                SandboxOperations.executor());
        sandboxes.start();
        this.honest = create(HONEST);
    }

    PoolStatus pool() {
        return pool.status();
    }

    /** Lets an attack happen; returns the deviation from the expected end, or empty. */
    Optional<String> attack(SandboxAttack attack) {
        String image = "attack-" + number.incrementAndGet();
        attacks.put(image, attack);
        Sandbox sandbox = create(image);
        String problem = "";
        try {
            CompromisedAgent agent =
                    requireNonNull(agents.get(sandbox.record().vmId().orElseThrow()), "there is no agent");
            attack.client().use(sandbox, agent);
        } catch (NeuroVisorException failure) {
            problem = objection(attack, failure);
        } catch (RuntimeException | Error defect) {
            problem = "broke the host by " + defect;
        }
        problem += attack.reason().isPresent() ? death(sandbox, attack.reason().get()) : survival(sandbox);
        attacks.remove(image);
        return problem.isEmpty() ? Optional.empty() : Optional.of(attack + ": " + problem);
    }

    private static String objection(SandboxAttack attack, NeuroVisorException failure) {
        String message = String.valueOf(failure.getMessage());
        boolean expected = attack.reason().isPresent()
                && isMessage(message)
                && ((failure.fault() == Fault.SANDBOX_DIED
                                && message.contains(attack.reason().get()))
                        // A guest that is silent is examined after the call.
                        || failure.fault() == Fault.GUEST_SILENT);
        return expected ? "" : "the call failed as " + failure.fault() + " \"" + message + "\"; ";
    }

    private String death(Sandbox sandbox, String reason) {
        try {
            SandboxRecord record = await().atMost(END_LIMIT)
                    .until(() -> recordOf(sandbox), found -> found.end().isPresent());
            return record.end().equals(Optional.of(SandboxEnd.DIED))
                            && record.endDetail().contains(reason)
                            && isMessage(record.endDetail())
                    ? ""
                    : "it ended as " + record.end() + " \"" + record.endDetail() + "\"";
        } catch (ConditionTimeoutException alive) {
            boolean _ = sandboxes.kill(sandbox.id(), NAME, SandboxEnd.KILLED);
            return "it did not end";
        }
    }

    private String survival(Sandbox sandbox) {
        SandboxRecord record = recordOf(sandbox);
        return sandboxes.kill(sandbox.id(), NAME, SandboxEnd.KILLED)
                ? ""
                : "it ended as " + record.end() + " \"" + record.endDetail() + "\"";
    }

    private SandboxRecord recordOf(Sandbox sandbox) {
        return sandboxes.find(sandbox.id(), NAME).orElseThrow().record();
    }

    /** Runs a process in the honest sandbox and returns the time that it took. */
    Duration runHonestly() {
        long startNanos = Ticker.SYSTEM.nanos();
        StringBuilder output = new StringBuilder();
        try (ProcessEvents events = honest.processes()
                .start(
                        ProcessAttacks.command("bash", "-c", "echo $((6 * 7))"),
                        Deadline.after(START_LIMIT, Ticker.SYSTEM))) {
            for (Optional<ProcessEvent> next = events.next(); next.isPresent(); next = events.next()) {
                if (next.get() instanceof ProcessEvent.Output shown) {
                    output.append(StandardCharsets.UTF_8.decode(shown.data().duplicate()));
                }
            }
        }
        if (!output.toString().equals("42\n")) {
            throw new AssertionError("an honest process printed \"" + output + "\"");
        }
        return Duration.ofNanos(Ticker.SYSTEM.nanos() - startNanos);
    }

    boolean honestLives() {
        return sandboxes.require(honest.id(), OWNER).phase() == SandboxPhase.RUNNING;
    }

    /** Returns whether the text is one short line without control characters. */
    private static boolean isMessage(String text) {
        return !text.isEmpty()
                && text.length() < 2000
                && text.codePoints().noneMatch(Character::isISOControl)
                && text.indexOf('\u202e') < 0;
    }

    private Sandbox create(String image) {
        SandboxSpec spec = new SandboxSpec(
                new MachineKind(image, SandboxSize.SMALL),
                Duration.ofHours(1),
                Map.of(),
                Optional.empty(),
                Map.of(),
                "",
                Optional.empty());
        return sandboxes.create(spec, OWNER, Deadline.after(START_LIMIT, Ticker.SYSTEM));
    }

    private Machine open(VmId id, MachineKind kind) {
        Deadline deadline = Deadline.after(START_LIMIT, Ticker.SYSTEM);
        if (kind.image().equals(HONEST)) {
            return honestFactory.open(id, honestStart, deadline);
        }
        SandboxAttack attack = requireNonNull(attacks.get(kind.image()), "unknown attack");
        AgentVmm vmm = new AgentVmm(attack.services(), sockets, machines.links(), agents);
        return new MachineFactory(vmm, new SecureRandom(), Ticker.SYSTEM, MachineListener.NONE, RequiredLayers.NONE)
                .open(id, new VmStart.ColdBoot(machines.files(), kind.size()), deadline);
    }

    @Override
    public void close() {
        sandboxes.close();
        pool.close();
        records.close();
    }
}
