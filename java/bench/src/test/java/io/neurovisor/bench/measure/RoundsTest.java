package io.neurovisor.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RoundsTest {
    private static final String SCENARIO = "scenario";

    private final Measurements measurements = new Measurements();
    private final List<String> events = new ArrayList<>();
    private final List<String> complaints = new ArrayList<>();
    private final Rounds rounds = new Rounds("small", 2, measurements, () -> events.add("calm"), complaints::add);

    @Test
    void contendersTakeTurns() {
        rounds.run(SCENARIO, 3, List.of(contender("a", 1), contender("b", 2)));
        assertThat(events).hasSize(5 * 4).startsWith("calm", "a", "calm", "b", "calm", "a", "calm", "b");
        assertThat(series("a").values()).isEqualTo(Collections.nCopies(3, 1.0));
        assertThat(series("b").values()).isEqualTo(Collections.nCopies(3, 2.0));
    }

    @Test
    void countsFailedAttempts() {
        rounds.run(SCENARIO, 2, List.of(failing(Fault.TOOL_FAILED), contender("b", 2)));
        assertThat(series("broken").failed()).isEqualTo(2);
        assertThat(series("broken").values()).isEmpty();
        assertThat(series("b").values()).hasSize(2);
        assertThat(complaints).hasSize(4).allMatch("scenario, broken: it broke"::equals);
    }

    @Test
    void stopsWhenCancelled() {
        assertThatThrownBy(() -> rounds.run(SCENARIO, 2, List.of(failing(Fault.INTERRUPTED), contender("b", 2))))
                .hasMessage("it broke");
        assertThat(events).containsExactly("calm");
    }

    private Contender contender(String name, double millis) {
        return new Contender(name, () -> {
            events.add(name);
            return millis;
        });
    }

    private static Contender failing(Fault fault) {
        return new Contender("broken", () -> {
            throw new NeuroVisorException(fault, "it broke");
        });
    }

    private Series series(String contender) {
        return measurements.find(new Series.Key("small", SCENARIO, contender)).orElseThrow();
    }
}
