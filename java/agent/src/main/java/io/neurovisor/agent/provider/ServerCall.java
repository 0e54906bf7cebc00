package io.neurovisor.agent.provider;

import dev.langchain4j.http.client.HttpClient;
import dev.langchain4j.http.client.HttpRequest;
import dev.langchain4j.http.client.SuccessfulHttpResponse;
import dev.langchain4j.http.client.sse.ServerSentEvent;
import dev.langchain4j.http.client.sse.ServerSentEventContext;
import dev.langchain4j.http.client.sse.ServerSentEventListener;
import dev.langchain4j.http.client.sse.ServerSentEventParser;
import io.neurovisor.agent.model.ModelFailure;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One request of LangChain4j to a model server, executed in the calling thread. It checks the status and each event before
 * LangChain4j sees it. A response without the end that the protocol requires is a failure; LangChain4j would wait indefinitely.
 */
final class ServerCall implements HttpClient {
    private final ServerConnection connection;
    private final StreamCheck check;
    private final Map<String, List<String>> more;

    private @Nullable ModelFailure failure;

    /** @param more headers that LangChain4j does not set */
    ServerCall(ServerConnection connection, StreamCheck check, Map<String, List<String>> more) {
        this.connection = connection;
        this.check = check;
        this.more = Map.copyOf(more);
    }

    /** Throws the failure of the request, if any; LangChain4j reports it without details. */
    void throwFailure() {
        if (failure != null) {
            throw failure;
        }
    }

    @Override
    public SuccessfulHttpResponse execute(HttpRequest request) {
        throw new UnsupportedOperationException("replies are streamed");
    }

    @Override
    public void execute(HttpRequest request, ServerSentEventParser parser, ServerSentEventListener listener) {
        CheckedListener checked = new CheckedListener(listener);
        try (InputStream body = connection.post(request.url(), headers(request), String.valueOf(request.body()))) {
            listener.onOpen(SuccessfulHttpResponse.builder()
                    .statusCode(200)
                    .headers(Map.of())
                    .build());
            parser.parse(body, checked);
            if (failure == null && !check.isComplete()) {
                fail(ModelFailure.Reason.BROKEN_STREAM, "the reply breaks off");
            }
        } catch (ModelFailure thrown) {
            failure = failure == null ? thrown : failure;
        } catch (IOException exception) {
            fail(ModelFailure.Reason.BROKEN_STREAM, ConnectionFailures.cause(exception));
        }
        if (failure == null) {
            listener.onClose();
        }
    }

    private Map<String, List<String>> headers(HttpRequest request) {
        Map<String, List<String>> headers = new HashMap<>(request.headers());
        headers.putAll(more);
        return headers;
    }

    private void fail(ModelFailure.Reason reason, String what) {
        if (failure == null) {
            failure = connection.failure(reason, what);
        }
    }

    /** Checks events between the parser, which swallows exceptions, and LangChain4j. */
    private final class CheckedListener implements ServerSentEventListener {
        private final ServerSentEventListener listener;

        CheckedListener(ServerSentEventListener listener) {
            this.listener = listener;
        }

        @Override
        public void onEvent(ServerSentEvent event, ServerSentEventContext context) {
            if (failure != null || event.data().isBlank()) {
                return;
            }
            try {
                String data = check.checked(event.data());
                listener.onEvent(new ServerSentEvent(event.event(), data), context);
            } catch (StreamCheck.Refused refused) {
                fail(refused.reason(), refused.explanation());
                context.parsingHandle().cancel();
            } catch (ModelFailure thrown) {
                failure = thrown;
                context.parsingHandle().cancel();
            } catch (RuntimeException exception) {
                fail(ModelFailure.Reason.REFUSED, "the reply cannot be read: " + ConnectionFailures.cause(exception));
                context.parsingHandle().cancel();
            }
        }

        @Override
        public void onError(Throwable throwable) {
            if (throwable instanceof ReplyStream.Ended ended) {
                fail(ended.reason(), ConnectionFailures.cause(ended));
            } else {
                fail(ModelFailure.Reason.BROKEN_STREAM, ConnectionFailures.cause(throwable));
            }
        }
    }
}
