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
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Tag;

/** Whatever a client sends as a request. */
@Tag("fuzz")
final class RequestFuzzTest {
    private static final RequestTimeouts TIMEOUTS = new RequestTimeouts(Duration.ofSeconds(30), Duration.ofHours(24));
    private static final TraceId TRACE = new TraceId(new UUID(1, 2));

    /** A program whose files stay where they belong, or a refusal; the key makes no difference to what is asked. */
    @FuzzTest
    void execution(byte[] bytes) throws IOException {
        try {
            looked(ExecuteRequest.getDescriptor(), bytes);
            ExecuteRequest message = ExecuteRequest.parseFrom(bytes);
            assertThat(ExecutionMessages.digest(message))
                    .isEqualTo(ExecutionMessages.digest(
                            message.toBuilder().setIdempotencyKey("key").build()));
            ExecutionRequest request = ExecutionMessages.request(message, TRACE, TIMEOUTS, SandboxSize.MEDIUM);
            assertThat(request.timeout()).isPositive();
            request.program()
                    .files()
                    .forEach(file -> assertThat(FilePath.problem(file.path())).isEmpty());
        } catch (InvalidProtocolBufferException noMessage) {
            // Refused as that.
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
            ModelRequest request = InferenceMessages.request(message, Duration.ofSeconds(30), TRACE);
            assertThat(request.messages()).hasSizeBetween(1, 2);
            assertThat(RequestText.model(message.getModel())).isNotNull();
        } catch (InvalidProtocolBufferException noMessage) {
            // Refused as that.
        } catch (NeuroVisorException refused) {
            assertThat(refused.fault().kind()).isEqualTo(FaultKind.CALLER);
            assertThat(refused.getMessage()).doesNotContain("\u001b", "\n");
        }
    }

    private static void looked(Descriptor type, byte[] bytes) throws IOException {
        assertThat(MessageForm.fields(type, new ByteArrayInputStream(bytes))).isBetween(0, MessageForm.MOST_FIELDS);
    }
}
