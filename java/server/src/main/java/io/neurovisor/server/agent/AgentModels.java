package io.neurovisor.server.agent;

import io.neurovisor.agent.loop.AgentLimits;
import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.provider.ModelChoice;
import io.neurovisor.agent.provider.ModelServers;
import io.neurovisor.server.config.ApiKey;
import io.neurovisor.server.config.Config;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.config.ModelConfig;
import io.neurovisor.server.setting.ProcessEnvironment;
import java.util.Optional;

/** Opens the models that the settings name. */
public final class AgentModels {
    private static final String INFERENCE_MODEL = "llama3.2";

    private AgentModels() {}

    public static Model open(LoadedConfig loaded, ProcessEnvironment environment) {
        return open(loaded, Optional.empty(), environment);
    }

    /**
     * Opens a model after asking its server whether it can serve.
     *
     * @param usual the model if the user has set none
     * @throws io.neurovisor.agent.model.ModelFailure with the command that solves the problem
     */
    public static Model open(LoadedConfig loaded, Optional<String> usual, ProcessEnvironment environment) {
        Config config = loaded.config();
        boolean isDefault = loaded.isDefault(ModelConfig.MODEL);
        return ModelServers.open(choice(
                config,
                isDefault ? usual.orElse(config.model().name()) : config.model().name(),
                isDefault && usual.isEmpty(),
                environment));
    }

    /** Opens the model that a request names, otherwise that of the settings. */
    public static Model named(LoadedConfig loaded, Optional<String> name, ProcessEnvironment environment) {
        Config config = loaded.config();
        return ModelServers.open(choice(
                config,
                name.orElse(config.model().name()),
                name.isEmpty() && loaded.isDefault(ModelConfig.MODEL),
                environment));
    }

    /**
     * Opens a model for inference requests, without retries and with its own default, because clients see each failure.
     */
    public static Model inference(Config config, Optional<String> name, ProcessEnvironment environment) {
        return ModelServers.openUnretried(choice(config, name.orElse(INFERENCE_MODEL), name.isEmpty(), environment));
    }

    private static ModelChoice choice(Config config, String model, boolean isUsual, ProcessEnvironment environment) {
        return new ModelChoice(
                config.model().provider(),
                model,
                isUsual,
                config.model().baseUrl(),
                config.model().ollamaHost(),
                ApiKey.find(config, environment),
                config.model().keepAlive(),
                config.model().vision());
    }

    /** Returns the limits of agent runs; parallel programs are limited to the size of the pool. */
    public static AgentLimits limits(Config config) {
        AgentLimits usual = AgentLimits.USUAL;
        return new AgentLimits(
                config.agent().maxIterations(),
                config.agent().maxTokens(),
                config.agent().maxToolCalls(),
                Math.min(usual.parallelCalls(), config.pool().max()),
                config.agent().timeout(),
                usual.outputCharacters());
    }
}
