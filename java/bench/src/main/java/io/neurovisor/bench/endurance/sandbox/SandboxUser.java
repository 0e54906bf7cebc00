package io.neurovisor.bench.endurance.sandbox;

import io.neurovisor.bench.endurance.TestedDaemon;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.FaultKind;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.client.Pause;
import io.neurovisor.server.client.sandbox.SandboxClient;
import io.neurovisor.server.client.sandbox.SandboxCopy;
import io.neurovisor.server.client.sandbox.SandboxView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;

/** A client that keeps sandboxes, uses them, and ends them in every way. Each use has a connection of its own. */
final class SandboxUser {
    /** The most sandboxes that it uses at a time; those that it leaves to their time-out are not counted. */
    static final int MOST = 3;

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

    /** @param calm the least time between two creations or copies */
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
                boolean instead = use == SandboxUse.CREATE
                        || (use == SandboxUse.FORK && (held.size() == MOST || !creation.hasPassed()));
                use(instead ? SandboxUse.PROCESS : use, held.get(which % held.size()), seed);
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
        UsedSandbox sandbox = new UsedSandbox(UUID.randomUUID().toString(), life, daemon.ended() == 0);
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
            if (use != SandboxUse.KILL) {
                sandbox.awake(client);
            }
            return switch (use) {
                case PROCESS, CREATE -> steps.process();
                case INPUT -> steps.input();
                case ATTACH -> steps.attach();
                case FILE -> steps.file();
                case GONE -> steps.flood();
                case PAUSE -> {
                    sandbox.pause(client);
                    yield Optional.empty();
                }
                case FORK -> fork(client, sandbox);
                case KILL -> {
                    sandbox.kill(client);
                    held.remove(sandbox);
                    yield Optional.empty();
                }
                case EXPIRE -> {
                    sandbox.expire(client, Duration.ofSeconds(1 + seed % LONGEST_REST_SECONDS));
                    held.remove(sandbox);
                    yield Optional.empty();
                }
            };
        });
    }

    /** Makes as many copies as this client may have. Those that find no machine, or whose machine dies, are not wrong. */
    private Optional<String> fork(SandboxClient client, UsedSandbox sandbox) {
        int count = MOST - held.size();
        creation = Deadline.after(calm.multipliedBy(count), Ticker.SYSTEM);
        Optional<String> wrong = Optional.empty();
        for (SandboxCopy copy : client.fork(sandbox.id(), count, Optional.of(sandbox.life()))) {
            switch (copy) {
                case SandboxCopy.Made(SandboxView made) -> {
                    UsedSandbox used = sandbox.copy(made.id());
                    ledger.begin(used);
                    held.add(used);
                }
                case SandboxCopy.Failed(NeuroVisorException reason) -> {
                    if (!isRefusal(reason)) {
                        wrong = Optional.of("has a copy that was not made: " + reason.getMessage());
                    }
                }
            }
        }
        return wrong;
    }

    private static boolean isRefusal(NeuroVisorException failure) {
        FaultKind kind = failure.fault().kind();
        return kind == FaultKind.CAPACITY || kind == FaultKind.SANDBOX;
    }

    private interface Step {
        /** Returns what is wrong with the result. */
        Optional<String> take(SandboxClient client);
    }

    private void attempt(SandboxUse use, UsedSandbox sandbox, Step step) throws InterruptedException {
        int ended = daemon.ended();
        try (SandboxClient client = daemon.connectToSandboxes()) {
            step.take(client)
                    .ifPresentOrElse(
                            complaint -> ledger.wrong(use, "in sandbox " + sandbox.id() + " " + complaint),
                            () -> ledger.end(use, SandboxLedger.How.RIGHT));
        } catch (NeuroVisorException exception) {
            if (exception.fault() == Fault.INTERRUPTED) {
                throw exception;
            }
            account(use, sandbox, exception, daemon.ended() > ended);
        }
    }

    private void account(
            SandboxUse use, UsedSandbox sandbox, NeuroVisorException exception, boolean daemonEndedMeanwhile)
            throws InterruptedException {
        if (daemonEndedMeanwhile) {
            ledger.end(use, SandboxLedger.How.DAEMON_LOST);
        } else if ((use == SandboxUse.CREATE && isRefusal(exception))
                || (use == SandboxUse.FORK && exception.fault().kind() == FaultKind.CAPACITY)) {
            ledger.end(use, SandboxLedger.How.REFUSED);
        } else {
            Optional<SandboxLedger.How> fate =
                    sandbox.isCreated() ? fate(sandbox, isRefusal(exception)) : Optional.empty();
            fate.ifPresentOrElse(
                    how -> ledger.end(use, how),
                    () -> ledger.wrong(
                            use, "in a living sandbox: " + exception.fault() + ": " + exception.getMessage()));
            if (fate.equals(Optional.of(SandboxLedger.How.ENDED))) {
                boolean _ = held.remove(sandbox);
            }
        }
    }

    /** Returns why a use has failed, if the daemon says so within the time in which it notices the death of a machine. */
    private Optional<SandboxLedger.How> fate(UsedSandbox sandbox, boolean refused) throws InterruptedException {
        Deadline deadline = Deadline.after(NOTICED, Ticker.SYSTEM);
        while (!deadline.hasPassed()) {
            try (SandboxClient client = daemon.connectToSandboxes()) {
                SandboxView view = client.get(sandbox.id());
                if (view.hasEnded()) {
                    return Optional.of(SandboxLedger.How.ENDED);
                }
                if (refused && view.isPaused()) {
                    return Optional.of(SandboxLedger.How.REFUSED);
                }
            } catch (NeuroVisorException exception) {
                if (exception.fault() == Fault.SANDBOX_UNKNOWN) {
                    return Optional.of(SandboxLedger.How.ENDED);
                }
            }
            Pause.of(LOOK_AGAIN_AFTER);
        }
        return Optional.empty();
    }
}
