package io.neurovisor.agent.model;

/** A language model, wherever it runs. Safe for use by many threads. */
public interface Model {
    /** As it is shown to a person. */
    String name();

    /** How much it can read and write in one conversation, in tokens. */
    int contextTokens();

    /** Whether the server takes a description of the tools; otherwise the instruction describes them. */
    boolean hasNativeTools();

    /**
     * Blocks until the reply is whole; asks nothing twice. Interrupting the thread cancels the request, at the server too.
     *
     * @throws ModelFailure for whatever kept the reply from coming, an interruption included
     */
    ModelReply ask(ModelRequest request, ReplyListener listener);
}
