package io.neurovisor.server.grpc.model;

import io.grpc.stub.StreamObserver;
import io.neurovisor.agent.loop.AgentLimits;
import io.neurovisor.agent.loop.AgentListeners;
import io.neurovisor.agent.loop.AgentResult;
import io.neurovisor.agent.loop.AgentRun;
import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.agent.loop.CodeRunner;
import io.neurovisor.agent.model.Message;
import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.proto.agent.AgentEvent;
import io.neurovisor.proto.agent.AgentServiceGrpc;
import io.neurovisor.proto.agent.RunAgentRequest;
import io.neurovisor.proto.agent.Started;
import io.neurovisor.server.agent.AgentCodeRunner;
import io.neurovisor.server.agent.AgentSandbox;
import io.neurovisor.server.agent.AgentSandboxes;
import io.neurovisor.server.agent.AgentSettings;
import io.neurovisor.server.agent.Models;
import io.neurovisor.server.grpc.ServedCall;
import io.neurovisor.server.grpc.TraceInterceptor;
import io.neurovisor.server.grpc.execution.TenantExecutions;
import io.neurovisor.server.metrics.AgentMetrics;
import io.neurovisor.server.trace.Tracing;
import io.neurovisor.session.RecordedSession;
import io.neurovisor.session.SessionHistory;
import io.neurovisor.session.SessionRecorder;
import io.neurovisor.session.Sessions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Runs agents on clients' tasks. */
public final class AgentGrpcService extends AgentServiceGrpc.AgentServiceImplBase {
    /** A run ends itself at its time limit. This ends a run that is blocked because its client does not read. */
    private static final Duration GRACE = Duration.ofSeconds(5);

    private final Models models;
    private final TenantExecutions executions;
    private final AgentSettings settings;
    private final RunSandboxes sandboxes;
    private final AgentHistory history;
    private final AgentMetrics metrics;
    private final Tracing tracing;

    /**
     * @param sandboxes those of the running call; empty if the daemon has none
     * @param sessions records runs; empty if runs are not recorded
     */
    public AgentGrpcService(
            Models models,
            TenantExecutions executions,
            AgentSettings settings,
            Optional<AgentSandboxes> sandboxes,
            Optional<Sessions> sessions,
            AgentMetrics metrics,
            Tracing tracing) {
        this.models = models;
        this.executions = executions;
        this.settings = settings;
        this.sandboxes = new RunSandboxes(sandboxes);
        this.history = new AgentHistory(sessions);
        this.metrics = metrics;
        this.tracing = tracing;
    }

    @Override
    public void runAgent(RunAgentRequest request, StreamObserver<AgentEvent> client) {
        ServedCall.begin(client, call -> {
            try {
                tracing.within(tracing.span("agent task").startSpan(), () -> {
                    work(request, new AgentStream(call::send));
                    return Optional.empty();
                });
            } catch (ModelFailure failure) {
                throw ModelStatus.of(failure);
            }
        });
    }

    private void work(RunAgentRequest request, AgentStream stream) {
        String text = RequestText.readable("task", request.getTask(), request.getTaskBytes(), RequestText.MAX_BYTES);
        AgentLimits limits = AgentProtos.limits(request.getLimits(), settings.limits());
        AgentLimits timed = limits.withTime(TimeLimit.left(limits.time()));
        Optional<String> name = RequestText.model(request.getModel());
        SandboxSize size = request.getSize().isEmpty() ? settings.size() : SandboxSize.named(request.getSize());
        TimeLimit.within(timed.time().plus(GRACE), () -> {
            Optional<RecordedSession> session = history.continued(request.getSession());
            List<Message> before = session.map(SessionHistory::of).orElse(List.of());
            RunFailures failures = new RunFailures();
            Model model = failures.watched(open(name.or(
                    () -> session.map(recorded -> recorded.runs().getLast().model()))));
            AgentTask task = new AgentTask(TraceInterceptor.current().id(), text, before);
            try (AgentSandbox sandbox =
                            sandboxes.open(request, session, size, timed.time()).orElse(null);
                    SessionRecorder recorder = request.getNoHistory()
                            ? null
                            : history.begin(session, task, model.name()).orElse(null)) {
                CodeRunner runner = sandbox == null ? machines(request, size) : sandbox.runner(settings.timeout());
                if (sandbox != null && recorder != null) {
                    recorder.sandbox(sandbox.id());
                    sandbox.keep();
                }
                stream.started(started(model, recorder, sandbox));
                // Recorded before it is sent, so that whatever a client has received is recorded.
                AgentResult result = new AgentRun(model, failures.watched(runner), timed)
                        .run(
                                task,
                                new AgentListeners(
                                        recorder == null
                                                ? List.of(metrics, stream)
                                                : List.of(recorder, metrics, stream)));
                failures.throwIfFailed(result);
                return result;
            }
        });
    }

    private Model open(Optional<String> name) {
        try {
            return models.open(name);
        } catch (ModelFailure failure) {
            metrics.notBegun();
            throw failure;
        }
    }

    private static Started started(Model model, @Nullable SessionRecorder recorder, @Nullable AgentSandbox sandbox) {
        return Started.newBuilder()
                .setTraceId(TraceInterceptor.current().displayId())
                .setModel(model.name())
                .setSession(recorder == null ? "" : recorder.session().toString())
                .setSandboxId(sandbox == null ? "" : sandbox.id())
                .build();
    }

    private AgentCodeRunner machines(RunAgentRequest request, SandboxSize size) {
        return new AgentCodeRunner(
                executions.of(AgentServiceGrpc.getRunAgentMethod().getFullMethodName()),
                size,
                settings.timeout(),
                Optional.of(request.getImage()).filter(image -> !image.isEmpty()));
    }
}
