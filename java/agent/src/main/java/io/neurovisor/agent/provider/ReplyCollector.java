package io.neurovisor.agent.provider;

import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.agent.model.ReplyListener;
import org.jspecify.annotations.Nullable;

/** Collects the reply that LangChain4j reports. Keeps exceptions of the listener, too, because LangChain4j swallows them. */
final class ReplyCollector implements StreamingChatResponseHandler {
    private final ReplyListener listener;
    private @Nullable ChatResponse response;
    private @Nullable Throwable error;
    private @Nullable RuntimeException thrown;

    ReplyCollector(ReplyListener listener) {
        this.listener = listener;
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
            throw connection.failure(
                    ModelFailure.Reason.REFUSED, "the reply cannot be read: " + ConnectionFailures.cause(error));
        }
        return response;
    }
}
