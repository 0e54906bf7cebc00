package io.neurovisor.server.access;

import static java.util.Objects.requireNonNull;

import io.grpc.StatusRuntimeException;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Ticker;
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
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells who calls. A key that is shown counts, also where none is needed: a wrong one is refused everywhere. Without a key
 * are served the Unix socket, and loopback where keys are not required.
 */
public final class Callers {
    private static final Logger LOG = LoggerFactory.getLogger(Callers.class);
    private static final String SCHEME = "bearer ";
    private static final String BASIC = "basic ";

    private final KnownKeys keys;
    private final boolean keysRequired;
    private final InstantSource clock;

    /**
     * @param keysRequired whether whoever comes by TCP needs a key, also over loopback. So it must be where others than this
     *     machine reach the port: who comes over loopback there may be a proxy that serves somebody else
     */
    public Callers(ApiKeys keys, boolean keysRequired, InstantSource clock, Ticker ticker) {
        this.keys = new KnownKeys(requireNonNull(keys, "keys is null"), clock, ticker);
        this.keysRequired = keysRequired;
        this.clock = clock;
    }

    /**
     * @param remote as the transport tells it
     * @param uid who is at the other end, where the connection is one to the Unix socket
     * @param authorization the values of the header, of which there may be one
     * @throws StatusRuntimeException for whom nobody is to serve
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
        throw Refusal.KEY_MISSING.status("an API key is needed: send the header \"authorization: Bearer nvk_...\";"
                + " ./neurovisor keys create makes a key");
    }

    /**
     * Returns the valid key that a request by HTTP shows: as gRPC does, or as the password of {@code Basic}, which a browser asks
     * for.
     *
     * @param authorization the values of the header
     * @throws NeuroVisorException when the keys cannot be read
     */
    public Optional<AccessKey> shown(List<String> authorization) {
        return authorization.size() == 1
                ? secret(authorization.getFirst()).flatMap(keys::find).filter(key -> !hasExpired(key))
                : Optional.empty();
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
            throw Refusal.KEY_INVALID.status(
                    "the header authorization is not understood: send one, of the form \"Bearer nvk_...\"");
        }
        AccessKey key = find(value.substring(SCHEME.length()).strip())
                .orElseThrow(() -> Refusal.KEY_INVALID.status(
                        "the API key is unknown or was revoked; ./neurovisor keys list shows those that are valid"));
        if (hasExpired(key)) {
            throw Refusal.KEY_EXPIRED.status(
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
            LOG.error("nobody with a key is served: {}", failure.getMessage());
            throw Refusal.KEYS_UNREADABLE.status(
                    "the keys cannot be read now, which the server's log explains",
                    Map.of("fault", failure.fault().name()),
                    Optional.empty());
        }
    }
}
