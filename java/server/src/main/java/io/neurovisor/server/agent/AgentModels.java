package io.neurovisor.server.agent;

import io.neurovisor.agent.loop.AgentLimits;
import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.provider.ModelChoice;
import io.neurovisor.agent.provider.ModelServers;
import io.neurovisor.server.config.ApiKey;
import io.neurovisor.server.config.Config;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.config.Setting;
import io.neurovisor.server.config.Surroundings;

/** What the settings say of models. */
public final class AgentModels {
    private AgentModels() {}

    /**
     * Asks the server whether it can serve.
     *
     * @throws io.neurovisor.agent.model.ModelFailure with the command that mends it
     */
    public static Model open(LoadedConfig loaded, Surroundings surroundings) {
        Config config = loaded.config();
        return ModelServers.open(new ModelChoice(
                config.provider(),
                config.model(),
                loaded.isDefault(Setting.MODEL),
                config.baseUrl(),
                config.ollamaHost(),
                ApiKey.find(config, surroundings),
                config.keepAlive()));
    }

    /** Never more programs at once than there may be machines. */
    public static AgentLimits limits(Config config) {
        AgentLimits usual = AgentLimits.USUAL;
        return new AgentLimits(
                config.maxIterations(),
                config.maxTokens(),
                config.maxToolCalls(),
                Math.min(usual.parallelCalls(), config.max()),
                config.agentTimeout(),
                usual.outputCharacters());
    }
}
