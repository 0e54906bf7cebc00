package io.neurovisor.cli.agent;

import io.neurovisor.agent.loop.AgentListener;

/** Shows a run to the user, in one of several forms. */
interface AgentOutput extends AgentListener, AutoCloseable {
    /** Ends the output, so that later output starts on a new line. */
    @Override
    default void close() {}
}
