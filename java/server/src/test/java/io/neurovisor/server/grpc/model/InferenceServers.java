package io.neurovisor.server.grpc.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.agent.AgentModels;
import io.neurovisor.server.agent.KnownModels;
import io.neurovisor.server.config.Config;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.grpc.TestServer;
import io.neurovisor.server.metrics.ModelMetrics;
import io.neurovisor.server.setting.ProcessEnvironment;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** Servers of the inference service whose model server is configured by settings. */
final class InferenceServers {
    private InferenceServers() {}

    static TestServer serving(Path directory, Duration longest, Map<String, String> flags) throws IOException {
        ProcessEnvironment environment = new ProcessEnvironment(Map.of(), directory);
        LoadedConfig loaded = LoadedConfig.load(flags, Optional.empty(), environment);
        assertThat(loaded.problems()).isEmpty();
        Config config = loaded.config();
        return new TestServer(new InferenceGrpcService(
                        new KnownModels(name -> AgentModels.inference(config, name, environment)),
                        longest,
                        new ModelMetrics(new PrometheusRegistry(), Ticker.SYSTEM),
                        Ticker.SYSTEM)
                .services());
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
