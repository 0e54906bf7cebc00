package io.neurovisor.server.connect;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.Struct;
import com.google.protobuf.util.JsonFormat.TypeRegistry;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.protobuf.ProtoUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.Tag;

/** Arbitrary bytes in the place of a stream of a client. */
@Tag("fuzz")
final class EnvelopesFuzzTest {
    private static final int MOST_BYTES = 1000;

    private static final MethodDescriptor<Struct, Struct> METHOD = MethodDescriptor.<Struct, Struct>newBuilder()
            .setType(MethodType.BIDI_STREAMING)
            .setFullMethodName("test.Echo/Talk")
            .setRequestMarshaller(ProtoUtils.marshaller(Struct.getDefaultInstance()))
            .setResponseMarshaller(ProtoUtils.marshaller(Struct.getDefaultInstance()))
            .build();

    /** The messages are bounded and take all bytes, or the stream is refused as one of a client. */
    @FuzzTest
    void stream(byte[] content) throws IOException {
        Envelopes envelopes = new Envelopes(new ByteArrayInputStream(content), MOST_BYTES);
        int bytes = 0;
        try {
            for (Optional<byte[]> next = envelopes.next(); next.isPresent(); next = envelopes.next()) {
                assertThat(next.get()).hasSizeLessThanOrEqualTo(MOST_BYTES);
                bytes += Envelopes.HEADER_BYTES + next.get().length;
                Struct _ = Codec.JSON.request(METHOD, TypeRegistry.getEmptyTypeRegistry(), next.get());
            }
            assertThat(bytes).isEqualTo(content.length);
        } catch (StatusException refused) {
            assertThat(refused.getStatus().getCode())
                    .isIn(Status.Code.INVALID_ARGUMENT, Status.Code.RESOURCE_EXHAUSTED, Status.Code.INTERNAL);
        }
    }
}
