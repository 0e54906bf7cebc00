package io.neurovisor.server.agent;

import io.neurovisor.agent.loop.AgentLimits;
import io.neurovisor.engine.limits.SandboxSize;
import java.time.Duration;

/**
 * The defaults and limits of agent runs.
 *
 * @param limits the highest limits of a run
 * @param timeout of each program
 * @param size of each machine
 */
public record AgentSettings(AgentLimits limits, Duration timeout, SandboxSize size) {}
