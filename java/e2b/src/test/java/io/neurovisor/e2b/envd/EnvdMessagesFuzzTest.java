package io.neurovisor.e2b.envd;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.neurovisor.proto.e2b.process.StartRequest;
import io.neurovisor.proto.e2b.process.UpdateRequest;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;

/** Any message or credentials that a client may send to envd. */
@Tag("fuzz")
final class EnvdMessagesFuzzTest {
    /** What the parser accepts can be sent to the daemon, or is refused. */
    @FuzzTest
    void process(byte[] bytes) {
        String json = new String(bytes, StandardCharsets.UTF_8);
        try {
            StartRequest.Builder start = StartRequest.newBuilder();
            JsonFormat.parser().ignoringUnknownFields().merge(json, start);
            io.neurovisor.proto.sandbox.StartRequest sent = ProcessMessages.start("abc", start.build());
            assertThat(sent.getSandboxId()).isEqualTo("abc");
            assertThat(sent.getCommand()).isEqualTo(start.getProcess().getCmd());
            assertThat(sent.toByteString().size()).isPositive();
            UpdateRequest.Builder update = UpdateRequest.newBuilder();
            JsonFormat.parser().ignoringUnknownFields().merge(json, update);
            assertThat(ProcessMessages.size(update.getPty()).toByteString()).isNotNull();
            assertThat(ProcessMessages.selector(update.getProcess()).toByteString())
                    .isNotNull();
        } catch (InvalidProtocolBufferException refused) {
            assertThat(refused.getMessage()).isNotNull();
        } catch (StatusRuntimeException refused) {
            // A directory such as ~other.
            assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        }
    }

    /** Credentials have a name, or are refused. */
    @FuzzTest
    void credentials(byte[] bytes) {
        try {
            assertThat(EnvdCall.userName(new String(bytes, StandardCharsets.ISO_8859_1)))
                    .doesNotContain(":");
        } catch (StatusRuntimeException refused) {
            assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
        }
    }
}
