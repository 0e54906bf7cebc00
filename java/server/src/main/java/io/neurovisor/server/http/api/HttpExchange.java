package io.neurovisor.server.http.api;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;

/** A request and its response. Not safe for use by several threads, except for what is written and {@link #onDisconnect}. */
public final class HttpExchange {
    private final Request request;
    private final Response response;
    private final InputStream input;
    private final OutputStream output;

    HttpExchange(Request request, Response response, long mostBytes) {
        this.request = request;
        this.response = response;
        this.input = new LimitedInput(Content.Source.asInputStream(request), mostBytes);
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

    /** Returns the body; reading more than the route allows throws {@link BodyTooLarge}. */
    public InputStream input() {
        return input;
    }

    /** Sets the status of the response. Has no effect after something was written. */
    public void setStatus(int status) {
        response.setStatus(status);
    }

    /** Adds a header to the response. Has no effect after something was written. */
    public void addHeader(String name, String value) {
        response.getHeaders().add(name, value);
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

    boolean isAnswered() {
        return response.isCommitted();
    }

    /** Has an action run, in another thread, when the client is found to have disconnected. */
    public void onDisconnect(Runnable action) {
        request.addFailureListener(_ -> action.run());
    }
}
