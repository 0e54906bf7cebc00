package io.neurovisor.e2b.control;

import com.google.protobuf.Timestamp;
import io.neurovisor.e2b.Fields;
import io.neurovisor.e2b.HttpFailure;
import io.neurovisor.proto.sandbox.CreateRequest;
import io.neurovisor.proto.sandbox.ListRequest;
import io.neurovisor.proto.sandbox.OnTimeout;
import io.neurovisor.proto.sandbox.SandboxState;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/** Reads what E2B's clients ask for. What this host cannot do is answered with 400 and the name of the field. */
final class SandboxRequestJson {
    private static final int USUAL_TIMEOUT = 15;
    private static final int MOST_ENTRIES = 100;

    /** E2B's names of the usual template. */
    private static final Set<String> USUAL_TEMPLATES = Set.of("base", "code-interpreter-v1");

    private SandboxRequestJson() {}

    static CreateRequest create(Fields body, String idempotencyKey) {
        body.object("network").ifPresent(SandboxRequestJson::refuseNetwork);
        body.refuse("mcp", "this host has no gateway for MCP");
        body.refuse("iam", "this host issues no tokens");
        body.refuse("volumeMounts", "this host has no volumes");
        if (!body.flag("autoPauseMemory", true)) {
            throw HttpFailure.invalid("autoPauseMemory", "is false: a sandbox is always paused with its memory");
        }
        boolean _ = body.flag("secure", true);
        boolean _ = body.flag("allow_internet_access", false);
        String template = body.requiredText("templateID");
        if (template.isEmpty()) {
            throw HttpFailure.invalid("templateID", "is empty");
        }
        return CreateRequest.newBuilder()
                .setTemplate(USUAL_TEMPLATES.contains(template) ? "" : template)
                .setTimeoutSecs(body.number("timeout", USUAL_TIMEOUT, 0, Integer.MAX_VALUE))
                .setOnTimeout(body.flag("autoPause", false) ? OnTimeout.ON_TIMEOUT_PAUSE : OnTimeout.ON_TIMEOUT_KILL)
                .setAutoResume(body.object("autoResume")
                        .map(resume -> resume.flag("enabled", false))
                        .orElse(false))
                .putAllEnv(body.texts("envVars"))
                .putAllMetadata(body.texts("metadata"))
                .setIdempotencyKey(idempotencyKey)
                .build();
    }

    /** Refuses rules for a network, which sandboxes do not have; what these deny is denied anyway. */
    static void refuseNetwork(Fields network) {
        for (String rule : Set.of("allowOut", "egressProxy", "rules", "maskRequestHost")) {
            network.refuse(rule, "sandboxes have no network");
        }
        network.requireTexts("denyOut");
        boolean _ = network.flag("allowPublicTraffic", true);
        boolean _ = network.flag("allow_internet_access", false);
    }

    /** @param query returns the values of a parameter */
    static ListRequest list(Function<String, List<String>> query) {
        ListRequest.Builder request = ListRequest.newBuilder()
                .setPageSize(limit(query))
                .setPageToken(first(query, "nextToken").orElse(""))
                .setTemplate(first(query, "template").orElse(""))
                .putAllMetadata(metadata(first(query, "metadata").orElse("")))
                .setOldestFirst(first(query, "order").filter("asc"::equals).isPresent());
        first(query, "startedAfter").map(SandboxRequestJson::instant).ifPresent(request::setStartedAfter);
        query.apply("state").stream()
                .flatMap(states -> Arrays.stream(states.split(",", -1)))
                .filter(state -> !state.isEmpty())
                .forEach(state -> addState(request, state));
        if (request.getStatesCount() == 0) {
            addState(request, "running");
            addState(request, "paused");
        }
        return request.build();
    }

    private static void addState(ListRequest.Builder request, String state) {
        switch (state) {
            case "running" ->
                request.addStates(SandboxState.SANDBOX_STATE_RUNNING)
                        .addStates(SandboxState.SANDBOX_STATE_CREATING)
                        .addStates(SandboxState.SANDBOX_STATE_PAUSING)
                        .addStates(SandboxState.SANDBOX_STATE_RESUMING);
            case "paused" -> request.addStates(SandboxState.SANDBOX_STATE_PAUSED);
            default -> throw HttpFailure.invalid("state", "is neither running nor paused");
        }
    }

    /** Returns the most entries of a page. */
    static int limit(Function<String, List<String>> query) {
        return (int) number(first(query, "limit"), "limit", MOST_ENTRIES, 1, MOST_ENTRIES);
    }

    /** Returns a Unix time. */
    static long time(Optional<String> text, String name, long usual) {
        return number(text, name, usual, 0, Long.MAX_VALUE);
    }

    private static long number(Optional<String> text, String name, long usual, long least, long most) {
        if (text.isEmpty()) {
            return usual;
        }
        try {
            long number = Long.parseLong(text.get());
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException noNumber) {
            // Answered as one that is out of range.
        }
        throw HttpFailure.invalid(name, "is not a whole number of %d to %d".formatted(least, most));
    }

    /** Returns the pairs of a query within a parameter. */
    private static Map<String, String> metadata(String query) {
        Map<String, String> pairs = new TreeMap<>();
        for (String pair : query.split("&", -1)) {
            int equal = pair.indexOf('=');
            if (equal > 0) {
                pairs.put(decoded(pair.substring(0, equal)), decoded(pair.substring(equal + 1)));
            } else if (!pair.isEmpty()) {
                throw HttpFailure.invalid("metadata", "is not of the form key=value&key=value");
            }
        }
        return pairs;
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException malformed) {
            throw HttpFailure.invalid("metadata", "is not encoded as a query is");
        }
    }

    private static Timestamp instant(String text) {
        try {
            Instant time = OffsetDateTime.parse(text).toInstant();
            return Timestamp.newBuilder()
                    .setSeconds(time.getEpochSecond())
                    .setNanos(time.getNano())
                    .build();
        } catch (DateTimeException malformed) {
            throw HttpFailure.invalid("startedAfter", "is not a time such as 2026-01-31T12:00:00Z");
        }
    }

    private static Optional<String> first(Function<String, List<String>> query, String name) {
        return query.apply(name).stream().filter(text -> !text.isEmpty()).findFirst();
    }
}
