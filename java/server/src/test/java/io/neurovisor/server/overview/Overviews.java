package io.neurovisor.server.overview;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.Executions;
import io.neurovisor.engine.layer.Layer;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.PoolStatus;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.RecordingSink;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.TestPools;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Overviews with markup in every text that comes from outside. */
public final class Overviews {
    public static final String MARKUP =
            "\"'><script>alert(1)</script><img src=x onerror=alert(2)>&amp;\u001b[31m\u202e";
    public static final TraceId TRACE = new TraceId(UUID.fromString("01941ab3-6d8c-7a2b-b4e1-9c1234567890"));

    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private Overviews() {}

    /** Returns an overview with a failed execution and a running one. */
    public static Overview hostile() {
        RecentExecutions recent = new RecentExecutions(InstantSource.system(), Ticker.SYSTEM);
        Executions executions = TestPools.executions(
                new FakeVmm(_ -> new FakeGuest().dyingWhileExecuting(MARKUP)),
                TestFiles.bootFiles(),
                Ticker.SYSTEM,
                recent);
        executions.execute(request(TRACE), new RecordingSink());
        recent.begun(request(new TraceId(new UUID(1, 2))));
        return of(recent.activity(), 1);
    }

    /** Returns the overview this many seconds later. */
    public static Overview later(Overview overview, int seconds) {
        return new Overview(
                overview.at().plusSeconds(seconds),
                overview.startedAt(),
                overview.version(),
                overview.ready(),
                overview.obstacle(),
                overview.vmm(),
                overview.pool(),
                overview.layers(),
                overview.executions(),
                overview.sandboxes());
    }

    /** Returns an overview with a pool of this many ready machines. */
    public static Overview of(Activity activity, int warm) {
        return new Overview(
                NOW.plusSeconds(90),
                NOW,
                "0 " + MARKUP,
                false,
                Overview.remark("the pool cannot refill: " + MARKUP),
                new Overview.Vmm("qemu", MARKUP, false, MARKUP, MARKUP),
                Overview.Pool.of(
                        new PoolStatus(warm, 1, 1, 0, 2, 4, true, Optional.empty(), Optional.of(MARKUP)), 3, 10, 8),
                List.of(Overview.Protection.of(LayerState.off(Layer.EBPF_LSM, MARKUP, MARKUP))),
                activity,
                List.of(new LivingSandbox("a".repeat(20), MARKUP, MARKUP, NOW, NOW.plusSeconds(300))));
    }

    private static ExecutionRequest request(TraceId traceId) {
        return new ExecutionRequest(
                traceId, new Program(Language.PYTHON, "secret code"), Duration.ofSeconds(30), SandboxSize.SMALL);
    }
}
