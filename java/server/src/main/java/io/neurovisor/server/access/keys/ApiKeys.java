package io.neurovisor.server.access.keys;

import io.neurovisor.database.Database;
import io.neurovisor.database.DatabaseFaults;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * The API keys of a data directory. Several processes may use them simultaneously; each sees changes of the others at
 * its next read.
 */
public final class ApiKeys implements AutoCloseable {
    /** A daemon keeps all valid keys in memory. */
    private static final int MOST_KEYS = 10_000;

    private static final SecureRandom RANDOM = new SecureRandom();

    private final Database database;
    private final KeyRows rows;
    private final InstantSource clock;

    private ApiKeys(Database database, KeyRows rows, InstantSource clock) {
        this.database = database;
        this.rows = rows;
        this.clock = clock;
    }

    /**
     * Opens the database and creates it if it is missing.
     *
     * @param directory for keys only, accessible by its owner only
     * @throws NeuroVisorException {@code ACCESS_UNUSABLE} if the database is damaged or of a newer version
     */
    public static ApiKeys open(Path directory, InstantSource clock) {
        Path file = file(directory);
        return new ApiKeys(
                Database.open(file, KeyTables.SCHEMA), new KeyRows(new DatabaseFaults(file, KeyTables.SCHEMA)), clock);
    }

    /** Opens the database without creating it; empty if no key was ever made. */
    public static Optional<ApiKeys> openExisting(Path directory, InstantSource clock) {
        return Files.exists(file(directory)) ? Optional.of(open(directory, clock)) : Optional.empty();
    }

    private static Path file(Path directory) {
        return directory.toAbsolutePath().normalize().resolve("keys.db");
    }

    /**
     * Creates a key. Names are never reused, not even after a revocation, because the audit log distinguishes keys by
     * name.
     */
    public NewKey create(KeyGrant grant) {
        KeySecret secret = KeySecret.random(RANDOM);
        AccessKey key = database.write(handle -> {
            rows.named(handle, grant.name().value()).ifPresent(ApiKeys::refuseTaken);
            refuseTooMany(handle);
            return insert(handle, grant, secret);
        });
        return new NewKey(key, secret);
    }

    private AccessKey insert(Handle handle, KeyGrant grant, KeySecret secret) {
        handle.createUpdate("""
                        INSERT INTO access_key (name, hash, scopes, rate_limit, quota, max_machines, max_waiting,
                            max_sandboxes, sandbox_memory, max_paused, sandbox_disk, token_budget, expires_ms, created_ms)
                        VALUES (:name, :hash, :scopes, :rateLimit, :quota, :maxMachines, :maxWaiting,
                            :maxSandboxes, :sandboxMemory, :maxPaused, :sandboxDisk, :tokens, :expires, :created)
                        """)
                .bind("name", grant.name().value())
                .bind("hash", secret.hash())
                .bind("scopes", KeyRows.scopes(grant.scopes()))
                .bind("rateLimit", grant.rateLimit().map(Object::toString).orElse(null))
                .bind("quota", grant.quota().map(Object::toString).orElse(null))
                .bind("maxMachines", grant.share().machines().orElse(null))
                .bind("maxWaiting", grant.share().waiting().orElse(null))
                .bind(
                        "maxSandboxes",
                        grant.sandboxes().sandboxes().map(Object::toString).orElse(null))
                .bind(
                        "sandboxMemory",
                        grant.sandboxes().memory().map(Object::toString).orElse(null))
                .bind(
                        "maxPaused",
                        grant.sandboxes().paused().map(Object::toString).orElse(null))
                .bind(
                        "sandboxDisk",
                        grant.sandboxes().disk().map(Object::toString).orElse(null))
                .bind("tokens", grant.tokens().map(Object::toString).orElse(null))
                .bind(
                        "expires",
                        grant.expiry()
                                .map(expiry -> expiry.time().toEpochMilli())
                                .orElse(null))
                .bind("created", clock.instant().toEpochMilli())
                .execute();
        return rows.named(handle, grant.name().value()).orElseThrow();
    }

