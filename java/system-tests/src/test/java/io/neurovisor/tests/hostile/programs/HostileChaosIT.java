package io.neurovisor.tests.hostile.programs;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.tests.fixtures.LatencyLine;
import io.neurovisor.tests.fixtures.OpenedNeuroVisor;
import io.neurovisor.tests.runner.Alone;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Runs honest and hostile programs on one node, for as many minutes as the system property {@code neurovisor.test.minutes} says. From
 * ten minutes on, the durations of honest programs are checked, too: fewer samples allow no statement about a percentile of 99.
 */
@Tag("hostile")
@Alone
final class HostileChaosIT {
    private static final int MINUTES = Integer.getInteger("neurovisor.test.minutes", 0);
    private static final int JUDGED_MINUTES = 10;

    /** Alternates between runs with and without neighbours, so that other load on the host affects both. */
    private static final Duration TURN = Duration.ofSeconds(MINUTES > 0 ? 60 : 20);

    private static final int NEIGHBOURS = 2;
    private static final int MAX_RATIO = 2;

    @Test
    void honestProgramsKeepTheirOutcomes() throws InterruptedException {
        long seed = Long.getLong("neurovisor.test.seed", System.nanoTime());
        List<HostileProgram> programs = HostileProgram.all().stream()
                .filter(program -> !program.isCompiled())
                .toList();
        List<String> objections = new ArrayList<>();
        int hostile = 0;
        try (OpenedNeuroVisor node = OpenedNeuroVisor.node(Map.of("warm", "3", "max", "8"))) {
            HonestClient alone = new HonestClient(node);
            HonestClient beside = new HonestClient(node);
            Random random = new Random(seed);
            for (int turn = 0; turn < Math.max(1, MINUTES); turn++) {
                alone.askFor(TURN);
                HostileNeighbours neighbours = new HostileNeighbours(node, programs, random, NEIGHBOURS);
                try (neighbours) {
                    beside.askFor(TURN);
                }
                objections.addAll(neighbours.objections());
                hostile += neighbours.count();
            }
            System.out.printf(
                    "chaos, seed %d: honest alone %s; with %d hostile %s%n",
                    seed, LatencyLine.of(alone.times()), hostile, LatencyLine.of(beside.times()));
            assertThat(alone.failures()).isEmpty();
            assertThat(beside.failures()).as("seed %d", seed).isEmpty();
            assertThat(hostile).isPositive();
            assertThat(objections).as("seed %d", seed).isEmpty();
            if (MINUTES >= JUDGED_MINUTES) {
                assertThat(LatencyLine.percentile(beside.times(), 99))
                        .isLessThanOrEqualTo(MAX_RATIO * LatencyLine.percentile(alone.times(), 99));
            }
        }
    }
}
