package io.neurovisor.server.http.api;

import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds the API of a request, and serves it in this thread, which is a virtual one. */
final class ApiHandler extends Handler.Abstract {
    private static final Logger LOG = LoggerFactory.getLogger(ApiHandler.class);

    private final List<HttpApi> apis;
    private final ApiPortLimits limits;
    private final RequestObserver observer;
    private final Ticker ticker;
    private final Semaphore free;

    /** An API that serves a request. */
    private record Found(String api, HttpRoute route) {}

    ApiHandler(List<HttpApi> apis, ApiPortLimits limits, RequestObserver observer, Ticker ticker) {
        this.apis = List.copyOf(apis);
        this.limits = limits;
        this.observer = observer;
        this.ticker = ticker;
        this.free = new Semaphore(limits.requests());
    }

    /** As {@link ApiPort#awaitEnd}. */
    boolean awaitEnd(Deadline deadline) throws InterruptedException {
        return free.tryAcquire(limits.requests(), deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        if (!free.tryAcquire()) {
            response.getHeaders().add("Retry-After", "1");
            answer(
                    new HttpExchange(request, response, 0, Map.of()),
                    503,
                    "too many requests at a time; try again",
                    callback);
            return true;
        }
        try {
            serve(request, response, callback);
        } finally {
            free.release();
        }
        return true;
    }

    private void serve(Request request, Response response, Callback callback) {
        RequestHead head = new RequestHead(
                request.getMethod(),
                String.valueOf(request.getHttpURI().getPath()),
                name -> Optional.ofNullable(request.getHeaders().get(name)));
        Optional<Found> found = apis.stream()
                .flatMap(api -> api.route(head).map(route -> new Found(api.name(), route)).stream())
                .findFirst();
        RequestObserver.Observed observed =
                observer.begin(head, found.map(Found::api).orElse("none"));
        try {
            observed.answered().forEach(response.getHeaders()::add);
            serve(request, response, found.map(Found::route), observed, callback);
        } finally {
            observed.end(response.getStatus());
        }
    }

    private void serve(
            Request request,
            Response response,
            Optional<HttpRoute> found,
            RequestObserver.Observed observed,
            Callback callback) {
        if (found.isEmpty()) {
            answer(new HttpExchange(request, response, 0, observed.onward()), 404, "there is no such path", callback);
            return;
        }
        HttpRoute route = found.get();
        HttpExchange exchange = new HttpExchange(request, response, route.mostBytes(), observed.onward());
        long begun = ticker.nanos();
        request.addIdleTimeoutListener(_ -> !route.isStream()
                || ticker.nanos() - begun >= limits.idleStream().toNanos());
        try {
            route.service().serve(exchange);
            callback.succeeded();
        } catch (BodyTooLarge tooLarge) {
            answerLate(exchange, 413, String.valueOf(tooLarge.getMessage()), tooLarge, callback);
        } catch (IOException gone) {
            callback.failed(gone);
        } catch (RuntimeException | Error defect) {
            if (defect instanceof HttpException malformed && malformed.getCode() < 500) {
                answerLate(
                        exchange,
                        malformed.getCode(),
                        "the request is malformed: " + malformed.getReason(),
                        defect,
                        callback);
                return;
            }
            LOG.error("a request failed", defect);
            answerLate(exchange, 500, "internal error; the server's log has the reason", defect, callback);
        }
    }

    private static void answerLate(
            HttpExchange exchange, int status, String text, Throwable reason, Callback callback) {
        if (exchange.isAnswered()) {
            callback.failed(reason);
        } else {
            answer(exchange, status, text, callback);
        }
    }

    private static void answer(HttpExchange exchange, int status, String text, Callback callback) {
        try {
            exchange.answer(status, text);
            exchange.discardInput();
            callback.succeeded();
        } catch (IOException gone) {
            callback.failed(gone);
        }
    }
}
