package io.neurovisor.e2b.envd;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.neurovisor.e2b.BoxFixture;
import io.neurovisor.e2b.ServedE2b;
import io.neurovisor.e2b.ServedE2b.Answer;
import io.neurovisor.engine.guest.GuestUsage;
import java.net.http.HttpRequest.BodyPublishers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EnvdMetricsTest extends BoxFixture {
    @Test
    void theLastMeasurementIsReported() throws Exception {
        Answer early = api.send(box.request(ServedE2b.ENVD, "/metrics"));
        assertThat(early.status()).isEqualTo(503);
        assertThat(early.header("Retry-After")).contains("1");
        api.measure();
        api.guest().using(new GuestUsage(2, 10 << 20, 100 << 20, 5 << 20, 3, 7, 1));
        api.measure();
        JsonNode metrics = api.send(box.request(ServedE2b.ENVD, "/metrics")).json();
        assertThat(metrics.path("ts").asLong()).isPositive();
        assertThat(metrics.path("cpu_count").asInt()).isPositive();
        assertThat(metrics.path("cpu_used_pct").asDouble()).isBetween(0.0, 100.0);
        assertThat(metrics.path("mem_total").asLong()).isEqualTo(100 << 20);
        assertThat(metrics.path("mem_used").asLong()).isEqualTo(10 << 20);
        assertThat(metrics.path("mem_cache").asLong()).isEqualTo(5 << 20);
        assertThat(metrics.path("mem_total_mib").asLong()).isEqualTo(100);
        assertThat(metrics.path("mem_used_mib").asLong()).isEqualTo(10);
        assertThat(metrics.path("disk_used").asLong()).isEqualTo(3);
        assertThat(metrics.path("disk_total").asLong()).isEqualTo(7);
    }

    @Test
    void metricsNeedTheToken() throws Exception {
        assertThat(api.send(box.anonymous(ServedE2b.ENVD, "/metrics")).status()).isEqualTo(401);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/init", "/freeze", "/unfreeze", "/collapse", "/fsfreeze", "/fsthaw", "/upgrade"})
    void whatIsForTheHostIsNotServed(String path) throws Exception {
        Answer answer = api.send(box.request(ServedE2b.ENVD, path).POST(BodyPublishers.ofString("{}")));
        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.problem()).contains("reserved for the E2B control plane");
    }
}
