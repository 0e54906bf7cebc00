package io.neurovisor.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.ProgramExit;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ExitCodeTest {
    @ParameterizedTest
    @CsvSource({
        "COMPLETED,7",
        "TIMED_OUT,124",
        "OUT_OF_MEMORY,137",
        "OUTPUT_LIMIT,122",
        "CANCELLED,130",
        "SANDBOX_DIED,123",
        "OUTCOME_UNKNOWN,126"
    })
    void tellsTheOutcome(Outcome outcome, int exitCode) {
        assertThat(ExitCode.of(new ProgramExit(outcome, 7, 0, Duration.ZERO, false, false, ProgramExit.Details.NONE)))
                .isEqualTo(exitCode);
    }

    @ParameterizedTest
    @CsvSource({
        "INVALID_ARGUMENT,2",
        "UNKNOWN_LANGUAGE,2",
        "IMAGE_UNKNOWN,2",
        "INTERRUPTED,130",
        "VMM_MISSING,125",
        "TEMPLATE_BUILD_FAILED,125",
        "GUEST_SILENT,125"
    })
    void tellsWhoseFaultItIs(Fault fault, int exitCode) {
        assertThat(ExitCode.of(new NeuroVisorException(fault, "x"))).isEqualTo(exitCode);
    }
}
