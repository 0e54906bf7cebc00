package io.neurovisor.tests.hostile.guest;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.execution.ExecutionListener;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.execution.Executions;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.layer.RequiredLayers;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.machine.MachineFactory;
import io.neurovisor.engine.machine.MachineListener;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.pool.PoolPlan;
import io.neurovisor.engine.pool.PoolStatus;
import io.neurovisor.engine.pool.WarmPool;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.testkit.RecordingSink;
import io.neurovisor.testkit.TestPools;
import io.neurovisor.tests.fixtures.TestMachines;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A host with one pool of honest machines and attacking machines behind the same links. The name of an image selects an attack.
 */
final class AttackedHost implements AutoCloseable {
    private static final String HONEST = "base";

    /** The limit for the start of a guest. */
    private static final Duration START_LIMIT = Duration.ofSeconds(10);

    private static final Duration HONEST_START_LIMIT = Duration.ofSeconds(60);

    private final TestMachines machines;
    private final VmStart honestStart;
    private final Path sockets;
    private final Traffic traffic = new Traffic();
    private final Map<String, Attack> attacks = new ConcurrentHashMap<>();
    private final MachineFactory honest;
    private final WarmPool pool;
    private final Executions executions;

    AttackedHost(TestMachines machines, Path sockets, int max) {
        this.machines = requireNonNull(machines, "machines is null");
        this.sockets = requireNonNull(sockets, "sockets is null");
        this.honestStart = machines.clone(SandboxSize.SMALL);
        this.honest = new MachineFactory(
                machines.vmm(), new SecureRandom(), Ticker.SYSTEM, MachineListener.NONE, RequiredLayers.NONE);
        PoolPlan plan = TestPools.plan(new MachineKind(HONEST, SandboxSize.SMALL), 1, max, Duration.ofMinutes(2));
        this.pool = new WarmPool(
                plan, TestPools.machines(honest, this::open), _ -> {}, Ticker.SYSTEM, MachineListener.NONE);
        this.executions = new Executions(
                request -> new MachineKind(request.imageOr(HONEST), request.size()),
                pool,
                Ticker.SYSTEM,
                ExecutionListener.NONE);
        pool.keepWarm();
    }

    PoolStatus pool() {
        return pool.status();
    }

    Traffic traffic() {
        return traffic;
    }

    /** Runs a program in the machine of an attack; returns the deviation from the expected end, or empty. */
    Optional<String> attack(Attack attack) {
        attacks.put(attack.name(), attack);
        long startNanos = Ticker.SYSTEM.nanos();
        AttackSink sink = new AttackSink();
        String end = end(attack, sink);
        Duration took = Duration.ofNanos(Ticker.SYSTEM.nanos() - startNanos);
        String objection = sink.objection();
        if (end.isEmpty() && attack.prints() && !sink.head().equals(Attack.BEFORE)) {
            objection = "what it printed first is \"" + sink.head() + "\"";
        }
        if (end.isEmpty() && took.compareTo(attack.limit()) > 0) {
            objection = "it took " + took;
        }
        attacks.remove(attack.name());
        String problem = end + objection;
        return problem.isEmpty() ? Optional.empty() : Optional.of(attack + ": " + problem + " (" + took + ")");
    }

    /** Runs an honest program and returns its duration. */
    Duration runHonestly() {
        long startNanos = Ticker.SYSTEM.nanos();
        RecordingSink sink = new RecordingSink();
        ExecutionResult result = executions.execute(request(HONEST, "echo $((6 * 7))", Duration.ofMinutes(1)), sink);
        if (result.outcome() != Outcome.COMPLETED || !sink.stdoutText().equals("42\n")) {
            throw new AssertionError("an honest program ended so: " + result + " " + sink.stdoutText());
        }
        return Duration.ofNanos(Ticker.SYSTEM.nanos() - startNanos);
    }

    @Override
    public void close() {
        pool.close();
    }

    private String end(Attack attack, AttackSink sink) {
        try {
            ExecutionResult result = executions.execute(request(attack.name(), "true", Duration.ofSeconds(1)), sink);
            String shown = result.outcome() + " \"" + result.detail() + "\"";
            boolean described = result.outcome() == Outcome.SANDBOX_DIED;
            return attack.outcomes().contains(result.outcome()) && (!described || isMessage(result.detail()))
                    ? ""
                    : "ended as " + shown + " ";
        } catch (NeuroVisorException exception) {
            String message = String.valueOf(exception.getMessage());
            return attack.faults().contains(exception.fault()) && isMessage(message)
                    ? ""
                    : "failed as " + exception.fault() + " \"" + message + "\" ";
        } catch (RuntimeException | Error defect) {
            return "broke the host by " + defect + " ";
        }
    }

    /** Returns whether the text is one short line without control characters. */
    private static boolean isMessage(String text) {
        return !text.isEmpty()
                && text.length() < 2000
                && text.codePoints().noneMatch(Character::isISOControl)
                && text.indexOf('\u202e') < 0;
    }

    private static ExecutionRequest request(String image, String code, Duration timeout) {
        return new ExecutionRequest(
                new TraceId(UUID.randomUUID()),
                new Program(Language.BASH, code),
                timeout,
                SandboxSize.SMALL,
                Optional.of(image));
    }

    private Machine open(VmId id, MachineKind kind) {
        if (kind.image().equals(HONEST)) {
            return honest.open(id, honestStart, Deadline.after(HONEST_START_LIMIT, Ticker.SYSTEM));
        }
        Attack attack = requireNonNull(attacks.get(kind.image()), "unknown attack");
        ForgedVmm vmm = new ForgedVmm(attack, sockets, machines.links(), traffic);
        return new MachineFactory(vmm, new SecureRandom(), Ticker.SYSTEM, MachineListener.NONE, RequiredLayers.NONE)
                .open(
                        id,
                        new VmStart.ColdBoot(machines.files(), kind.size()),
                        Deadline.after(START_LIMIT, Ticker.SYSTEM));
    }
}
