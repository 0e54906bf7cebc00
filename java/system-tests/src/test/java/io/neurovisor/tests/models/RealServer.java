package io.neurovisor.tests.models;

import io.neurovisor.agent.provider.ModelChoice;
import java.io.IOException;
import java.util.List;

/** A model at a server that nobody has scripted. */
interface RealServer {
    ModelChoice choice();

    /** What makes {@code ./neurovisor} ask it. */
    List<String> arguments();

    /** What the server counts for a prompt when it is asked without NeuroVisor in between. */
    int promptTokens(String prompt, int contextTokens) throws IOException;
}
