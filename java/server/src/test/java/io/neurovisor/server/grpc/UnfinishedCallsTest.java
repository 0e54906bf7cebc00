package io.neurovisor.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecuteResponse;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.proto.sandbox.SandboxServiceGrpc;
import io.neurovisor.proto.sandbox.WatchRequest;
import io.neurovisor.proto.sandbox.WatchResponse;
import io.neurovisor.server.grpc.UnfinishedCalls.Kind;
import java.io.IOException;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

final class UnfinishedCallsTest {
    private final UnfinishedCalls unfinished = new UnfinishedCalls();
    private final Queue<StreamObserver<ExecuteResponse>> executions = new ConcurrentLinkedQueue<>();
    private final Queue<StreamObserver<WatchResponse>> watches = new ConcurrentLinkedQueue<>();

    @Test
    void waitsForCallsAboutSandboxesSeparately() throws IOException, InterruptedException {
        List<BindableService> services = List.of(
                new ExecutionServiceGrpc.ExecutionServiceImplBase() {
                    @Override
                    public void execute(ExecuteRequest request, StreamObserver<ExecuteResponse> client) {
                        executions.add(client);
                    }
                },
                new SandboxServiceGrpc.SandboxServiceImplBase() {
                    @Override
                    public void watch(WatchRequest request, StreamObserver<WatchResponse> client) {
                        watches.add(client);
                    }
                });
        Server server = InProcessServerBuilder.forName("unfinished")
                .addServices(services.stream().map(BindableService::bindService).toList())
                .intercept(unfinished)
                .build()
                .start();
        ManagedChannel channel = InProcessChannelBuilder.forName("unfinished").build();
        try {
            assertThat(hasEnded(Kind.ORDINARY)).isTrue();
            assertThat(hasEnded(Kind.SANDBOX)).isTrue();
            Iterator<WatchResponse> watched =
                    SandboxServiceGrpc.newBlockingStub(channel).watch(WatchRequest.getDefaultInstance());
            await().until(() -> watches.size() == 1);
            assertThat(hasEnded(Kind.ORDINARY)).isTrue();
            assertThat(hasEnded(Kind.SANDBOX)).isFalse();

            ListenableFuture<ExecuteResponse> answer =
                    ExecutionServiceGrpc.newFutureStub(channel).execute(ExecuteRequest.getDefaultInstance());
            await().until(() -> executions.size() == 1);
            assertThat(hasEnded(Kind.ORDINARY)).isFalse();
            boolean _ = answer.cancel(true);
            assertThat(unfinished.awaitEnd(Kind.ORDINARY, after(Duration.ofMinutes(1))))
                    .isTrue();
            assertThat(hasEnded(Kind.SANDBOX)).isFalse();
            watches.remove().onCompleted();
            assertThat(unfinished.awaitEnd(Kind.SANDBOX, after(Duration.ofMinutes(1))))
                    .isTrue();
            assertThat(watched.hasNext()).isFalse();
        } finally {
            channel.shutdownNow();
            server.shutdownNow();
        }
    }

    private boolean hasEnded(Kind kind) throws InterruptedException {
        return unfinished.awaitEnd(kind, after(Duration.ZERO));
    }

    private static Deadline after(Duration duration) {
        return Deadline.after(duration, Ticker.SYSTEM);
    }
}
