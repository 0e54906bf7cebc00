package io.neurovisor.server.access.keys;

import static java.util.Objects.requireNonNull;

import io.neurovisor.database.DatabaseFaults;
import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.server.config.RateLimit;
import io.neurovisor.server.setting.DataSize;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Reads keys from their table. A row that no version can have written means a damaged database, and reading it fails.
 */
record KeyRows(DatabaseFaults faults) {
    private static final String SEPARATOR = ",";

    List<AccessKey> all(Handle handle) {
        return handle.createQuery("SELECT * FROM access_key ORDER BY id")
                .map((row, _) -> key(row))
                .list();
    }

    Optional<AccessKey> named(Handle handle, String name) {
        return handle.createQuery("SELECT * FROM access_key WHERE name = :name")
                .bind("name", name)
                .map((row, _) -> key(row))
                .findOne();
    }

    /** Returns the keys by the hash of their secret, without revoked ones but with expired ones. */
    Map<String, AccessKey> unrevoked(Handle handle) {
        Map<String, AccessKey> keys = new HashMap<>();
        handle.createQuery("SELECT * FROM access_key WHERE revoked_ms IS NULL")
                .map((row, _) -> Map.entry(requireNonNull(row.getString("hash"), "NOT NULL"), key(row)))
                .forEach(entry -> keys.put(entry.getKey(), entry.getValue()));
        return Map.copyOf(keys);
    }

    static String scopes(Set<Scope> scopes) {
        return scopes.stream().map(Scope::label).collect(Collectors.joining(SEPARATOR));
    }

    private AccessKey key(ResultSet row) throws SQLException {
        KeyGrant grant = new KeyGrant(
                value(row.getString("name"), KeyName::parse),
                scopes(row),
                optional(row.getString("rate_limit"), RateLimit::parse),
                optional(row.getString("quota"), Quota::parse),
                new PoolShare(
                        optional(row.getString("max_machines"), PoolShare::parse),
                        optional(row.getString("max_waiting"), PoolShare::parse)),
                new SandboxQuota(
                        optional(row.getString("max_sandboxes"), SandboxQuota::parse),
                        optional(row.getString("sandbox_memory"), DataSize::parse),
                        optional(row.getString("max_paused"), SandboxQuota::parse),
                        optional(row.getString("sandbox_disk"), DataSize::parse)),
                optional(row.getString("token_budget"), TokenBudget::parse),
                time(row, "expires_ms").map(KeyExpiry::new));
        return new AccessKey(
                row.getLong("id"),
                grant,
                Instant.ofEpochMilli(row.getLong("created_ms")),
                time(row, "last_used_ms"),
                time(row, "revoked_ms"));
    }

    private Set<Scope> scopes(ResultSet row) throws SQLException {
        String text = String.valueOf(row.getString("scopes"));
        return Arrays.stream(text.split(SEPARATOR, -1))
                .map(label -> value(label, Scope::named))
                .collect(Collectors.toSet());
    }

    private <T> Optional<T> optional(@Nullable String text, Function<String, Optional<T>> parser) {
        return text == null ? Optional.empty() : Optional.of(value(text, parser));
    }

    private <T> T value(@Nullable String text, Function<String, Optional<T>> parser) {
        return Optional.ofNullable(text)
                .flatMap(parser)
                .orElseThrow(() -> faults.damaged("a key has a \"" + text + "\"", null));
    }

    private static Optional<Instant> time(ResultSet row, String column) throws SQLException {
        long millis = row.getLong(column);
        return row.wasNull() ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
    }
}
