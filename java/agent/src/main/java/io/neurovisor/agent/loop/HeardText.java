package io.neurovisor.agent.loop;

import static java.util.Objects.requireNonNull;

import io.neurovisor.agent.model.ReplyListener;

/** Keeps what is heard of a reply, for the case that it is never whole. For one reply. */
final class HeardText implements ReplyListener {
    /** More is no answer. */
    private static final int MAX_CHARACTERS = 1 << 20;

    private final ReplyListener listener;
    private final StringBuilder text = new StringBuilder();

    HeardText(ReplyListener listener) {
        this.listener = requireNonNull(listener, "listener is null");
    }

    @Override
    public void text(String piece) {
        text.append(piece, 0, Math.min(piece.length(), MAX_CHARACTERS - text.length()));
        listener.text(piece);
    }

    @Override
    public void retry(String reason) {
        text.setLength(0);
        listener.retry(reason);
    }

    String text() {
        return text.toString();
    }
}
