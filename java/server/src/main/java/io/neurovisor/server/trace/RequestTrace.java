package io.neurovisor.server.trace;

import io.neurovisor.engine.trace.TraceId;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import java.util.HexFormat;
import java.util.Optional;
import java.util.UUID;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The trace id of a request. It comes from W3C's {@code traceparent} (Trace Context, section 3.2), otherwise from an
 * {@code x-trace-id} that is a UUID or 32 hexadecimal digits. Any other {@code x-trace-id} of at most 128 printable
 * characters is the client's own name for the request, which is returned to it together with a generated id.
 *
 * @param clientId the client's name for the request; empty if it has none
 * @param isOurs whether the id was generated here, so that it is unique
 * @param parent the client's span; empty if it sends none
 */
public record RequestTrace(TraceId id, Optional<String> clientId, boolean isOurs, Optional<SpanContext> parent) {
    /** Only versions after 00 may have more than four fields. */
    private static final Pattern TRACEPARENT =
            Pattern.compile("(?!ff|00.{54})[0-9a-f]{2}-([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?");

    private static final Pattern HEX = Pattern.compile("[0-9a-fA-F]{32}");
    private static final Pattern DASHED = Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
    private static final Pattern PRINTABLE = Pattern.compile("[ -~]{1,128}");
    private static final UUID NIL = new UUID(0, 0);

    public static RequestTrace begun(TraceId id) {
        return new RequestTrace(id, Optional.empty(), true, Optional.empty());
    }

    /** Parses two headers, either of which may be missing or invalid. */
    public static RequestTrace of(@Nullable String traceparent, @Nullable String traceId) {
        Optional<SpanContext> parent = parent(traceparent);
        Optional<UUID> given = parent.flatMap(span -> ofHex(span.getTraceId())).or(() -> uuid(traceId));
        Optional<String> name =
                Optional.ofNullable(traceId).filter(text -> uuid(text).isEmpty() && isName(text));
        return new RequestTrace(given.map(TraceId::new).orElseGet(TraceIds::next), name, given.isEmpty(), parent);
    }

    /** Returns the id for the client: its own name for the request if it has one. */
    public String displayId() {
        return clientId.orElseGet(id::toString);
    }

    /** Returns the {@code traceresponse} header (Trace Context level 2), which always contains the real id. */
    public String response(RandomGenerator random) {
        return id.traceparent(random.nextLong() | 1);
    }

    private static boolean isName(String text) {
        return PRINTABLE.matcher(text).matches() && !text.isBlank();
    }

    private static Optional<SpanContext> parent(@Nullable String header) {
        Matcher matcher = TRACEPARENT.matcher(header == null ? "" : header.strip());
        return matcher.matches()
                ? Optional.of(SpanContext.createFromRemoteParent(
                                matcher.group(1),
                                matcher.group(2),
                                TraceFlags.fromHex(matcher.group(3), 0),
                                TraceState.getDefault()))
                        .filter(SpanContext::isValid)
                : Optional.empty();
    }

    private static Optional<UUID> uuid(@Nullable String header) {
        String text = header == null ? "" : header.strip();
        return HEX.matcher(text).matches() || DASHED.matcher(text).matches()
                ? ofHex(text.replace("-", ""))
                : Optional.empty();
    }

    /** Empty for the all-zero id, which W3C and OpenTelemetry call invalid. */
    private static Optional<UUID> ofHex(String digits) {
        UUID uuid =
                new UUID(HexFormat.fromHexDigitsToLong(digits, 0, 16), HexFormat.fromHexDigitsToLong(digits, 16, 32));
        return Optional.of(uuid).filter(value -> !value.equals(NIL));
    }
}
