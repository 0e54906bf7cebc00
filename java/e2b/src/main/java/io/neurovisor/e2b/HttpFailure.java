package io.neurovisor.e2b;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.Durations;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.server.http.api.HttpExchange;
import java.io.IOException;
import java.util.Optional;

/** A request that is answered with an error: {@code code} and {@code message} as JSON. */
public final class HttpFailure extends RuntimeException {
    private static final long serialVersionUID = 1;
    private static final int MILLIS_PER_SECOND = 1000;

    private final int status;
    private final transient Optional<Long> retrySeconds;

    private HttpFailure(int status, String message, Optional<Long> retrySeconds) {
        super(message, null, false, false);
        this.status = status;
        this.retrySeconds = retrySeconds;
    }

    public static HttpFailure of(int status, String message) {
        return new HttpFailure(status, message, Optional.empty());
    }

    /** Returns a request whose field has a value that is not allowed. */
    public static HttpFailure invalid(String field, String problem) {
        return of(400, field + " " + problem);
    }

    /** Returns the answer for a failed call of the daemon's services. */
    public static HttpFailure of(StatusRuntimeException failure) {
        String message = message(failure.getStatus());
        String named = detail(failure, BadRequest.class)
                .filter(request -> request.getFieldViolationsCount() > 0)
                .map(request -> request.getFieldViolations(0).getField())
                .filter(field -> !message.contains(field))
                .map(field -> field + ": " + message)
                .orElse(message);
        Optional<Long> retry = detail(failure, RetryInfo.class)
                .map(info -> Math.max(1, Math.ceilDiv(Durations.toMillis(info.getRetryDelay()), MILLIS_PER_SECOND)));
        return new HttpFailure(status(failure), named, retry);
    }

    private static String message(Status status) {
        String description = Optional.ofNullable(status.getDescription())
                .orElse(status.getCode().name());
        // Without sandboxes a daemon lacks their services, and gRPC itself answers.
        return status.getCode() == Status.Code.UNIMPLEMENTED && description.startsWith("Method not found: ")
                ? "this daemon keeps no sandboxes; start it with --max-sandboxes above 0"
                : description;
    }

    private static int status(StatusRuntimeException failure) {
        String reason =
                detail(failure, ErrorInfo.class).map(ErrorInfo::getReason).orElse("");
        if (reason.equals(Fault.DISK_FULL.name())) {
            return 507; // Repeating a write makes no room.
        }
        return reason.equals(Fault.NOT_A_DIRECTORY.name())
                ? 400
                : status(failure.getStatus().getCode());
    }

    private static int status(Status.Code code) {
        return switch (code) {
            case OK -> 200;
            case INVALID_ARGUMENT, OUT_OF_RANGE -> 400;
            case UNAUTHENTICATED -> 401;
            case PERMISSION_DENIED -> 403;
            case NOT_FOUND -> 404;
            case ALREADY_EXISTS, FAILED_PRECONDITION, ABORTED -> 409;
            case RESOURCE_EXHAUSTED -> 429;
            case UNIMPLEMENTED -> 501;
            case UNAVAILABLE -> 503;
            case DEADLINE_EXCEEDED, CANCELLED -> 504;
            case UNKNOWN, INTERNAL, DATA_LOSS -> 500;
        };
    }

    private static <M extends Message> Optional<M> detail(StatusRuntimeException failure, Class<M> kind) {
        com.google.rpc.Status details = StatusProto.fromThrowable(failure);
        if (details == null) {
            return Optional.empty();
        }
        return details.getDetailsList().stream()
                .filter(detail -> detail.is(kind))
                .findFirst()
                .flatMap(detail -> {
                    try {
                        return Optional.of(detail.unpack(kind));
                    } catch (InvalidProtocolBufferException broken) {
                        return Optional.empty();
                    }
                });
    }

    public int status() {
        return status;
    }

    /**
     * Answers a request.
     *
     * @throws IOException if its response has begun: it then has no proper end, by which the client notices the failure
     */
    public void answer(HttpExchange exchange) throws IOException {
        if (exchange.isAnswered()) {
            throw new IOException("the response has no end: " + getMessage(), this);
        }
        exchange.setStatus(status);
        if (status == 429 || status == 503) {
            exchange.addHeader("Retry-After", Long.toString(retrySeconds.orElse(1L)));
            exchange.addHeader("Should-Retry", "true");
        } else {
            exchange.addHeader("Should-Retry", "false");
        }
        ObjectNode body =
                JsonNodeFactory.instance.objectNode().put("code", status).put("message", getMessage());
        Json.write(exchange, body);
    }
}