    private static void refuseTaken(AccessKey key) {
        throw new NeuroVisorException(
                Fault.INVALID_ARGUMENT,
                "there %s a key %s; choose another name, because names are not reused"
                        .formatted(
                                key.revoked().isPresent() ? "was" : "is",
                                key.grant().name()));
    }

    private void refuseTooMany(Handle handle) {
        if (rows.unrevoked(handle).size() >= MOST_KEYS) {
            throw new NeuroVisorException(
                    Fault.INVALID_ARGUMENT, "there are " + MOST_KEYS + " keys, which is the limit; revoke some");
        }
    }

    /** Returns all keys, including revoked ones, the oldest first. */
    public List<AccessKey> list() {
        return database.read(rows::all);
    }

    /**
     * Revokes a key. Has no effect on a key that is already revoked.
     *
     * @param name as the user has typed it
     */
    public AccessKey revoke(String name) {
        return database.write(handle -> {
            if (rows.named(handle, name).isEmpty()) {
                throw new NeuroVisorException(
                        Fault.INVALID_ARGUMENT,
                        "there is no key " + shown(name) + "; ./neurovisor keys list shows the existing ones");
            }
            handle.createUpdate("UPDATE access_key SET revoked_ms = :now WHERE name = :name AND revoked_ms IS NULL")
                    .bind("now", clock.instant().toEpochMilli())
                    .bind("name", name)
                    .execute();
            return rows.named(handle, name).orElseThrow();
        });
    }

    /** Omits what may be a secret that was typed in place of the name. */
    private static String shown(String name) {
        return KeyName.parse(name).isPresent() && !KeySecret.isSimilar(name) ? name : "of such a name";
    }

    /** Returns the key with this name, even if it is revoked or has expired. */
    public Optional<AccessKey> find(String name) {
        return database.read(handle -> rows.named(handle, name));
    }

    /** Returns the keys by the hash of their secret, including expired ones. */
    Map<String, AccessKey> unrevoked() {
        return database.read(rows::unrevoked);
    }

    void used(AccessKey key, Instant when) {
        database.change(handle -> handle.createUpdate("UPDATE access_key SET last_used_ms = :when WHERE id = :id")
                .bind("when", when.toEpochMilli())
                .bind("id", key.id())
                .execute());
    }

    /** Counts an execution of today. Returns false if the quota is used up. */
    public boolean count(AccessKey key, Quota quota) {
        return database.write(handle -> {
            beginDay(handle, key);
            int counted = handle.createUpdate("""
                            UPDATE day_of_key SET executions = executions + 1
                            WHERE key_id = :key AND executions < :most
                            """)
                    .bind("key", key.id())
                    .bind("most", quota.executionsPerDay())
                    .execute();
            return counted == 1;
        });
    }

    /** Adds tokens to the count of today and returns the new count. */
    public long addTokens(AccessKey key, long tokens) {
        return database.write(handle -> {
            beginDay(handle, key);
            if (tokens > 0) {
                handle.createUpdate("UPDATE day_of_key SET tokens = tokens + :tokens WHERE key_id = :key")
                        .bind("key", key.id())
                        .bind("tokens", tokens)
                        .execute();
            }
            return handle.createQuery("SELECT tokens FROM day_of_key WHERE key_id = :key")
                    .bind("key", key.id())
                    .mapTo(Long.class)
                    .one();
        });
    }

    /**
     * A clock that is set back over midnight does not begin a new day. A day that lies further in the future is
     * discarded.
     */
    private void beginDay(Handle handle, AccessKey key) {
        handle.createUpdate("""
                        INSERT INTO day_of_key (key_id, epoch_day, executions, tokens) VALUES (:key, :today, 0, 0)
                        ON CONFLICT (key_id) DO UPDATE SET epoch_day = :today, executions = 0, tokens = 0
                        WHERE epoch_day NOT IN (:today, :today + 1)
                        """)
                .bind("key", key.id())
                .bind("today", Math.floorDiv(clock.instant().getEpochSecond(), 86_400L))
                .execute();
    }

    @Override
    public void close() {
        database.close();
    }
}
