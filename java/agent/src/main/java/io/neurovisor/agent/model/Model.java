package io.neurovisor.agent.model;

/** A language model. Thread-safe. */
public interface Model {
    /** Returns the name that users see. */
    String name();

    /** Returns the size of the context window in tokens. */
    int contextTokens();

    /** Returns whether the server accepts a description of the tools; otherwise the instruction describes them. */
    boolean hasNativeTools();

    /** Returns whether it reads images. */
    default boolean hasVision() {
        return false;
    }

    /**
     * Blocks until the reply is complete, without retries. Interrupting the thread cancels the request, also on the server.
     *
     * @throws ModelFailure if there is no complete reply, for instance because of an interrupt
     */
    ModelReply ask(ModelRequest request, ReplyListener listener);
}
