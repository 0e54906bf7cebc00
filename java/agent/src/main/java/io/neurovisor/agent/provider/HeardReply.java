package io.neurovisor.agent.provider;

import static java.util.Objects.requireNonNull;

import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.agent.model.ReplyListener;
import org.jspecify.annotations.Nullable;

/** Keeps what LangChain4j reports. It swallows what its handlers throw, so that is kept, too. */
final class HeardReply implements StreamingChatResponseHandler {
    private final ReplyListener listener;
    private @Nullable ChatResponse response;
    private @Nullable Throwable error;
    private @Nullable RuntimeException thrown;

    HeardReply(ReplyListener listener) {
        this.listener = requireNonNull(listener, "listener is null");
    }

    @Override
    public void onPartialResponse(String piece) {
        if (thrown == null) {
            try {
                listener.text(piece);
            } catch (RuntimeException exception) {
                thrown = exception;
            }
        }
    }

    @Override
    public void onCompleteResponse(ChatResponse whole) {
        response = whole;
    }

    @Override
    public void onError(Throwable failure) {
        error = failure;
    }

    ChatResponse response(ServerConnection connection) {
        if (thrown != null) {
            throw thrown;
        }
        if (response == null || error != null) {
            throw connection.failure(ModelFailure.Reason.REFUSED, "the reply cannot be read: " + Failed.cause(error));
        }
        return response;
    }
}
