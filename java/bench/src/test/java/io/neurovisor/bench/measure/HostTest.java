package io.neurovisor.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.program.Language;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Reads values of the machine that runs the test. */
final class HostTest {
    @Test
    void readsTheMachine() {
        Host host = Host.read();
        assertThat(host.processor()).isNotBlank().isNotEqualTo("0");
        assertThat(host.processors()).isPositive();
        assertThat(host.memoryMebibytes()).isGreaterThan(100);
        assertThat(host.load()).isNotNegative();
        assertThat(host.refaultedMebibytes()).isNotNegative();
    }

    @Test
    void readsUsage() {
        assertThat(Processors.busyMillis()).isPositive();
        assertThat(Memory.proportionalMebibytes(List.of(ProcessHandle.current())))
                .isBetween(1.0, 4000.0);
    }

    @Test
    void hostProgramsPrintTheAnswer() {
        List<Contender> contenders = HostProgram.contenders(Language.BASH, "echo $((6*7))");
        assertThat(contenders).extracting(Contender::name).startsWith(HostProgram.PLAIN);
        assertThat(contenders.getFirst().attempt().run()).isPositive();
    }
}
