package io.neurovisor.server.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests that a guest which was only late is not reported as broken. */
final class MachineExaminationTest {
    @ParameterizedTest
    @CsvSource({
        "GUEST_SILENT,true",
        "POOL_EXHAUSTED,true",
        "MEMORY_SHORT,true",
        "VMM_FAILED,false",
        "VMM_MISSING,false",
        "JAIL_FAILED,false",
        "SANDBOX_LOST,false"
    })
    void onlyLateFaultsMayPass(Fault fault, boolean passing) {
        assertThat(MachineExamination.mayPass(new NeuroVisorException(fault, "x")))
                .isEqualTo(passing);
    }

    @Test
    void templateOfALateGuestMayBeBuiltLater() {
        NeuroVisorException late = new NeuroVisorException(Fault.GUEST_SILENT, "late");
        assertThat(MachineExamination.mayPass(new NeuroVisorException(Fault.TEMPLATE_BUILD_FAILED, "x", late)))
                .isTrue();
    }
}
