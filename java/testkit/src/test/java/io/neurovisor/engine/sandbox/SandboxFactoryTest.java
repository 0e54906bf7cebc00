package io.neurovisor.engine.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import java.security.SecureRandom;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A machine that nobody has used may be replaced, once and for nothing but a broken connection. */
final class SandboxFactoryTest {
    @ParameterizedTest
    @EnumSource(names = {"SANDBOX_LOST", "GUEST_SILENT"})
    void aMachineThatNobodyReachesIsDestroyedAndTold(Fault fault) {
        FakeVmm vmm = new FakeVmm(_ -> new FakeGuest().failing(fault));

        assertThatThrownBy(() -> open(vmm))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.fault()).isEqualTo(fault));
        assertThat(vmm.starts()).hasSize(1);
        assertThat(vmm.livingCount()).isZero();
    }

    private static Sandbox open(FakeVmm vmm) {
        return new SandboxFactory(vmm, new SecureRandom(), Ticker.SYSTEM)
                .open(PlainSandboxes.start(SandboxSize.SMALL), Deadline.after(Duration.ofSeconds(30), Ticker.SYSTEM));
    }
}
