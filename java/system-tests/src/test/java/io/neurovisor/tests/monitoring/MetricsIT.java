package io.neurovisor.tests.monitoring;

import static io.neurovisor.tests.fixtures.ScriptedOllama.calls;
import static io.neurovisor.tests.fixtures.ScriptedOllama.says;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.neurovisor.proto.agent.AgentServiceGrpc;
import io.neurovisor.proto.agent.RunAgentRequest;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecuteResponse;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.proto.inference.InferenceRequest;
import io.neurovisor.proto.inference.InferenceServiceGrpc;
import io.neurovisor.tests.fixtures.RunningDaemon;
import io.neurovisor.tests.fixtures.ScriptedOllama;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that traffic on a daemon changes every metric family. */
@ShortTier
final class MetricsIT {
    private static final Duration LIMIT = Duration.ofSeconds(90);

    /** For every metric family that exists on every machine, a series that traffic changes. */
    private static final List<String> MOVED = List.of(
            "neurovisor_pool_warm_vms 1.0",
            "neurovisor_pool_active_vms 1.0",
            "neurovisor_pool_waiting 1.0",
            "neurovisor_requests_in_flight [1-9]",
            "neurovisor_ebpf_enabled 0.0",
            "neurovisor_layer_live\\{layer=\"2\"} 1.0",
            "neurovisor_build_info\\{.*version=\"[0-9].*vmm=\"qemu .*} 1",
            "neurovisor_vm_boot_seconds_count 0",
            "neurovisor_vm_restore_seconds_count [1-9]",
            "neurovisor_vm_acquire_seconds_count [1-9]",
            "neurovisor_inference_duration_seconds_count 2",
            "neurovisor_request_size_bytes_count [1-9]",
            "neurovisor_grpc_request_duration_seconds_count\\{method=\"neurovisor.execution.ExecutionService/Execute\"} [1-9]",
            "neurovisor_http_request_duration_seconds_count\\{api=\"e2b\",code=\"401\"} 1",
            "neurovisor_agent_iterations_count 1",
            "neurovisor_code_execution_duration_seconds_count\\{language=\"python\"} [1-9]",
            "neurovisor_llm_call_duration_seconds_count\\{model=\"qwen3\"} 2",
            "neurovisor_model_load_duration_seconds_count\\{model=\"qwen3\"} [1-9]",
            "neurovisor_requests_total\\{model=\"llama3.2\"} 1.0",
            "neurovisor_requests_total\\{model=\"other\"} 1.0",
            "neurovisor_tokens_generated_total\\{model=\"llama3.2\"} [1-9]",
            "neurovisor_errors_total\\{error_type=\"unknown_language\"} [1-9]",
            "neurovisor_agent_tasks_total\\{status=\"success\"} 1.0",
            "neurovisor_agent_tool_calls_total\\{tool=\"execute_code\"} 1.0",
            "neurovisor_code_executions_total\\{language=\"python\",status=\"completed\"} [1-9]",
            "neurovisor_code_executions_total\\{language=\"bash\",status=\"timed_out\"} 1.0",
            "neurovisor_vms_created_total [1-9]",
            "neurovisor_vms_destroyed_total\\{reason=\"used\"} [1-9]",
            "neurovisor_vms_destroyed_total\\{reason=\"died\"} 1.0",
            "neurovisor_rate_limited_total\\{scope=\"loopback\"} [1-9]",
            "neurovisor_sandboxes\\{state=\"running\"} 0.0",
            "neurovisor_sandbox_processes 0.0",
            // Other daemons have checkpoints in the same directory.
            "neurovisor_checkpoint_bytes [0-9]",
            "neurovisor_sandbox_operation_seconds_count\\{operation=\"create\"} 1",
            "neurovisor_sandbox_ended_total\\{reason=\"killed\"} 1.0",
            "jvm_memory_used_bytes\\{area=\"heap\"} [1-9]");

    @TempDir
    private Path directory;

