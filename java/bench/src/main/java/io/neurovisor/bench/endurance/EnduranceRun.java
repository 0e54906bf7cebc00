package io.neurovisor.bench.endurance;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.time.Deadline;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;

/** Has clients of a daemon run programs, in a {@link DaemonTrial}. The requests follow from the seed. */
public final class EnduranceRun {
    private final EndurancePlan plan;
    private final SandboxSize size;
    private final Tenants tenants;
    private final Ledger ledger = new Ledger();
    private final Queue<Duration> alone = new ConcurrentLinkedQueue<>();
    private final Queue<Duration> contended = new ConcurrentLinkedQueue<>();
    private final List<HostileClient> hostile = new ArrayList<>();

    private EnduranceRun(EndurancePlan plan, SandboxSize size, Tenants tenants) {
        this.plan = plan;
        this.size = size;
        this.tenants = tenants;
    }

    /**
     * Runs the plan; {@code progress} receives a line for each event.
     *
     * @param audit the directory of the daemon's audit log
     * @param tenants the keys of the clients; hostile clients start after the daemon was restarted
     */
    public static PromiseReport of(
            EndurancePlan plan, Path audit, SandboxSize size, Tenants tenants, Consumer<String> progress) {
        EnduranceRun run = new EnduranceRun(plan, size, tenants);
        TrialResult trial = DaemonTrial.of(plan, run.new Executions(), progress);
        return new EnduranceReport(run.ledger, run.latencies(), AuditTrail.read(audit, run.ledger.requests()), trial);
    }

    private final class Executions implements Load {
        @Override
        public void use(TestedDaemon daemon, int number, Deadline end) throws InterruptedException {
            Random random = new Random(plan.seed() + number);
            HonestClient client = new HonestClient(daemon, key(number), size);
            while (!end.hasPassed()) {
                ClientRequest request = new ClientRequest(
                        RequestKind.next(random), UUID.randomUUID().toString());
                ledger.begin(request);
                int killed = daemon.ended();
                RequestOutcome outcome = client.run(request);
                ledger.end(request, outcome);
                if (request.kind() == RequestKind.GREETING
                        && outcome.how() == RequestOutcome.How.RIGHT
                        && daemon.ended() == killed) {
                    (killed == 0 ? alone : contended).add(outcome.took());
                }
            }
        }

        private Optional<String> key(int number) {
            return tenants.honest().stream().skip(number).findFirst();
        }

        @Override
        public List<Work> later(TestedDaemon daemon) {
            List<Work> work = new ArrayList<>();
            for (String key : tenants.hostile()) {
                HostileClient client = new HostileClient(daemon, key, size);
                Random random = new Random(plan.seed() - hostile.size() - 1);
                hostile.add(client);
                work.add(() -> client.run(random));
            }
            return work;
        }

        @Override
        public void stopLater() {
            hostile.forEach(HostileClient::stop);
        }
    }

    private Optional<HostileTraffic> latencies() {
        return hostile.isEmpty()
                ? Optional.empty()
                : Optional.of(HostileTraffic.of(hostile, new Latencies(List.copyOf(alone), List.copyOf(contended))));
    }
}
