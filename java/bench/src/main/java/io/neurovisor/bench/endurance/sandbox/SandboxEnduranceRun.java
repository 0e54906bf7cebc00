package io.neurovisor.bench.endurance.sandbox;

import io.neurovisor.bench.endurance.DaemonTrial;
import io.neurovisor.bench.endurance.EndurancePlan;
import io.neurovisor.bench.endurance.Load;
import io.neurovisor.bench.endurance.PromiseReport;
import io.neurovisor.bench.endurance.TestedDaemon;
import io.neurovisor.bench.endurance.TrialResult;
import io.neurovisor.engine.sandbox.SandboxRecord;
import io.neurovisor.engine.time.Deadline;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Has clients of a daemon keep sandboxes, in a {@link DaemonTrial}. What they do follows from the seed. */
public final class SandboxEnduranceRun {
    /** The daemon keeps the records of a thousand ended sandboxes. */
    private static final int MOST_SANDBOXES = 900;

    private final long seed;
    private final Duration calm;
    private final SandboxLedger ledger = new SandboxLedger();

    private SandboxEnduranceRun(EndurancePlan plan) {
        this.seed = plan.seed();
        this.calm = plan.duration().multipliedBy(plan.clients()).dividedBy(MOST_SANDBOXES);
    }

    /**
     * Runs the plan; {@code progress} receives a line for each event.
     *
     * @param records returns the records of the sandboxes that have ended or are paused
     */
    public static PromiseReport of(
            EndurancePlan plan, Supplier<List<SandboxRecord>> records, Consumer<String> progress) {
        SandboxEnduranceRun run = new SandboxEnduranceRun(plan);
        TrialResult trial = DaemonTrial.of(plan, run.new Users(), progress);
        return new SandboxEnduranceReport(run.ledger, records.get(), trial);
    }

    /** Returns the most sandboxes that so many clients use at a time. */
    public static int mostSandboxes(int clients) {
        return clients * SandboxUser.MOST;
    }

    private final class Users implements Load {
        @Override
        public void use(TestedDaemon daemon, int client, Deadline end) throws InterruptedException {
            new SandboxUser(daemon, ledger, new Random(seed + client), calm).run(end);
        }

        @Override
        public boolean outlivesDaemon() {
            return true;
        }

        @Override
        public void leave(TestedDaemon daemon) throws InterruptedException {
            new SandboxUser(daemon, ledger, new Random(seed), calm).leave();
        }
    }
}
