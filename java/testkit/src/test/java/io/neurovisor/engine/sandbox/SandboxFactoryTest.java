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
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A machine that nobody has used may be replaced, once and for nothing but a broken connection. */
final class SandboxFactoryTest {
    private final AtomicInteger made = new AtomicInteger();

    @Test
    void aMachineWhoseFirstConnectionBreaksIsDestroyedAndReplaced() {
        FakeVmm vmm = vmm(1, Fault.SANDBOX_LOST);
        try (Sandbox sandbox = open(vmm)) {
            assertThat(vmm.starts()).hasSize(2);
            assertThat(vmm.livingCount()).isEqualTo(1);
            assertThat(sandbox.vmId()).isNotNull();
        }
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void theSecondIsTheLast() {
        assertFails(vmm(2, Fault.SANDBOX_LOST), Fault.SANDBOX_LOST, 2);
    }

    @Test
    void whatIsNoBrokenConnectionIsToldAtOnce() {
        assertFails(vmm(1, Fault.GUEST_SILENT), Fault.GUEST_SILENT, 1);
    }

    private void assertFails(FakeVmm vmm, Fault fault, int starts) {
        assertThatThrownBy(() -> open(vmm))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.fault()).isEqualTo(fault));
        assertThat(vmm.starts()).hasSize(starts);
        assertThat(vmm.livingCount()).isZero();
    }

    private FakeVmm vmm(int failing, Fault fault) {
        return new FakeVmm(_ -> made.incrementAndGet() <= failing ? new FakeGuest().failing(fault) : new FakeGuest());
    }

    private static Sandbox open(FakeVmm vmm) {
        return new SandboxFactory(vmm, new SecureRandom(), Ticker.SYSTEM)
                .open(PlainSandboxes.start(SandboxSize.SMALL), Deadline.after(Duration.ofSeconds(30), Ticker.SYSTEM));
    }
}
