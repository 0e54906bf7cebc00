package io.neurovisor.agent.loop;

import io.neurovisor.agent.model.ReplyListener;

/** Keeps the text of a reply as it arrives, in case the reply remains incomplete. For one reply. */
final class PartialReply implements ReplyListener {
    /** Text beyond this length is discarded. */
    private static final int MAX_CHARACTERS = 1 << 20;

    private final ReplyListener listener;
    private final StringBuilder text = new StringBuilder();

    PartialReply(ReplyListener listener) {
        this.listener = listener;
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
