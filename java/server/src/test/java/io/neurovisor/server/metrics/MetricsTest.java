package io.neurovisor.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.model.ModelReply;
import io.neurovisor.agent.model.ModelRequest;
import io.neurovisor.agent.model.ReplyListener;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.Executions;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.layer.RequiredLayers;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.MachineFactory;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.pool.WarmPool;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.RecordingSink;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.TestPools;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class MetricsTest {
    private static final MachineKind SMALL = new MachineKind("base", SandboxSize.SMALL);
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final TraceId TRACE = new TraceId(UUID.fromString("01941ab3-6d8c-7a2b-b4e1-9c1234567890"));

    private final Metrics metrics = new Metrics();
    private Supplier<FakeGuest> guests = FakeGuest::new;
    private final FakeVmm vmm = new FakeVmm(_ -> guests.get());
    private final MachineFactory factory =
            new MachineFactory(vmm, new SecureRandom(), Ticker.SYSTEM, metrics.machines(), RequiredLayers.NONE);
    private final WarmPool pool = new WarmPool(
            TestPools.plan(SMALL, 2, 3, LONG),
            TestPools.machines(
                    factory,
                    (id, kind) -> factory.open(
                            id,
                            new VmStart.ColdBoot(TestFiles.bootFiles(), kind.size()),
                            Deadline.after(LONG, Ticker.SYSTEM))),
            _ -> {},
            Ticker.SYSTEM,
            metrics.machines());
    private final Executions executions = new Executions(_ -> SMALL, pool, Ticker.SYSTEM, metrics.executions());

    @Test
    void countsEveryCreatedMachineAsDestroyedWithTheReason() {
        metrics.watch(pool::status, vmm.identity(), Optional.empty());
        pool.keepWarm();
        await().until(() -> pool.status().warm() == 2);
        assertThat(scraped("neurovisor_pool_warm_vms")).isEqualTo("2.0");
        assertThat(Scrape.of(metrics.registry()))
                .filteredOn(line -> line.startsWith("neurovisor_cgroup_"))
                .hasSize(4)
                .anyMatch(line -> line.matches("neurovisor_cgroup_memory_usage_bytes\\{vm_id=\"vm-.*\"} 6.7108864E7"))
                .anyMatch(line -> line.matches("neurovisor_cgroup_cpu_throttled_total\\{vm_id=\"vm-.*\"} 3.0"));
        run("1");
        await().until(() -> pool.status().warm() == 2);
        assertThat(pool.drain(Deadline.after(LONG, Ticker.SYSTEM))).isTrue();

        assertThat(Scrape.of(metrics.registry())).noneMatch(line -> line.startsWith("neurovisor_cgroup_"));
        assertThat(scraped("neurovisor_vms_created_total")).isEqualTo("3.0");
        assertThat(scraped("neurovisor_vms_destroyed_total{reason=\"used\"}")).isEqualTo("1.0");
        assertThat(scraped("neurovisor_vms_destroyed_total{reason=\"shutdown\"}"))
                .isEqualTo("2.0");
        assertThat(scraped("neurovisor_vm_boot_seconds_count")).isEqualTo("3.0");
        assertThat(scraped("neurovisor_vm_restore_seconds_count")).isEqualTo("0.0");
        assertThat(scraped("neurovisor_pool_warm_vms")).isEqualTo("0.0");
        assertThat(scraped("neurovisor_ebpf_enabled")).isEqualTo("0.0");
        assertThat(Scrape.of(metrics.registry()))
                .anyMatch(line -> line.startsWith("neurovisor_build_info{") && line.contains("vmm=\"fake 1 (none)\""));
    }

    @Test
    void countsAMachineThatDoesNotStartAsDestroyed() {
        guests = () -> new FakeGuest().failing(Fault.GUEST_SILENT);
        assertThatThrownBy(() -> run("1")).isInstanceOf(NeuroVisorException.class);
        assertThat(scraped("neurovisor_vms_created_total")).isEqualTo("1.0");
        assertThat(scraped("neurovisor_vms_destroyed_total{reason=\"start_failed\"}"))
                .isEqualTo("1.0");
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void countsAProgramByLanguageAndOutcome() {
        run("1");
        assertThat(scraped("neurovisor_code_executions_total{language=\"python\",status=\"completed\"}"))
                .isEqualTo("1.0");
        assertThat(scraped("neurovisor_code_execution_duration_seconds_count{language=\"python\"}"))
                .isEqualTo("1.0");
        assertThat(scraped("neurovisor_vm_acquire_seconds_count")).isEqualTo("1.0");
        assertThat(Scrape.of(metrics.registry()))
                .filteredOn(line -> line.contains("# {trace_id=\"01941ab36d8c7a2bb4e19c1234567890\"}"))
                .anyMatch(line -> line.startsWith("neurovisor_vm_acquire_seconds_bucket"))
                .anyMatch(line -> line.startsWith("neurovisor_code_execution_duration_seconds_bucket"));
    }

    @Test
    void boundsTheSeriesOfModels() {
        IntStream.range(0, 10_000).forEach(number -> {
            try (ModelMetrics.Question question = metrics.models().question(TRACE)) {
                question.goesTo(new Named("model-" + number));
            }
        });
        try (ModelMetrics.Question _ = metrics.models().question(TRACE)) {
            // No server has this model.
        }
        assertThat(Scrape.of(metrics.registry()))
                .filteredOn(line -> line.startsWith("neurovisor_requests_total{"))
                .hasSize(ModelMetrics.MOST_MODELS + 1);
        assertThat(scraped("neurovisor_requests_total{model=\"model-0\"}")).isEqualTo("1.0");
        assertThat(scraped("neurovisor_requests_total{model=\"other\"}"))
                .isEqualTo(10_001.0 - ModelMetrics.MOST_MODELS + "");
        assertThat(scraped("neurovisor_inference_duration_seconds_count")).isEqualTo("10001.0");
    }

    private void run(String code) {
        executions.execute(
                new ExecutionRequest(TRACE, new Program(Language.PYTHON, code), LONG, SandboxSize.SMALL),
                new RecordingSink());
    }

    /** Returns the value of a series. */
    private String scraped(String series) {
        return Scrape.of(metrics.registry()).stream()
                .filter(line -> line.startsWith(series + " "))
                .map(line -> line.split(" ", -1)[1].replaceFirst("^(\\d+)$", "$1.0"))
                .findFirst()
                .orElse("missing");
    }

    private record Named(String name) implements Model {
        @Override
        public int contextTokens() {
            return 1;
        }

        @Override
        public boolean hasNativeTools() {
            return true;
        }

        @Override
        public ModelReply ask(ModelRequest request, ReplyListener listener) {
            return ModelReply.of("");
        }
    }
}
