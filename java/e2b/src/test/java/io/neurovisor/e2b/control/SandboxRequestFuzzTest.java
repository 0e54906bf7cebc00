package io.neurovisor.e2b.control;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.neurovisor.e2b.Fields;
import io.neurovisor.e2b.HttpFailure;
import io.neurovisor.e2b.Json;
import io.neurovisor.proto.sandbox.CreateRequest;
import io.neurovisor.proto.sandbox.ListRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;

/** Any body and query that a client may send to the control plane or the interpreter. */
@Tag("fuzz")
final class SandboxRequestFuzzTest {
    /** Reads a field, or refuses it. */
    @FunctionalInterface
    private interface Reading {
        void read(Fields body);
    }

    /** The fields of all operations. */
    private static final List<Reading> READINGS = List.of(
            body -> {
                CreateRequest request = SandboxRequestJson.create(body, "");
                assertThat(request.getTimeoutSecs()).isNotNegative();
                assertThat(request.toByteString().size()).isPositive();
            },
            SandboxRequestJson::refuseNetwork,
            body -> assertThat(body.number("timeout", 15, 0, Integer.MAX_VALUE)).isNotNegative(),
            body -> assertThat(body.number("count", 1, 1, 100)).isBetween(1, 100),
            body -> assertThat(body.flag("memory", true)).isIn(true, false),
            body -> assertThat(body.text("name")).isNotNull(),
            body -> assertThat(body.requiredText("code")).isNotNull(),
            body -> assertThat(body.texts("env_vars")).isNotNull());

    /** Each field is read, or refused as a mistake of the client. */
    @FuzzTest
    void body(byte[] bytes) {
        Fields body;
        try {
            body = new Fields(Json.parse(bytes));
        } catch (HttpFailure refused) {
            assertThat(refused.status()).isEqualTo(400);
            return;
        }
        for (Reading reading : READINGS) {
            try {
                reading.read(body);
            } catch (HttpFailure refused) {
                assertThat(refused.status()).isEqualTo(400);
            }
        }
    }

    /** A line is a parameter, which is decoded: {@code NAME=VALUE}. */
    @FuzzTest
    void query(byte[] bytes) {
        Map<String, List<String>> parameters = new TreeMap<>();
        new String(bytes, StandardCharsets.UTF_8).lines().forEach(line -> {
            int equal = Math.max(0, line.indexOf('='));
            parameters
                    .computeIfAbsent(line.substring(0, equal), _ -> new ArrayList<>())
                    .add(line.substring(Math.min(line.length(), equal + 1)));
        });
        try {
            ListRequest request = SandboxRequestJson.list(name -> parameters.getOrDefault(name, List.of()));
            assertThat(request.getPageSize()).isBetween(1, 100);
            assertThat(request.getStatesCount()).isPositive();
            assertThat(request.toByteString().size()).isPositive();
        } catch (HttpFailure refused) {
            assertThat(refused.status()).isEqualTo(400);
        }
    }
}
