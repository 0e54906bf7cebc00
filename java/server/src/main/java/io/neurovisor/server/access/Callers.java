package io.neurovisor.server.access;

import io.grpc.StatusRuntimeException;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.access.keys.AccessKey;
import io.neurovisor.server.access.keys.ApiKeys;
import io.neurovisor.server.access.keys.CachedKeys;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Identifies callers. A key is checked even where none is required, so an invalid one is always rejected. Without a
 * key, callers may use the Unix socket, and loopback where keys are not required.
 */
public final class Callers {
    private static final Logger LOG = LoggerFactory.getLogger(Callers.class);
    private static final String SCHEME = "bearer ";
    private static final String BASIC = "basic ";

    private final CachedKeys keys;
    private final boolean keysRequired;
    private final InstantSource clock;

    /**
     * @param keysRequired whether TCP clients need a key, even over loopback. Required where other machines reach the
     *     port, because a loopback client may then be a proxy
     */
    public Callers(ApiKeys keys, boolean keysRequired, InstantSource clock, Ticker ticker) {
        this.keys = new CachedKeys(keys, clock, ticker);
        this.keysRequired = keysRequired;
        this.clock = clock;
    }

    /**
     * Returns the caller of a call.
     *
     * @param remote the peer address, from the transport
     * @param uid of the peer, for a connection to the Unix socket
     * @param authorization the values of the header; at most one is allowed
     * @throws StatusRuntimeException if access is denied
     */
    Tenant identify(@Nullable SocketAddress remote, @Nullable Integer uid, Iterable<String> authorization) {
        Iterator<String> values = authorization.iterator();
        if (values.hasNext()) {
            String value = values.next();
            return holder(value, values.hasNext());
        }
        if (uid != null) {
            return new Tenant.LocalUser(uid);
        }
        if (!keysRequired
                && remote instanceof InetSocketAddress address
                && address.getAddress() != null
                && address.getAddress().isLoopbackAddress()) {
            return new Tenant.Loopback();
        }
        throw AccessDenial.KEY_MISSING.status("an API key is needed: send the header \"authorization: Bearer nvk_...\";"
                + " ./neurovisor keys create makes a key");
    }

    /**
     * Returns the valid key of an HTTP request, sent as in gRPC or as the password of {@code Basic}, which browsers ask
     * for.
     *
     * @param authorization the values of the header
     * @throws NeuroVisorException if the keys cannot be read
     */
    public Optional<AccessKey> keyOf(List<String> authorization) {
        return authorization.size() == 1
                ? secret(authorization.getFirst()).flatMap(keys::find).filter(key -> !hasExpired(key))
                : Optional.empty();
    }

    /**
     * Returns a caller by the label that the sandboxes of the caller have; empty if the key of this name was revoked or has
     * expired.
     *
     * @param named finds keys by their names
     */
    public Optional<Tenant> labelled(String label, Function<String, Optional<AccessKey>> named) {
        if (label.equals(new Tenant.Loopback().label())) {
            return Optional.of(new Tenant.Loopback());
        }
        if (label.startsWith(Tenant.LocalUser.PREFIX)) {
            return Optional.of(
                    new Tenant.LocalUser(Integer.parseInt(label.substring(Tenant.LocalUser.PREFIX.length()))));
        }
        return named.apply(label.substring(Tenant.KeyHolder.PREFIX.length()))
                .filter(key -> key.revoked().isEmpty() && !hasExpired(key))
                .map(Tenant.KeyHolder::new);
    }

    private static Optional<String> secret(String value) {
        String lower = value.toLowerCase(Locale.ROOT);
        if (lower.startsWith(SCHEME)) {
            return Optional.of(value.substring(SCHEME.length()).strip());
        }
        if (!lower.startsWith(BASIC)) {
            return Optional.empty();
        }
        try {
            byte[] pair =
                    Base64.getDecoder().decode(value.substring(BASIC.length()).strip());
            String text = new String(pair, StandardCharsets.UTF_8);
            return Optional.of(text.substring(text.indexOf(':') + 1));
        } catch (IllegalArgumentException malformed) {
            return Optional.empty();
        }
    }

    private Tenant holder(String value, boolean more) {
        if (more || !value.toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
            throw AccessDenial.KEY_INVALID.status(
                    "the header authorization is not understood: send one, of the form \"Bearer nvk_...\"");
        }
        AccessKey key = find(value.substring(SCHEME.length()).strip())
                .orElseThrow(() -> AccessDenial.KEY_INVALID.status(
                        "the API key is unknown or was revoked; ./neurovisor keys list shows the valid ones"));
        if (hasExpired(key)) {
            throw AccessDenial.KEY_EXPIRED.status(
                    "the API key %s has expired at %s; make another with ./neurovisor keys create"
                            .formatted(
                                    key.grant().name(),
                                    key.grant().expiry().map(Object::toString).orElse("")));
        }
        return new Tenant.KeyHolder(key);
    }

    private boolean hasExpired(AccessKey key) {
        return key.grant().expiry().stream().anyMatch(expiry -> expiry.isOver(clock.instant()));
    }

    private Optional<AccessKey> find(String text) {
        try {
            return keys.find(text);
        } catch (NeuroVisorException failure) {
            LOG.error("clients with a key are rejected: {}", failure.getMessage());
            throw AccessDenial.KEYS_UNREADABLE.status(
                    "the keys cannot be read now; the server's log gives the reason",
                    Map.of("fault", failure.fault().name()),
                    Optional.empty());
        }
    }
}
