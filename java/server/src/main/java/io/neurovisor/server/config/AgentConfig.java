package io.neurovisor.server.config;

import io.neurovisor.server.setting.Setting;
import io.neurovisor.server.setting.SettingGroup;
import io.neurovisor.server.setting.SettingType;
import io.neurovisor.server.setting.SettingValues;
import java.time.Duration;

/**
 * The limits of a task that a language model works on.
 *
 * @param maxIterations the requests to the model
 * @param maxToolCalls the programs that the model has run
 * @param maxTokens the tokens that the model reads and writes
 * @param timeout the time of the whole task
 */
public record AgentConfig(int maxIterations, int maxToolCalls, int maxTokens, Duration timeout) {
    public static final Setting<Integer> MAX_ITERATIONS = Setting.declare(
                    "max-iterations", SettingGroup.MODEL, "Maximum number of requests to the model in a task.")
            .defaultsTo("10")
            .as(SettingType.count(1, 1000));

    public static final Setting<Integer> MAX_TOOL_CALLS = Setting.declare(
                    "max-tool-calls", SettingGroup.MODEL, "Maximum number of programs that the model runs in a task.")
            .defaultsTo("100")
            .as(SettingType.count(1, 100_000));

    public static final Setting<Integer> MAX_TOKENS = Setting.declare(
                    "max-tokens",
                    SettingGroup.MODEL,
                    "Maximum number of tokens that the model reads and writes in a task.")
            .defaultsTo("1000000")
            .as(SettingType.count(1, 999_999_999));

    public static final Setting<Duration> AGENT_TIMEOUT = Setting.declare(
                    "agent-timeout", SettingGroup.MODEL, "Time limit of the whole task, 1s to 24h.")
            .defaultsTo("1h")
            .as(SettingType.TIME);

    static AgentConfig of(SettingValues values) {
        return new AgentConfig(
                values.get(MAX_ITERATIONS),
                values.get(MAX_TOOL_CALLS),
                values.get(MAX_TOKENS),
                values.get(AGENT_TIMEOUT));
    }
}
