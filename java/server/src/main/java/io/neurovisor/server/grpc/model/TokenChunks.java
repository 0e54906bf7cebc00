package io.neurovisor.server.grpc.model;

import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.agent.model.ReplyListener;
import io.neurovisor.proto.inference.InferenceMetadata;
import io.neurovisor.proto.inference.TokenChunk;
import java.util.function.Consumer;

/** Sends a reply to a client as it arrives. Not thread-safe. */
final class TokenChunks implements ReplyListener {
    /** Far more than model servers send at a time, and less than clients reject. */
    private static final int MAX_CHARACTERS = 256 << 10;

    private final Consumer<TokenChunk> client;
    private int index;

    /** @param client may block, which applies back-pressure */
    TokenChunks(Consumer<TokenChunk> client) {
        this.client = client;
    }

    @Override
    public void text(String piece) {
        int start = 0;
        while (start < piece.length()) {
            int end = end(piece, start);
            client.accept(TokenChunk.newBuilder()
                    .setToken(piece.substring(start, end))
                    .setTokenIndex(index)
                    .build());
            index++;
            start = end;
        }
    }

    /** Does not split surrogate pairs. */
    private static int end(String piece, int start) {
        int end = Math.min(piece.length(), start + MAX_CHARACTERS);
        return end < piece.length() && Character.isHighSurrogate(piece.charAt(end - 1)) ? end - 1 : end;
    }

    /** Chunks that were sent cannot be taken back. */
    @Override
    public void retry(String reason) {
        if (index > 0) {
            throw new ModelFailure(
                    ModelFailure.Reason.BROKEN_STREAM,
                    "the reply ended unexpectedly after " + index + " chunks: " + reason);
        }
    }

    void end(InferenceMetadata metadata) {
        client.accept(TokenChunk.newBuilder()
                .setIsFinal(true)
                .setTokenIndex(index)
                .setMetadata(metadata)
                .build());
    }
}
