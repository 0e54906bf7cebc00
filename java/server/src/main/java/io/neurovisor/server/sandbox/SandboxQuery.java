package io.neurovisor.server.sandbox;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.sandbox.SandboxPhase;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A page of the sandboxes that a client asks for.
 *
 * @param phases empty for all but {@code ENDED}
 * @param metadata labels that all must match
 * @param startedAfter exclusive
 * @param from the {@link Page#next} of the page before; empty for the first one
 */
public record SandboxQuery(
        Set<SandboxPhase> phases,
        Map<String, String> metadata,
        Optional<String> template,
        Optional<Instant> startedAfter,
        boolean oldestFirst,
        int pageSize,
        Optional<Position> from) {
    private static final Comparator<Position> ORDER = Comparator.comparing(Position::created)
            .thenComparing(position -> position.id().value());

    public SandboxQuery {
        phases = Set.copyOf(phases);
        metadata = Map.copyOf(metadata);
    }

    /** The place of a sandbox in the order of creation, which stays valid when others are added or removed. */
    public record Position(Instant created, SandboxId id) {
        private static final String SEPARATOR = " ";

        static Position of(Sandbox sandbox) {
            return new Position(sandbox.record().created(), sandbox.id());
        }

        /** Returns the opaque form for clients. */
        public String token() {
            String text = created + SEPARATOR + id;
            return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
        }

        /** Reads what {@link #token} has returned; throws {@code INVALID_ARGUMENT} for any other text. */
        public static Position parse(String token) {
            try {
                String text = new String(Base64.getUrlDecoder().decode(token), StandardCharsets.US_ASCII);
                String[] parts = text.split(SEPARATOR, 2);
                return new Position(Instant.parse(parts[0]), new SandboxId(parts[parts.length - 1]));
            } catch (IllegalArgumentException | DateTimeException malformed) {
                throw NeuroVisorException.invalid("page_token", "page_token is not one that a page has returned");
            }
        }
    }

    /**
     * A part of the result.
     *
     * @param next where the next page begins; empty on the last one
     * @param running the number of running sandboxes on all pages, whatever the query asks for
     */
    public record Page(List<Sandbox> sandboxes, Optional<Position> next, int running) {
        public Page {
            sandboxes = List.copyOf(sandboxes);
        }
    }

    /** Returns the page. */
    public Page of(List<Sandbox> all) {
        Comparator<Position> order = oldestFirst ? ORDER : ORDER.reversed();
        List<Sandbox> rest = all.stream()
                .filter(this::matches)
                .sorted(Comparator.comparing(Position::of, order))
                .filter(sandbox -> from.isEmpty() || order.compare(Position.of(sandbox), from.get()) > 0)
                .limit(pageSize + 1L)
                .toList();
        List<Sandbox> page = rest.subList(0, Math.min(pageSize, rest.size()));
        Optional<Position> next = rest.size() > pageSize ? Optional.of(Position.of(page.getLast())) : Optional.empty();
        long running = all.stream()
                .filter(sandbox -> sandbox.phase() == SandboxPhase.RUNNING)
                .count();
        return new Page(page, next, Math.toIntExact(running));
    }

    private boolean matches(Sandbox sandbox) {
        return (phases.isEmpty() ? sandbox.phase() != SandboxPhase.ENDED : phases.contains(sandbox.phase()))
                && template.stream()
                        .allMatch(image ->
                                image.equals(sandbox.record().spec().kind().image()))
                && startedAfter.stream().allMatch(sandbox.record().created()::isAfter)
                && sandbox.record().spec().metadata().entrySet().containsAll(metadata.entrySet());
    }
}
