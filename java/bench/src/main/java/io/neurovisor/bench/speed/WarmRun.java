package io.neurovisor.bench.speed;

import io.neurovisor.bench.floor.Floor;
import io.neurovisor.bench.measure.Contender;
import io.neurovisor.bench.measure.HostProgram;
import io.neurovisor.bench.measure.SampleProgram;
import io.neurovisor.bench.measure.TimedResult;
import io.neurovisor.bench.measure.Unit;
import io.neurovisor.server.client.DaemonProcess;
import io.neurovisor.server.client.Pause;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Measures a request to a machine that is ready, per language, and the time outside the machine. */
public record WarmRun(Workbench bench) {
    static final String PYTHON = "warm python";
    static final String OVERHEAD = "overhead";
    static final String PRIMED_JAVASCRIPT = "warm javascript, primed";
    static final String PRIMED = "--prime";

    /** How long a machine is idle before its request. The longer it is idle, the slower it answers. */
    public static final Duration REST = Duration.ofSeconds(1);

    /** The time after which an idle machine that was ready is being primed. */
    private static final Duration PRIMING_BEGINS = Duration.ofMillis(200);

    public void measure() {
        try (DaemonProcess daemon = bench.daemon("warm", 1, 3)) {
            for (SampleProgram sample :
                    bench.plan().quick() ? List.of(SampleProgram.PYTHON) : SampleProgram.INTERPRETED) {
                language(daemon, sample);
            }
        }
        if (!bench.plan().quick()) {
            primedJavascript();
        }
    }

    /** The bare VMM is always primed with the language that is measured; machines only if they are configured so. */
    private void primedJavascript() {
        try (DaemonProcess daemon = bench.daemon("primed", 1, 3, "--prime-javascript")) {
            List<Contender> contenders = machines(daemon, SampleProgram.JAVASCRIPT, new ArrayList<>());
            bench.rounds(() -> daemon.awaitWarm(1)).run(PRIMED_JAVASCRIPT, 8, contenders);
        }
    }

    /** @param answers receives the product's answers */
    private List<Contender> machines(DaemonProcess daemon, SampleProgram sample, List<TimedResult> answers) {
        Contender ours = new Contender(Workbench.OURS, () -> {
            answers.add(rested(daemon, sample));
            return answers.getLast().millis();
        });
        return List.of(ours, new Contender(Floor.NAME, () -> bare(sample)));
    }

    private void language(DaemonProcess daemon, SampleProgram sample) {
        List<TimedResult> answers = new ArrayList<>();
        List<Contender> contenders = new ArrayList<>(machines(daemon, sample, answers));
        contenders.addAll(HostProgram.contenders(sample.language(), sample.code()));
        boolean main = sample.equals(SampleProgram.PYTHON);
        bench.rounds(() -> daemon.awaitWarm(1))
                .run("warm " + sample.language().label(), main ? bench.plan().rounds(6, 24) : 4, contenders);
        if (main) {
            answers.stream()
                    .skip(bench.plan().rehearsals())
                    .forEach(answer -> bench.add(OVERHEAD, Workbench.OURS, Unit.MILLISECONDS, answer.outsideMillis()));
        }
    }

    double bare(SampleProgram sample) {
        return bench.floor()
                .run(sample, PRIMED, "--rest", Long.toString(REST.toMillis()))
                .request();
    }

    /**
     * Uses up the machine that has been idle for longer, so that both contenders answer after the same rest. A machine is
     * ready before it is primed, and not while it is.
     */
    TimedResult rested(DaemonProcess daemon, SampleProgram sample) {
        double _ = bench.whole(daemon, sample);
        daemon.awaitWarm(1);
        Pause.of(PRIMING_BEGINS);
        daemon.awaitWarm(1);
        Pause.of(REST.minus(PRIMING_BEGINS));
        return bench.answer(daemon, sample);
    }
}
