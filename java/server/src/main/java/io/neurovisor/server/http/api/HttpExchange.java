package io.neurovisor.server.http.api;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;

/** A request and its response. Not safe for use by several threads, except for what is written and {@link #onDisconnect}. */
public final class HttpExchange {
    private static final Duration DISCARDING = Duration.ofSeconds(5);

    private final Request request;
    private final Response response;
    private final LimitedInput input;
    private final OutputStream output;
    private final Map<String, String> onward;
    private Optional<Thread> reader = Optional.empty();

    HttpExchange(Request request, Response response, long mostBytes, Map<String, String> onward) {
        this.onward = Map.copyOf(onward);
        this.request = request;
        this.response = response;
        this.input = new LimitedInput(Content.Source.asInputStream(request), request.getLength(), mostBytes);
        this.output = Content.Sink.asOutputStream(response);
    }

    /** Returns the method, in the case in which it was sent. */
    public String method() {
        return request.getMethod();
    }

    /** Returns the path as it was sent. */
    public String path() {
        return String.valueOf(request.getHttpURI().getPath());
    }

    /** Returns the values of a parameter of the query. */
    public List<String> parameters(String name) {
        return Optional.ofNullable(Request.extractQueryParameters(request).getValues(name))
                .orElse(List.of());
    }

    /** Returns the first value of a header. */
    public Optional<String> header(String name) {
        return Optional.ofNullable(request.getHeaders().get(name));
    }

    /** Returns all headers by their names in lower case, with their values in the order in which they were sent. */
    public Map<String, List<String>> headers() {
        Map<String, List<String>> headers = new TreeMap<>();
        for (HttpField field : request.getHeaders()) {
            headers.merge(
                    field.getLowerCaseName(),
                    List.of(String.valueOf(field.getValue())),
                    (first, second) ->
                            Stream.concat(first.stream(), second.stream()).toList());
        }
        return headers;
    }

    /** Returns headers for calls that are made for this request. */
    public Map<String, String> onward() {
        return onward;
    }

    /**
     * Returns the body; reading more than the route allows throws {@link BodyTooLarge}. Closing it has no effect: what was not read is
     * dropped after the response.
     */
    public InputStream input() {
        return input;
    }

    /** Names the thread that reads the body, if it may not have ended when the response has. */
    public void setReader(Thread thread) {
        reader = Optional.of(thread);
    }

    /**
     * Reads and drops what comes of the body within a few seconds, after the end of the response, which makes a client stop that
     * would send for longer. After a response that was sent early, the client is then able to read it: it may be sending still, and
     * HTTP/2 resets a stream whose body was not read.
     */
    void discardInput() throws IOException {
        // A client that expects to be asked for its body does not send it after an error.
        boolean isSent = input.isBegun() || !request.getHeaders().contains(HttpHeader.EXPECT);
        if (!hasBody() || !isSent || input.isAtEnd()) {
            return;
        }
        output.close();
        reader.ifPresent(HttpExchange::await);
        if (!input.isAtEnd()) {
            await(Thread.ofVirtual().name("http-discard").start(input::discard));
        }
    }

    /** Whether the request may have a body. */
    private boolean hasBody() {
        return request.getLength() > 0
                || (request.getLength() < 0
                        && (request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_2
                                || request.getHeaders().contains(HttpHeader.TRANSFER_ENCODING)));
    }

    /** Waits a few seconds for a thread that reads the body, so that it ends with the body, or else interrupts it. */
    private static void await(Thread thread) {
        if (thread.getState() == Thread.State.NEW) {
            return;
        }
        try {
            boolean _ = thread.join(DISCARDING);
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
        }
        thread.interrupt();
    }

    /** Returns whether the body is being read, and has not ended. */
    boolean isReading() {
        return input.isBegun() && !input.isAtEnd();
    }

    /** Sets the status of the response. Has no effect after something was written. */
    public void setStatus(int status) {
        response.setStatus(status);
    }

    /** Adds a header to the response. Has no effect after something was written. */
    public void addHeader(String name, String value) {
        response.getHeaders().add(name, value);
    }

    /** Sets the only value of a header of the response. Has no effect after something was written. */
    public void setHeader(String name, String value) {
        response.getHeaders().put(name, value);
    }

    /** Returns the body of the response. A write blocks while the client does not read, and fails when it has disconnected. */
    public OutputStream output() {
        return output;
    }

    /** Responds with a short text. */
    public void answer(int status, String text) throws IOException {
        setStatus(status);
        addHeader("Content-Type", "text/plain; charset=utf-8");
        addHeader("X-Content-Type-Options", "nosniff");
        byte[] body = (text + "\n").getBytes(StandardCharsets.UTF_8);
        addHeader("Content-Length", Integer.toString(body.length));
        output.write(body);
        output.flush();
    }

    /** Returns whether a part of the response was written. */
    public boolean isAnswered() {
        return response.isCommitted();
    }

    /** Has an action run, in another thread, when the client is found to have disconnected. */
    public void onDisconnect(Runnable action) {
        request.addFailureListener(_ -> action.run());
    }
}
