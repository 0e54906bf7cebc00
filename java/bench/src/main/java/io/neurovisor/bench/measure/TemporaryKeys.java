package io.neurovisor.bench.measure;

import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.server.Settings;
import io.neurovisor.server.access.keys.ApiKeys;
import io.neurovisor.server.access.keys.KeyGrant;
import io.neurovisor.server.access.keys.KeyName;
import io.neurovisor.server.access.keys.NewKey;
import io.neurovisor.server.access.keys.Scope;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** API keys for the clients of a run, which are revoked on close. */
public final class TemporaryKeys implements AutoCloseable {
    private final ApiKeys keys;
    private final List<String> names = new ArrayList<>();

    private TemporaryKeys(ApiKeys keys) {
        this.keys = keys;
    }

    public static TemporaryKeys open(Settings settings) {
        return new TemporaryKeys(ApiKeys.open(settings.access(), InstantSource.system()));
    }

    /** Creates keys, and returns their secrets. */
    public List<String> create(int count, PoolShare share, Set<Scope> scopes) {
        List<String> secrets = new ArrayList<>();
        for (int number = 0; number < count; number++) {
            KeyName name = new KeyName("bench-" + UUID.randomUUID());
            NewKey key = keys.create(new KeyGrant(name, scopes, Optional.empty(), Optional.empty(), share));
            names.add(name.value());
            secrets.add(key.secret().reveal());
        }
        return secrets;
    }

    @Override
    public void close() {
        try (keys) {
            names.forEach(keys::revoke);
        }
    }
}
