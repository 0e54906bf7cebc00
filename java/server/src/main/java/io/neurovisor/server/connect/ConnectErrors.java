package io.neurovisor.server.connect;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Any;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/** The status of a call as Connect writes it. */
final class ConnectErrors {
    static final ObjectMapper JSON = new ObjectMapper();

    /** Unpadded, as Connect writes binary values. */
    static final Base64.Encoder BASE64 = Base64.getEncoder().withoutPadding();

    private ConnectErrors() {}

    /** Returns the status of the HTTP response of a unary call. */
    static int httpStatus(Status.Code code) {
        return switch (code) {
            case OK -> 200;
            case CANCELLED -> 499;
            case INVALID_ARGUMENT, FAILED_PRECONDITION, OUT_OF_RANGE -> 400;
            case UNAUTHENTICATED -> 401;
            case PERMISSION_DENIED -> 403;
            case NOT_FOUND -> 404;
            case ALREADY_EXISTS, ABORTED -> 409;
            case RESOURCE_EXHAUSTED -> 429;
            case UNKNOWN, INTERNAL, DATA_LOSS -> 500;
            case UNIMPLEMENTED -> 501;
            case UNAVAILABLE -> 503;
            case DEADLINE_EXCEEDED -> 504;
        };
    }

    /** Returns Connect's object for a status that is not OK. */
    static ObjectNode error(Status status, Metadata trailers) {
        ObjectNode error = JSON.createObjectNode();
        error.put("code", code(status.getCode()));
        if (status.getDescription() != null) {
            error.put("message", status.getDescription());
        }
        List<Any> details = StatusProto.fromStatusAndTrailers(status, trailers).getDetailsList();
        if (!details.isEmpty()) {
            ArrayNode all = error.putArray("details");
            for (Any detail : details) {
                all.addObject()
                        .put("type", detail.getTypeUrl().replaceFirst(".*/", ""))
                        .put("value", BASE64.encodeToString(detail.getValue().toByteArray()));
            }
        }
        return error;
    }

    /** Connect spells this one in the American way. */
    private static String code(Status.Code code) {
        return code == Status.Code.CANCELLED ? "canceled" : code.name().toLowerCase(Locale.ROOT);
    }
}
