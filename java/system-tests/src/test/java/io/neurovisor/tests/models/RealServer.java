package io.neurovisor.tests.models;

import io.neurovisor.agent.provider.ModelChoice;
import java.io.IOException;
import java.util.List;

/** A real model server. */
interface RealServer {
    ModelChoice choice();

    /** Returns the options of {@code ./neurovisor} for this server. */
    List<String> arguments();

    /** Returns the number of tokens that the server counts for a prompt in a direct request. */
    int promptTokens(String prompt, int contextTokens) throws IOException;
}
