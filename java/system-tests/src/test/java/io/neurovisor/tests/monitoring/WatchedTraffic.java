package io.neurovisor.tests.monitoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.neurovisor.proto.agent.AgentEvent;
import io.neurovisor.proto.agent.AgentServiceGrpc;
import io.neurovisor.proto.agent.RunAgentRequest;
import io.neurovisor.proto.execution.ExecuteChunk;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecuteResponse;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.proto.execution.Limits;
import io.neurovisor.proto.execution.Outcome;
import io.neurovisor.proto.inference.InferenceRequest;
import io.neurovisor.proto.inference.InferenceServiceGrpc;
import io.neurovisor.proto.sandbox.CreateRequest;
import io.neurovisor.proto.sandbox.KillRequest;
import io.neurovisor.proto.sandbox.SandboxServiceGrpc;
import io.neurovisor.tests.fixtures.RunningDaemon;
import io.neurovisor.tests.fixtures.ScriptedOllama;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import java.util.Iterator;

/** Makes calls of each kind and with each outcome, so that every counter of a daemon changes. */
final class WatchedTraffic {
    /** The number of executions in one round on all daemons. */
    static final int EXECUTIONS = 9;

    private static final Duration LIMIT = Duration.ofSeconds(90);

    private final RunningDaemon daemon;
    private final RunningDaemon coldDaemon;

    /**
     * @param daemon a daemon with one warm machine and a scripted model server
     * @param coldDaemon a daemon that boots its machines and exceeds its rate limit
     */
    WatchedTraffic(RunningDaemon daemon, RunningDaemon coldDaemon) {
        this.daemon = daemon;
        this.coldDaemon = coldDaemon;
    }

    /** Makes one round of calls and returns the trace id of a completed execution. */
    String round() {
        String trace = executionsOfEachEnd();
        aSandboxDies();
        aSandboxIsCreatedAndKilled(daemon);
        aRequestHasNoKey(daemon);
        agentsAndQuestions();
        assertThat(await().atMost(LIMIT)
                        .ignoreException(StatusRuntimeException.class)
                        .until(() -> execute(coldDaemon, request("python", "print(6*7)")), _ -> true)
                        .getStdout())
                .isEqualTo("42\n");
        await().atMost(LIMIT)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> refusal(coldDaemon) == Status.Code.RESOURCE_EXHAUSTED);
        return trace;
    }

    private String executionsOfEachEnd() {
        ExecuteResponse completed = execute(daemon, request("python", "print(6*7)"));
        assertThat(completed.getOutcome()).isEqualTo(Outcome.COMPLETED);
        assertThat(outcome(request("javascript", "console.log(6*7)"))).isEqualTo(Outcome.COMPLETED);
        assertThat(outcome(request("bash", "sleep 100").toBuilder()
                        .setTimeoutSecs(1)
                        .build()))
                .isEqualTo(Outcome.TIMED_OUT);
        assertThat(outcome(request("bash", "yes").toBuilder()
                        .setLimits(Limits.newBuilder().setOutputBytes(1000))
                        .build()))
                .isEqualTo(Outcome.OUTPUT_LIMIT);
        assertThat(outcome(request("python", "hoard = []\nwhile True: hoard.append(b'x' * (1 << 20))").toBuilder()
                        .setSize("small")
                        .build()))
                .isEqualTo(Outcome.OUT_OF_MEMORY);
        try (Context.CancellableContext context = Context.current().withCancellation()) {
            context.run(
                    () -> assertThat(stream("echo running; sleep 100").next().getStdoutChunk())
                            .isEqualTo("running\n"));
        }
        assertThat(refusal(daemon)).isEqualTo(Status.Code.INVALID_ARGUMENT);
        return completed.getTraceId();
    }

    private void aSandboxDies() {
        ProcessHandle machine = daemon.warmVmm();
        Iterator<ExecuteChunk> chunks = stream("echo running; sleep 1000");
        assertThat(chunks.next().getStdoutChunk()).isEqualTo("running\n");
        assertThat(machine.destroyForcibly()).isTrue();
        assertThat(chunks.next().getMetadata().getOutcome()).isEqualTo(Outcome.SANDBOX_DIED);
    }

    static void aSandboxIsCreatedAndKilled(RunningDaemon daemon) {
        SandboxServiceGrpc.SandboxServiceBlockingStub sandboxes = SandboxServiceGrpc.newBlockingStub(daemon.channel());
        String id = sandboxes
                .create(CreateRequest.getDefaultInstance())
                .getSandbox()
                .getId();
        assertThat(sandboxes
                        .kill(KillRequest.newBuilder().setSandboxId(id).build())
                        .getKilled())
                .isTrue();
    }

    /** Sends a request to the HTTP APIs of a daemon, which rejects it. */
    static void aRequestHasNoKey(RunningDaemon daemon) {
        try {
            HttpURLConnection connection = (HttpURLConnection)
                    URI.create(daemon.httpAddress() + "/v2/sandboxes").toURL().openConnection();
            assertThat(connection.getResponseCode()).isEqualTo(401);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    private void agentsAndQuestions() {
        AgentServiceGrpc.AgentServiceBlockingStub agents = AgentServiceGrpc.newBlockingStub(daemon.channel());
        RunAgentRequest task = RunAgentRequest.newBuilder()
                .setTask("What is 1 + 1?")
                .setModel("qwen3")
                .setNoHistory(true)
                .build();
        agents.runAgent(task).forEachRemaining(_ -> {});
        Iterator<AgentEvent> hopeless = agents.runAgent(
                task.toBuilder().setModel(ScriptedOllama.MISSING).build());
        assertThatThrownBy(() -> hopeless.forEachRemaining(_ -> {})).isInstanceOf(StatusRuntimeException.class);
        assertThat(InferenceServiceGrpc.newBlockingStub(daemon.channel())
                        .infer(InferenceRequest.newBuilder().setPrompt("Hi").build())
                        .getResponse())
                .isNotEmpty();
    }

    /** Makes a call that needs no machine and returns its code. */
    private static Status.Code refusal(RunningDaemon daemon) {
        try {
            throw new AssertionError("it has run: " + execute(daemon, request("cobol", "1")));
        } catch (StatusRuntimeException refusal) {
            return refusal.getStatus().getCode();
        }
    }

    private Outcome outcome(ExecuteRequest request) {
        return execute(daemon, request).getOutcome();
    }

    private Iterator<ExecuteChunk> stream(String code) {
        return ExecutionServiceGrpc.newBlockingStub(daemon.channel()).executeStream(request("bash", code));
    }

    private static ExecuteResponse execute(RunningDaemon daemon, ExecuteRequest request) {
        return ExecutionServiceGrpc.newBlockingStub(daemon.channel()).execute(request);
    }

    private static ExecuteRequest request(String language, String code) {
        return ExecuteRequest.newBuilder().setLanguage(language).setCode(code).build();
    }
}
