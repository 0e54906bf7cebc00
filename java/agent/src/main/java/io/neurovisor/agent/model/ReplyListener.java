package io.neurovisor.agent.model;

/** Receives a reply while the model writes it. Methods are called by the thread that asks the model. */
public interface ReplyListener {
    /** Ignores the reply. */
    ReplyListener NONE = new ReplyListener() {
        @Override
        public void text(String piece) {}

        @Override
        public void retry(String reason) {}
    };

    void text(String piece);

    /** Discards the text so far, because the request is retried. */
    void retry(String reason);
}
