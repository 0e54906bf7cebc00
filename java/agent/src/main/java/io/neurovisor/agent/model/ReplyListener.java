package io.neurovisor.agent.model;

/** Hears a reply while it is written. Calls come from the thread that has asked the model. */
public interface ReplyListener {
    /** Hears nothing. */
    ReplyListener NONE = new ReplyListener() {
        @Override
        public void text(String piece) {}

        @Override
        public void retry(String reason) {}
    };

    void text(String piece);

    /** What was heard so far is void, for the reply begins again. */
    void retry(String reason);
}
