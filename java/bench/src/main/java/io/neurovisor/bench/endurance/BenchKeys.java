package io.neurovisor.bench.endurance;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.server.Settings;
import io.neurovisor.server.access.ApiKeys;
import io.neurovisor.server.access.KeyGrant;
import io.neurovisor.server.access.KeyName;
import io.neurovisor.server.access.NewKey;
import io.neurovisor.server.access.Scope;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Keys of the clients of a benchmark. Closing them revokes each. */
public final class BenchKeys implements AutoCloseable {
    private final ApiKeys keys;
    private final List<String> names = new ArrayList<>();

    private BenchKeys(ApiKeys keys) {
        this.keys = requireNonNull(keys, "keys is null");
    }

    public static BenchKeys open(Settings settings) {
        return new BenchKeys(ApiKeys.open(settings.access(), InstantSource.system()));
    }

    /** Makes keys that may run programs; returns their secrets. */
    public List<String> create(int count, PoolShare share) {
        List<String> secrets = new ArrayList<>();
        for (int number = 0; number < count; number++) {
            KeyName name = new KeyName("bench-" + UUID.randomUUID());
            NewKey key =
                    keys.create(new KeyGrant(name, Set.of(Scope.EXECUTE), Optional.empty(), Optional.empty(), share));
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
