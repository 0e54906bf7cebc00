package io.neurovisor.e2b;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.neurovisor.proto.sandbox.ListRequest;
import io.neurovisor.proto.sandbox.SandboxServiceGrpc;
import java.io.IOException;
import org.junit.jupiter.api.Test;

final class HttpFailureTest {
    @Test
    void aDaemonWithoutSandboxesSaysHowToGetThem() throws IOException {
        String name = InProcessServerBuilder.generateName();
        Server server = InProcessServerBuilder.forName(name).build().start();
        ManagedChannel channel = InProcessChannelBuilder.forName(name).build();
        try {
            StatusRuntimeException failure = catchThrowableOfType(
                    StatusRuntimeException.class,
                    () -> SandboxServiceGrpc.newBlockingStub(channel).list(ListRequest.getDefaultInstance()));
            assertThat(HttpFailure.of(failure))
                    .hasMessage("this daemon keeps no sandboxes; start it with --max-sandboxes above 0")
                    .returns(501, HttpFailure::status);
        } finally {
            channel.shutdownNow();
            server.shutdownNow();
        }
    }
}
