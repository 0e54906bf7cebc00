package io.neurovisor.bench.speed;

import static java.util.Objects.requireNonNull;

import io.neurovisor.bench.measure.Contender;
import io.neurovisor.bench.measure.Measure;
import io.neurovisor.bench.measure.Sample;
import io.neurovisor.server.client.DaemonProcess;
import io.neurovisor.server.client.Pause;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A request to a machine that waits, per language, and what of it is not the machine's. */
public record WarmRun(Workbench bench) {
    static final String PYTHON = "warm python";
    static final String OVERHEAD = "overhead";
    static final String PRIMED = "--prime";

    /** How long a machine has waited when it gets its program: the longer, the slower, and one that has just worked is quick. */
    public static final Duration REST = Duration.ofSeconds(1);

    public WarmRun {
        requireNonNull(bench, "bench is null");
    }

    public void measure() {
        try (DaemonProcess daemon = bench.daemon("warm", 1, 3)) {
            for (Sample sample : bench.plan().quick() ? List.of(Sample.PYTHON) : Sample.INTERPRETED) {
                language(daemon, sample);
            }
        }
    }

    private void language(DaemonProcess daemon, Sample sample) {
        List<Received> answers = new ArrayList<>();
        List<Contender> contenders = new ArrayList<>();
        contenders.add(new Contender(Workbench.OURS, () -> {
            answers.add(rested(daemon, sample));
            return answers.getLast().millis();
        }));
        contenders.add(new Contender(
                Floor.NAME,
                () -> bench.floor()
                        .run(sample, PRIMED, "--rest", Long.toString(REST.toMillis()))
                        .request()));
        contenders.addAll(HostProgram.contenders(sample.language(), sample.code()));
        boolean main = sample.equals(Sample.PYTHON);
        bench.rounds(() -> daemon.awaitWarm(1))
                .run("warm " + sample.language().label(), main ? bench.plan().rounds(6, 24) : 4, contenders);
        if (main) {
            answers.stream()
                    .skip(bench.plan().rehearsals())
                    .forEach(answer ->
                            bench.add(OVERHEAD, Workbench.OURS, Measure.MILLISECONDS, answer.outsideMillis()));
        }
    }

    /** In a machine that has waited as long as the bare one: it takes the place of one that has waited for longer. */
    private Received rested(DaemonProcess daemon, Sample sample) {
        double _ = bench.whole(daemon, sample);
        daemon.awaitWarm(1);
        Pause.of(REST);
        return bench.answer(daemon, sample);
    }
}
