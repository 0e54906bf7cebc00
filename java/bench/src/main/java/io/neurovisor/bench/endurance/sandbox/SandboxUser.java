package io.neurovisor.bench.endurance.sandbox;

import io.neurovisor.bench.endurance.TestedDaemon;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.FaultKind;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.client.Pause;
import io.neurovisor.server.client.sandbox.SandboxClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;

/** A client that keeps sandboxes, uses them, and ends them in every way. Each use has a connection of its own. */
final class SandboxUser {
    /** The most sandboxes that it uses at a time; those that it leaves to their time-out are not counted. */
    static final int MOST = 2;

    private static final int SHORTEST_LIFE_SECONDS = 20;
    private static final int LONGEST_LIFE_SECONDS = 90;
    private static final int LONGEST_REST_SECONDS = 5;
    private static final Duration LOOK_AGAIN_AFTER = Duration.ofMillis(100);

    /** Within which a sandbox whose machine has died counts as ended. */
    private static final Duration NOTICED = Duration.ofSeconds(10);

    private final TestedDaemon daemon;
    private final SandboxLedger ledger;
    private final Random random;
    private final Duration calm;
    private Deadline creation = Deadline.after(Duration.ZERO, Ticker.SYSTEM);
    private final List<UsedSandbox> held = new ArrayList<>();

    /** @param calm the least time between two creations */
    SandboxUser(TestedDaemon daemon, SandboxLedger ledger, Random random, Duration calm) {
        this.daemon = daemon;
        this.ledger = ledger;
        this.random = random;
        this.calm = calm;
    }

    /** Uses sandboxes until the deadline, then kills its own. */
    void run(Deadline end) throws InterruptedException {
        while (!end.hasPassed()) {
            // Each use takes the same number of random values, whatever has become of earlier ones.
            SandboxUse use = SandboxUse.next(random);
            int which = random.nextInt(MOST);
            int seconds = random.nextInt(SHORTEST_LIFE_SECONDS, LONGEST_LIFE_SECONDS);
            long seed = random.nextLong(Long.MAX_VALUE);
            if (held.isEmpty() || (use == SandboxUse.CREATE && held.size() < MOST && creation.hasPassed())) {
                Pause.of(creation.remaining());
                creation = Deadline.after(calm, Ticker.SYSTEM);
                create(Duration.ofSeconds(seconds));
            } else {
                use(use == SandboxUse.CREATE ? SandboxUse.PROCESS : use, held.get(which % held.size()), seed);
            }
        }
        for (UsedSandbox sandbox : List.copyOf(held)) {
            use(SandboxUse.KILL, sandbox, 0);
        }
    }

    /** Creates a sandbox that its daemon has to end when it is stopped. */
    void leave() throws InterruptedException {
        create(Duration.ofHours(1));
        held.forEach(UsedSandbox::leave);
    }

    private void create(Duration life) throws InterruptedException {
        UsedSandbox sandbox = new UsedSandbox(UUID.randomUUID().toString(), life, daemon.killed() == 0);
        ledger.begin(sandbox);
        attempt(SandboxUse.CREATE, sandbox, client -> {
            sandbox.create(client);
            held.add(sandbox);
            return Optional.empty();
        });
    }

    private void use(SandboxUse use, UsedSandbox sandbox, long seed) throws InterruptedException {
        attempt(use, sandbox, client -> {
            SandboxSteps steps = new SandboxSteps(client, sandbox.id(), seed);
            return switch (use) {
                case PROCESS, CREATE -> steps.process();
                case INPUT -> steps.input();
                case ATTACH -> steps.attach();
                case FILE -> steps.file();
                case GONE -> steps.flood();
                case KILL -> {
                    held.remove(sandbox);
                    sandbox.kill(client);
                    yield Optional.empty();
                }
                case EXPIRE -> {
                    held.remove(sandbox);
                    sandbox.expire(client, Duration.ofSeconds(1 + seed % LONGEST_REST_SECONDS));
                    yield Optional.empty();
                }
            };
        });
    }

    private interface Step {
        /** Returns what is wrong with the result. */
        Optional<String> take(SandboxClient client);
    }

    private void attempt(SandboxUse use, UsedSandbox sandbox, Step step) throws InterruptedException {
        int killed = daemon.killed();
        try (SandboxClient client = daemon.connectToSandboxes()) {
            step.take(client)
                    .ifPresentOrElse(
                            complaint -> ledger.wrong(use, "in sandbox " + sandbox.id() + " " + complaint),
                            () -> ledger.end(use, SandboxLedger.How.RIGHT));
        } catch (NeuroVisorException exception) {
            if (exception.fault() == Fault.INTERRUPTED) {
                throw exception;
            }
            account(use, sandbox, exception, daemon.killed() > killed);
        }
    }

    private void account(
            SandboxUse use, UsedSandbox sandbox, NeuroVisorException exception, boolean daemonKilledMeanwhile)
            throws InterruptedException {
        FaultKind kind = exception.fault().kind();
        if (daemonKilledMeanwhile) {
            ledger.end(use, SandboxLedger.How.DAEMON_LOST);
        } else if (use == SandboxUse.CREATE && (kind == FaultKind.CAPACITY || kind == FaultKind.SANDBOX)) {
            ledger.end(use, SandboxLedger.How.REFUSED);
        } else if (sandbox.isCreated() && hasEnded(sandbox)) {
            boolean _ = held.remove(sandbox);
            ledger.end(use, SandboxLedger.How.ENDED);
        } else {
            ledger.wrong(use, "in a living sandbox: " + exception.fault() + ": " + exception.getMessage());
        }
    }

    /** Returns whether the sandbox ends within the time in which the daemon notices the death of a machine. */
    private boolean hasEnded(UsedSandbox sandbox) throws InterruptedException {
        Deadline deadline = Deadline.after(NOTICED, Ticker.SYSTEM);
        while (!deadline.hasPassed()) {
            try (SandboxClient client = daemon.connectToSandboxes()) {
                if (client.get(sandbox.id()).hasEnded()) {
                    return true;
                }
            } catch (NeuroVisorException exception) {
                if (exception.fault() == Fault.SANDBOX_UNKNOWN) {
                    return true;
                }
            }
            Pause.of(LOOK_AGAIN_AFTER);
        }
        return false;
    }
}
