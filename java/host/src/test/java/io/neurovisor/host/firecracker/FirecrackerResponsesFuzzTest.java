package io.neurovisor.host.firecracker;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.core.JsonProcessingException;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.text.UntrustedText;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Tag;

/** Arbitrary responses of a VMM that was taken over. */
@Tag("fuzz")
final class FirecrackerResponsesFuzzTest {
    /** Each request ends with a bounded response or a failure, and none is pending once the connection has ended. */
    @FuzzTest
    void answer(byte[] bytes) {
        FirecrackerResponses responses = new FirecrackerResponses();
        EmbeddedChannel channel = new EmbeddedChannel();
        FirecrackerApi.handle(channel, responses);
        CompletableFuture<FirecrackerResponses.Response> answer =
                responses.send(channel, new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/"));
        int half = bytes.length / 2;
        channel.writeInbound(Unpooled.copiedBuffer(bytes, 0, half));
        if (channel.isOpen()) {
            channel.writeInbound(Unpooled.copiedBuffer(bytes, half, bytes.length - half));
        }
        channel.finishAndReleaseAll();
        try {
            FirecrackerResponses.Response response = answer.getNow(new FirecrackerResponses.Response(0, "waits"));
            assertThat(response.body()).isNotEqualTo("waits");
            assertThat(response.body().length()).isLessThanOrEqualTo(FirecrackerApi.MAX_RESPONSE_BYTES);
            var _ = FirecrackerApi.parsed("GET /", response);
        } catch (CompletionException | JsonProcessingException failed) {
            // The caller receives the fault.
        } catch (NeuroVisorException refused) {
            assertThat(refused.fault()).isEqualTo(Fault.VMM_FAILED);
            String message = String.valueOf(refused.getMessage());
            assertThat(message).isEqualTo(UntrustedText.line(message)).hasSizeLessThan(600);
        }
    }
}
