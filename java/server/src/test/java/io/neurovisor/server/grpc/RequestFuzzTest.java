package io.neurovisor.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import io.neurovisor.agent.model.ModelRequest;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.fault.FaultKind;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.FilePath;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.inference.InferenceRequest;
import io.neurovisor.server.grpc.execution.ExecutionProtos;
import io.neurovisor.server.grpc.execution.RequestTimeouts;
import io.neurovisor.server.grpc.guard.MessageScanner;
import io.neurovisor.server.grpc.model.InferenceProtos;
import io.neurovisor.server.grpc.model.RequestText;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Tag;

/** Any bytes that a client may send as a request. */
@Tag("fuzz")
final class RequestFuzzTest {
    private static final RequestTimeouts TIMEOUTS = new RequestTimeouts(Duration.ofSeconds(30), Duration.ofHours(24));
    private static final TraceId TRACE = new TraceId(new UUID(1, 2));

    /**
     * The result is a program whose files stay within its directory, or an error. The key does not change the digest.
     */
    @FuzzTest
    void execution(byte[] bytes) throws IOException {
        try {
            looked(ExecuteRequest.getDescriptor(), bytes);
            ExecuteRequest message = ExecuteRequest.parseFrom(bytes);
            assertThat(ExecutionProtos.digest(message))
                    .isEqualTo(ExecutionProtos.digest(
                            message.toBuilder().setIdempotencyKey("key").build()));
            ExecutionRequest request = ExecutionProtos.request(message, TRACE, TIMEOUTS, SandboxSize.MEDIUM);
            assertThat(request.timeout()).isPositive();
            request.program()
                    .files()
                    .forEach(file -> assertThat(FilePath.problem(file.path())).isEmpty());
        } catch (InvalidProtocolBufferException noMessage) {
            // Rejected as malformed.
        } catch (NeuroVisorException refused) {
            assertThat(refused.fault().kind()).isEqualTo(FaultKind.CALLER);
            assertThat(refused.getMessage()).doesNotContain("\u001b", "\n");
        }
    }

    @FuzzTest
    void inference(byte[] bytes) throws IOException {
        try {
            looked(InferenceRequest.getDescriptor(), bytes);
            InferenceRequest message = InferenceRequest.parseFrom(bytes);
            ModelRequest request = InferenceProtos.request(message, Duration.ofSeconds(30), TRACE);
            assertThat(request.messages()).hasSizeBetween(1, 2);
            assertThat(RequestText.model(message.getModel())).isNotNull();
        } catch (InvalidProtocolBufferException noMessage) {
            // Rejected as malformed.
        } catch (NeuroVisorException refused) {
            assertThat(refused.fault().kind()).isEqualTo(FaultKind.CALLER);
            assertThat(refused.getMessage()).doesNotContain("\u001b", "\n");
        }
    }

    private static void looked(Descriptor type, byte[] bytes) throws IOException {
        assertThat(MessageScanner.fields(type, new ByteArrayInputStream(bytes)))
                .isBetween(0, MessageScanner.MOST_FIELDS);
    }
}
