package io.neurovisor.cli.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.layer.Layer;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.host.doctor.Finding;
import io.neurovisor.server.doctor.Diagnosis;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

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
    void mapsOutcomes(Outcome outcome, int exitCode) {
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
        "BOOT_FAILED,125",
        "TEMPLATE_BUILD_FAILED,125",
        "GUEST_SILENT,125"
    })
    void mapsFaults(Fault fault, int exitCode) {
        assertThat(ExitCode.of(new NeuroVisorException(fault, "x"))).isEqualTo(exitCode);
    }

    /** {@code --strict} uses the same rule (MachineFactoryTest). */
    @ParameterizedTest
    @EnumSource(Layer.class)
    void oneBrokenLayerIsEnough(Layer layer) {
        assertThat(doctor(layer, LayerState.live(layer, "x"))).isZero();
        assertThat(doctor(layer, LayerState.off(layer, "x", ""))).isEqualTo(3);
        assertThat(doctor(layer, LayerState.broken(layer, "x", ""))).isEqualTo(1);
        assertThat(doctor(layer, LayerState.unknown(layer, "x"))).isEqualTo(4);
    }

    private static int doctor(Layer changed, LayerState state) {
        List<LayerState> layers = Arrays.stream(Layer.values())
                .map(layer -> layer == changed ? state : LayerState.live(layer, "x"))
                .toList();
        return ExitCode.of(new Diagnosis(layers, List.of(), List.of()).health());
    }

    @ParameterizedTest
    @CsvSource({"PASS,0", "WARN,0", "FAIL,1", "UNKNOWN,4"})
    void mapsVerdicts(Finding.Verdict verdict, int exitCode) {
        List<Finding> findings = List.of(new Finding("disk", verdict, "x", ""));
        assertThat(ExitCode.of(new Diagnosis(List.of(), findings, List.of()).health()))
                .isEqualTo(exitCode);
    }

    @Test
    void brokenOutweighsUnknown() {
        List<Finding> findings = List.of(Finding.unknown("kvm", "x", ""), Finding.fail("disk", "x", ""));
        assertThat(ExitCode.of(new Diagnosis(List.of(), findings, List.of()).health()))
                .isEqualTo(1);
    }
}
