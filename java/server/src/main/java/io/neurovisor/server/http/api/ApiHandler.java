package io.neurovisor.server.http.api;

import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Scheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds the API of a request, and serves it in this thread, which is a virtual one. */
final class ApiHandler extends Handler.Abstract {
    private static final Logger LOG = LoggerFactory.getLogger(ApiHandler.class);

    private final ApiPortLimits limits;
    private final RequestObserver observer;
    private final Ticker ticker;
    private final Semaphore free;
    private final Semaphore dropping;
    private volatile List<HttpApi> apis = List.of();

    /** An API that serves a request. */
    private record Found(String api, HttpRoute route) {}

    /** A request that was served; the failure is why its response cannot be completed. */
    private record Served(HttpExchange exchange, Optional<Throwable> failure) {}

    ApiHandler(ApiPortLimits limits, RequestObserver observer, Ticker ticker) {
        this.limits = limits;
        this.observer = observer;
        this.ticker = ticker;
        this.free = new Semaphore(limits.requests());
        this.dropping = new Semaphore(limits.requests());
    }

    /** Must be called before the first request. */
    void serve(List<HttpApi> served) {
        apis = List.copyOf(served);
    }

    /** As {@link ApiPort#awaitEnd}. */
    boolean awaitEnd(Deadline deadline) throws InterruptedException {
        return free.tryAcquire(limits.requests(), deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        if (!free.tryAcquire()) {
            response.getHeaders().add("Retry-After", "1");
            end(refused(request, response, 503, "too many requests at a time; try again", Map.of()), callback);
            return true;
        }
        Served served;
        try {
            served = serve(request, response);
        } finally {
            free.release();
        }
        end(served, callback);
        return true;
    }

    /** Ends a response, and drops what its request has left, which is not counted as being served any more. */
    private void end(Served served, Callback callback) {
        if (served.failure().isPresent()) {
            callback.failed(served.failure().get());
            return;
        }
        boolean mayDrop = dropping.tryAcquire();
        try {
            if (mayDrop) {
                served.exchange().discardInput();
            }
            callback.succeeded();
        } catch (IOException gone) {
            callback.failed(gone);
        } finally {
            if (mayDrop) {
                dropping.release();
            }
        }
    }

    /** Returns the first value of a header. HTTP/2 has the host in {@code :authority}. */
    private static Optional<String> header(Request request, String name) {
        return Optional.ofNullable(request.getHeaders().get(name))
                .or(() -> Optional.ofNullable(request.getHttpURI().getAuthority())
                        .filter(_ -> name.equalsIgnoreCase("host")));
    }

    private Served serve(Request request, Response response) {
        RequestHead head = new RequestHead(
                request.getMethod(), String.valueOf(request.getHttpURI().getPath()), name -> header(request, name));
        Optional<Found> found = apis.stream()
                .flatMap(api -> api.route(head).map(route -> new Found(api.name(), route)).stream())
                .findFirst();
        RequestObserver.Observed observed =
                observer.begin(head, found.map(Found::api).orElse("none"));
        try {
            observed.answered().forEach(response.getHeaders()::add);
            if (found.isEmpty()) {
                return refused(request, response, 404, "there is no such path", observed.onward());
            }
            return serve(request, response, found.get().route(), observed.onward());
        } finally {
            observed.end(response.getStatus());
        }
    }

    private Served serve(Request request, Response response, HttpRoute route, Map<String, String> onward) {
        HttpExchange exchange = new HttpExchange(request, response, route.mostBytes(), onward);
        long begun = ticker.nanos();
        request.addIdleTimeoutListener(_ -> !route.isStream()
                || ticker.nanos() - begun >= limits.idleStream().toNanos());
        Scheduler.Task late = request.getComponents()
                .getScheduler()
                .schedule(
                        () -> failLate(request, exchange, route), limits.body().toMillis(), TimeUnit.MILLISECONDS);
        try {
            route.service().serve(exchange);
            return new Served(exchange, Optional.empty());
        } catch (BodyTooLarge tooLarge) {
            return answerLate(exchange, 413, String.valueOf(tooLarge.getMessage()), tooLarge);
        } catch (IOException gone) {
            return new Served(exchange, Optional.of(gone));
        } catch (RuntimeException | Error defect) {
            if (defect instanceof HttpException malformed && malformed.getCode() < 500) {
                String problem = "the request is malformed: " + malformed.getReason();
                return answerLate(exchange, malformed.getCode(), problem, defect);
            }
            LOG.error("a request failed", defect);
            return answerLate(exchange, 500, "internal error; the server's log has the reason", defect);
        } finally {
            boolean _ = late.cancel();
        }
    }

    /** Ends a request whose bounded body is still being read: its client sends it more slowly than any that needs it. */
    private static void failLate(Request request, HttpExchange exchange, HttpRoute route) {
        if (route.mostBytes() < Long.MAX_VALUE && exchange.isReading()) {
            request.fail(new TimeoutException("the body of the request does not arrive"));
        }
    }

    private static Served refused(
            Request request, Response response, int status, String text, Map<String, String> onward) {
        return answer(new HttpExchange(request, response, 0, onward), status, text);
    }

    private static Served answerLate(HttpExchange exchange, int status, String text, Throwable reason) {
        return exchange.isAnswered() ? new Served(exchange, Optional.of(reason)) : answer(exchange, status, text);
    }

    private static Served answer(HttpExchange exchange, int status, String text) {
        try {
            exchange.answer(status, text);
            return new Served(exchange, Optional.empty());
        } catch (IOException gone) {
            return new Served(exchange, Optional.of(gone));
        }
    }
}
