package io.neurovisor.cli.agent;

import io.neurovisor.agent.loop.AgentListener;

/** Shows a run to whoever has started it, in one of the ways there are. */
interface AgentOutput extends AgentListener, AutoCloseable {
    /** However the run ended, whatever is printed next stands on a line of its own. */
    @Override
    default void close() {}
}