    @Test
    void everyMetricFamilyChangesWithItsEvent() throws Exception {
        try (ScriptedOllama ollama = new ScriptedOllama(calls("python:print(2)"), says("It is 2."), says("Hello."));
                RunningDaemon daemon = RunningDaemon.start(
                        directory,
                        Map.of("OLLAMA_HOST", ollama.address()),
                        "--warm=1",
                        "--max=1",
                        "--max-sandboxes=1",
                        "--http-port=0",
                        "--rate-limit=20:1");
                Socket slow = new Socket(InetAddress.getLoopbackAddress(), daemon.statusPort())) {
            slow.getOutputStream().write("GET /metrics HTTP/1.1\r\n".getBytes(StandardCharsets.US_ASCII));
            Scrapes scrapes = new Scrapes(daemon);
            await().atMost(LIMIT).until(() -> daemon.status("/ready").equals("200 ready"));
            scrapes.look();

            aWarmMachineDies(daemon);
            // Until then the daemon may be as ready as before.
            scrapes.await("neurovisor_vms_destroyed_total{reason=\"died\"} 1.0");
            ExecutionServiceGrpc.ExecutionServiceBlockingStub client =
                    ExecutionServiceGrpc.newBlockingStub(daemon.channel());
            ExecuteResponse answer = client.execute(request("python", "print(6*7)"));
            assertThat(answer.getStdout()).isEqualTo("42\n");
            assertThatThrownBy(() -> client.execute(request("cobol", "1"))).isInstanceOf(StatusRuntimeException.class);
            oneRunsWhileOneWaits(client, scrapes);
            ExecuteResponse late = client.execute(
                    request("bash", "sleep 1000").toBuilder().setTimeoutSecs(1).build());
            assertThat(late.getTimedOut()).isTrue();
            WatchedTraffic.aSandboxIsCreatedAndKilled(daemon);
            WatchedTraffic.aRequestHasNoKey(daemon);
            AgentServiceGrpc.newBlockingStub(daemon.channel())
                    .runAgent(RunAgentRequest.newBuilder()
                            .setTask("What is 1 + 1?")
                            .setModel("qwen3")
                            .build())
                    .forEachRemaining(_ -> {});
            InferenceServiceGrpc.InferenceServiceBlockingStub models =
                    InferenceServiceGrpc.newBlockingStub(daemon.channel());
            assertThat(models.infer(InferenceRequest.newBuilder()
                                    .setPrompt("Hi")
                                    .build())
                            .getResponse())
                    .isEqualTo("Hello.");
            assertThatThrownBy(() -> models.infer(InferenceRequest.newBuilder()
                            .setPrompt("Hi")
                            .setModel(ScriptedOllama.MISSING)
                            .build()))
                    .isInstanceOf(StatusRuntimeException.class);
            await().atMost(LIMIT).until(() -> code(client) == Status.Code.RESOURCE_EXHAUSTED);

            await().atMost(LIMIT).untilAsserted(() -> {
                scrapes.look();
                assertThat(scrapes.missing(MOVED)).isEmpty();
            });
            assertThat(scrapes.families()).isEqualTo(scrapes.familiesOf(MOVED));
            assertThat(scrapes.last())
                    .noneMatch(line -> !line.startsWith("#")
                            && line.replaceFirst(" # .*", "").contains("trace_id"))
                    .anyMatch(line ->
                            line.contains("# {trace_id=\"" + answer.getTraceId().replace("-", "") + "\"}"));

            // The limit of half a minute has passed, or soon will.
            slow.setSoTimeout((int) LIMIT.toMillis());
            assertThat(slow.getInputStream().read())
                    .as("of a question that does not end")
                    .isEqualTo(-1);
        }
    }

    private static void aWarmMachineDies(RunningDaemon daemon) {
        List<ProcessHandle> before = daemon.vmms();
        assertThat(before).isNotEmpty().allMatch(ProcessHandle::destroyForcibly);
        await().atMost(LIMIT)
                .until(() -> daemon.vmms().stream().noneMatch(before::contains)
                        && daemon.status("/ready").equals("200 ready"));
    }

    /** Makes two calls for the only machine: the second one waits until the first one is cancelled. */
    private static void oneRunsWhileOneWaits(ExecutionServiceGrpc.ExecutionServiceBlockingStub client, Scrapes scrapes)
            throws InterruptedException {
        Thread second;
        try (Context.CancellableContext first = Context.current().withCancellation()) {
            first.run(() -> client.executeStream(request("bash", "sleep 1000").toBuilder()
                    .setTimeoutSecs(1000)
                    .build()));
            scrapes.await("neurovisor_pool_active_vms 1.0");
            second = Thread.startVirtualThread(() -> {
                ExecuteResponse _ = client.execute(request("python", "1"));
            });
            scrapes.await("neurovisor_pool_waiting 1.0");
        }
        second.join();
    }

    /** Makes a call that needs no machine and returns its code. */
    private static Status.Code code(ExecutionServiceGrpc.ExecutionServiceBlockingStub client) {
        try {
            ExecuteResponse response = client.execute(request("cobol", "1"));
            throw new AssertionError("it has run: " + response);
        } catch (StatusRuntimeException refusal) {
            return refusal.getStatus().getCode();
        }
    }

    private static ExecuteRequest request(String language, String code) {
        return ExecuteRequest.newBuilder().setLanguage(language).setCode(code).build();
    }

    /** All metrics that a daemon has exposed in any scrape. */
    private static final class Scrapes {
        private final RunningDaemon daemon;
        private final Set<String> seen = new HashSet<>();
        private List<String> last = List.of();

        Scrapes(RunningDaemon daemon) {
            this.daemon = daemon;
        }

        void look() throws IOException, InterruptedException {
            last = daemon.metrics();
            seen.addAll(last);
        }

        void await(String line) {
            Awaitility.await().atMost(LIMIT).until(() -> {
                look();
                return last.contains(line);
            });
        }

        List<String> last() {
            return last;
        }

        List<String> missing(List<String> patterns) {
            return patterns.stream()
                    .filter(pattern ->
                            seen.stream().noneMatch(Pattern.compile(pattern).asPredicate()))
                    .toList();
        }

        List<String> families() {
            return ours(last.stream()
                    .filter(line -> line.startsWith("# TYPE neurovisor_"))
                    .map(line -> line.split(" ", -1)[2]));
        }

        List<String> familiesOf(List<String> patterns) {
            return ours(patterns.stream()
                    .filter(pattern -> pattern.startsWith("neurovisor_"))
                    .map(pattern -> pattern.replaceFirst("[ \\\\].*", "")));
        }

        /** Returns the names without the suffixes that OpenMetrics adds to samples. */
        private static List<String> ours(Stream<String> names) {
            return names.map(name -> name.replaceFirst("_(total|count|info)$", ""))
                    .distinct()
                    .sorted()
                    .toList();
        }
    }
}
