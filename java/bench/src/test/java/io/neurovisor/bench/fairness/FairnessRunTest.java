package io.neurovisor.bench.fairness;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.TestPools;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class FairnessRunTest {
    @Test
    void measuresAsManyRequestsNextToTheOtherClientAsAlone() {
        FakeVmm vmm = new FakeVmm(_ -> new FakeGuest());
        FairnessRun run = new FairnessRun(
                TestPools.executions(vmm, TestFiles.bootFiles(), Ticker.SYSTEM),
                SandboxSize.SMALL,
                20,
                4,
                new PoolShare(Optional.empty(), Optional.of(2)));
        FairnessReport report = run.measure();
        assertThat(report.alone()).hasSize(20);
        assertThat(report.contended()).hasSize(20);
        assertThat(vmm.livingCount()).isZero();
        assertThat(vmm.starts()).hasSizeGreaterThan(50);
    }
}
