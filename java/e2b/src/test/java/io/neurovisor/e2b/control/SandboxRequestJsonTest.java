package io.neurovisor.e2b.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.neurovisor.e2b.Fields;
import io.neurovisor.e2b.HttpFailure;
import io.neurovisor.proto.sandbox.CreateRequest;
import io.neurovisor.proto.sandbox.OnTimeout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SandboxRequestJsonTest {
    @Test
    void translatesWhatClientsAskFor() throws JsonProcessingException {
        CreateRequest request = create("""
                {"templateID": "base", "timeout": 60, "autoPause": true, "autoResume": {"enabled": true}, "secure": true,
                 "envVars": {"A": "1"}, "metadata": {"b": "2"}, "network": {"denyOut": ["0.0.0.0/0"]}, "allow_internet_access": false, "unknown": [1],
                 "volumeMounts": []}""");
        assertThat(request.getTemplate()).isEmpty();
        assertThat(request.getTimeoutSecs()).isEqualTo(60);
        assertThat(request.getOnTimeout()).isEqualTo(OnTimeout.ON_TIMEOUT_PAUSE);
        assertThat(request.getAutoResume()).isTrue();
        assertThat(request.getEnvMap()).containsEntry("A", "1");
        assertThat(request.getMetadataMap()).containsEntry("b", "2");
        assertThat(request.getIdempotencyKey()).isEqualTo("key");
        assertThat(create("{\"templateID\": \"mine\"}").getTemplate()).isEqualTo("mine");
        assertThat(create("{\"templateID\": \"mine\"}").getTimeoutSecs()).isEqualTo(15);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | templateID",
                "{\"templateID\": 1} | templateID",
                "{\"templateID\": \"x\", \"timeout\": -1} | timeout",
                "{\"templateID\": \"x\", \"timeout\": 1e12} | timeout",
                "{\"templateID\": \"x\", \"timeout\": \"1\"} | timeout",
                "{\"templateID\": \"x\", \"autoPause\": 1} | autoPause",
                "{\"templateID\": \"x\", \"autoPauseMemory\": false} | autoPauseMemory",
                "{\"templateID\": \"x\", \"envVars\": {\"A\": 1}} | envVars.A",
                "{\"templateID\": \"x\", \"metadata\": []} | metadata",
                "{\"templateID\": \"x\", \"network\": {\"allowOut\": [\"1.1.1.1\"]}} | allowOut",
                "{\"templateID\": \"x\", \"network\": {\"denyOut\": \"1.1.1.1\"}} | denyOut",
                "{\"templateID\": \"x\", \"network\": {\"denyOut\": [1]}} | denyOut",
                "{\"templateID\": \"x\", \"mcp\": {\"a\": {}}} | mcp",
                "{\"templateID\": \"x\", \"iam\": {\"tokens\": {}}} | iam",
                "{\"templateID\": \"x\", \"volumeMounts\": [{}]} | volumeMounts",
            })
    void namesWhatIsNotPossible(String body, String field) {
        assertThatThrownBy(() -> create(body)).isInstanceOfSatisfying(HttpFailure.class, failure -> {
            assertThat(failure.status()).isEqualTo(400);
            assertThat(failure).hasMessageStartingWith(field + " ");
        });
    }

    private static CreateRequest create(String body) throws JsonProcessingException {
        return SandboxRequestJson.create(new Fields((ObjectNode) new ObjectMapper().readTree(body)), "key");
    }
}
