package io.neurovisor.server.grpc.execution;

import io.grpc.Context;
import io.grpc.MethodDescriptor;
import io.grpc.stub.StreamObserver;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.VmmIdentity;
import io.neurovisor.proto.execution.ExecuteChunk;
import io.neurovisor.proto.execution.ExecuteMetadata;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecuteResponse;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.proto.execution.HostReport;
import io.neurovisor.proto.execution.VmmReport;
import io.neurovisor.server.access.Tenant;
import io.neurovisor.server.grpc.ServedCall;
import io.neurovisor.server.grpc.TraceInterceptor;
import io.neurovisor.server.grpc.guard.PendingResponse;
import io.neurovisor.server.journal.ExecutionKey;
import io.neurovisor.server.trace.RequestTrace;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/** Runs clients' programs. */
public final class ExecutionGrpcService extends ExecutionServiceGrpc.ExecutionServiceImplBase {
    private final TenantExecutions executions;
    private final KeyedExecutions keyed;
    private final VmmReport vmm;
    private final RequestTimeouts timeouts;
    private final MachineKind usual;
    private final boolean keepsReady;

    /**
     * The parameters are defaults for what requests leave open.
     *
     * @param vmmReason why this VMM was selected
     * @param timeouts of programs
     * @param usual the kind of machine
     * @param keepsReady whether machines of that kind are kept ready
     */
    public ExecutionGrpcService(
            TenantExecutions executions,
            KeyedExecutions keyed,
            VmmIdentity vmm,
            String vmmReason,
            RequestTimeouts timeouts,
            MachineKind usual,
            boolean keepsReady) {
        this.executions = executions;
        this.keyed = keyed;
        this.vmm = ExecutionProtos.vmm(vmm, vmmReason);
        this.timeouts = timeouts;
        this.usual = usual;
        this.keepsReady = keepsReady;
    }

    @Override
    public void execute(ExecuteRequest request, StreamObserver<ExecuteResponse> client) {
        ServedCall.begin(client, call -> {
            if (isKeyed(request)) {
                call.send(whole(request));
                return;
            }
            // The output of this program cannot be fetched again. If memory runs out, it is truncated and the response
            // says so.
            UnaryOutput output = new UnaryOutput(PendingResponse.current()::take);
            call.send(output.response(run(ExecutionServiceGrpc.getExecuteMethod(), request, output)));
        });
    }

    @Override
    public void executeStream(ExecuteRequest request, StreamObserver<ExecuteChunk> client) {
        ServedCall.begin(client, call -> {
            if (isKeyed(request)) {
                serveKeyed(ExecutionServiceGrpc.getExecuteStreamMethod(), request, false, call::send);
                return;
            }
            ChunkSink sink = new ChunkSink(call::send);
            ExecuteMetadata metadata = run(ExecutionServiceGrpc.getExecuteStreamMethod(), request, sink);
            sink.endOutput();
            call.send(ExecuteChunk.newBuilder()
                    .setIsFinal(true)
                    .setMetadata(metadata)
                    .build());
        });
    }

    private ExecuteMetadata run(MethodDescriptor<?, ?> method, ExecuteRequest message, OutputSink sink) {
        RequestTrace trace = TraceInterceptor.current();
        ExecutionRequest request = ExecutionProtos.request(message, trace.id(), timeouts, usual.size());
        ExecutionResult result = executions.execute(method.getFullMethodName(), request, deadline(), sink);
        return ExecutionProtos.metadata(result, trace.displayId(), known(request));
    }

    /** Returns what is known about the machine of a request before it runs. */
    private HostReport known(ExecutionRequest request) {
        boolean ready = keepsReady && request.imageOr(usual.image()).equals(usual.image());
        return HostReport.newBuilder()
                .setVmm(vmm)
                .setSize(request.size().label())
                .setReadySize(ready ? usual.size().label() : "")
                .build();
    }

    private static boolean isKeyed(ExecuteRequest request) {
        return !request.getIdempotencyKey().isEmpty();
    }

    private ExecuteResponse whole(ExecuteRequest request) {
        UnaryOutput output = new UnaryOutput(_ -> true);
        AtomicReference<ExecuteMetadata> end = new AtomicReference<>(ExecuteMetadata.getDefaultInstance());
        serveKeyed(ExecutionServiceGrpc.getExecuteMethod(), request, true, chunk -> {
            ExecutionProtos.deliver(chunk, output);
            if (chunk.getIsFinal()) {
                end.set(chunk.getMetadata());
            }
        });
        return output.response(end.get());
    }

    /** Neither a disconnect nor the deadline of the client reaches the program. */
    private void serveKeyed(
            MethodDescriptor<?, ?> method, ExecuteRequest message, boolean whole, Consumer<ExecuteChunk> client) {
        RequestTrace trace = TraceInterceptor.current();
        ExecutionRequest request = ExecutionProtos.request(message, trace.id(), timeouts, usual.size());
        ExecutionKey key = new ExecutionKey(Tenant.ofCall().label(), message.getIdempotencyKey());
        BiFunction<ExecutionRequest, OutputSink, ExecutionResult> tenant = executions.of(method.getFullMethodName());
        keyed.serve(
                key,
                ExecutionProtos.digest(message),
                request,
                (work, output) -> ExecutionProtos.metadata(tenant.apply(work, output), trace.displayId(), known(work)),
                whole,
                client);
    }

    private static Optional<Deadline> deadline() {
        return Optional.ofNullable(Context.current().getDeadline())
                .map(deadline -> Deadline.after(
                        Duration.ofNanos(Math.max(0, deadline.timeRemaining(TimeUnit.NANOSECONDS))), Ticker.SYSTEM));
    }
}
