package io.neurovisor.bench.speed;

import io.neurovisor.bench.measure.Contender;
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
    static final String PRIMED = "--prime";

    /** How long a machine is idle before its request. The longer it is idle, the slower it answers. */
    public static final Duration REST = Duration.ofSeconds(1);

    public void measure() {
        try (DaemonProcess daemon = bench.daemon("warm", 1, 3)) {
            for (SampleProgram sample :
                    bench.plan().quick() ? List.of(SampleProgram.PYTHON) : SampleProgram.INTERPRETED) {
                language(daemon, sample);
            }
        }
    }

    private void language(DaemonProcess daemon, SampleProgram sample) {
        List<TimedResult> answers = new ArrayList<>();
        List<Contender> contenders = new ArrayList<>();
        contenders.add(new Contender(Workbench.OURS, () -> {
            answers.add(rested(daemon, sample));
            return answers.getLast().millis();
        }));
        contenders.add(new Contender(Floor.NAME, () -> bare(sample)));
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

    /** Uses up the machine that has been idle for longer, so that both contenders answer after the same rest. */
    TimedResult rested(DaemonProcess daemon, SampleProgram sample) {
        double _ = bench.whole(daemon, sample);
        daemon.awaitWarm(1);
        Pause.of(REST);
        return bench.answer(daemon, sample);
    }
}
