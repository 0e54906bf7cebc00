package io.neurovisor.server.connect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.protobuf.ProtoUtils;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class CodecTest {
    /** Some services send a status, and others what it may contain. */
    private static final List<ServerMethodDefinition<?, ?>> METHODS =
            List.of(method("a", Status.getDefaultInstance()), method("b", ErrorInfo.getDefaultInstance()));

    private static <T extends Message> ServerMethodDefinition<T, T> method(String name, T message) {
        return ServerMethodDefinition.create(
                MethodDescriptor.<T, T>newBuilder()
                        .setType(MethodDescriptor.MethodType.UNARY)
                        .setFullMethodName(MethodDescriptor.generateFullMethodName("test.Codec", name))
                        .setRequestMarshaller(ProtoUtils.marshaller(message))
                        .setResponseMarshaller(ProtoUtils.marshaller(message))
                        .build(),
                (_, _) -> new ServerCall.Listener<>() {});
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void aMessageMayContainAnyThatTheServicesHave(Codec codec) throws Exception {
        Status status = Status.newBuilder()
                .addDetails(Any.pack(ConnectFixture.message("why")))
                .build();
        byte[] written = codec.response(status, Codec.types(METHODS));
        Object read = codec.request(METHODS.getFirst().getMethodDescriptor(), Codec.types(METHODS), written);
        assertThat(read).isEqualTo(status);
        if (codec == Codec.JSON) {
            assertThat(written)
                    .asString(UTF_8)
                    .isEqualTo(
                            "{\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":\"why\"}]}");
        }
    }
}
