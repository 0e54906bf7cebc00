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
    void waitsForOtherCallsThanThoseAboutSandboxes() throws IOException, InterruptedException {
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
            assertThat(unfinished.awaitEnd(after(Duration.ZERO))).isTrue();
            Iterator<WatchResponse> _ =
                    SandboxServiceGrpc.newBlockingStub(channel).watch(WatchRequest.getDefaultInstance());
            await().until(() -> watches.size() == 1);
            assertThat(unfinished.awaitEnd(after(Duration.ZERO))).isTrue();

            ListenableFuture<ExecuteResponse> answer =
                    ExecutionServiceGrpc.newFutureStub(channel).execute(ExecuteRequest.getDefaultInstance());
            await().until(() -> executions.size() == 1);
            assertThat(unfinished.awaitEnd(after(Duration.ZERO))).isFalse();
            boolean _ = answer.cancel(true);
            assertThat(unfinished.awaitEnd(after(Duration.ofMinutes(1)))).isTrue();
        } finally {
            channel.shutdownNow();
            server.shutdownNow();
        }
    }

    private static Deadline after(Duration duration) {
        return Deadline.after(duration, Ticker.SYSTEM);
    }
}
