package io.neurovisor.server.access.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.server.config.RateLimit;
import io.neurovisor.server.setting.DataSize;
import io.neurovisor.testkit.ManualTicker;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ApiKeysTest {
    private static final Instant START = Instant.parse("2026-11-25T23:59:00Z");

    @TempDir
    private Path parent;

    private final ManualTicker ticker = new ManualTicker();
    private Instant now = START;
    private ApiKeys keys;

    @BeforeEach
    void open() {
        keys = ApiKeys.open(parent.resolve("access"), () -> now);
    }

    @AfterEach
    void close() {
        keys.close();
    }

    @Test
    void readsAKeyAsItWasCreated() {
        KeyGrant grant = new KeyGrant(
                new KeyName("ci"),
                EnumSet.of(Scope.EXECUTE, Scope.AGENT),
                Optional.of(new RateLimit(7, 3)),
                Optional.of(new Quota(1000)),
                new PoolShare(Optional.of(2), Optional.of(5)),
                new SandboxQuota(Optional.of(0), DataSize.parse("1500M"), Optional.of(3), DataSize.parse("2G")),
                Optional.of(new TokenBudget(2_000_000)),
                Optional.of(new KeyExpiry(START.plus(Duration.ofDays(90)))));
        NewKey created = keys.create(grant);
        assertThat(keys.list()).containsExactly(created.key());
        assertThat(created.key().grant()).isEqualTo(grant);
        assertThat(created.key().created()).isEqualTo(START);
        assertThat(created.key().lastUsed()).isEmpty();
        assertThat(created.key().revoked()).isEmpty();
        assertThat(created.secret().reveal()).matches("nvk_[A-Za-z0-9_-]{43}");
        assertThat(created.toString()).doesNotContain(created.secret().reveal());
    }

    @Test
    void aKeyOfTheFirstVersionHasNoPoolLimits() {
        String secret = keys.create(all("old")).secret().reveal();
        keys.close();
        Jdbi database = Jdbi.create("jdbc:sqlite:" + parent.resolve("access/keys.db"));
        database.useHandle(handle -> {
            handle.execute("ALTER TABLE access_key DROP COLUMN max_machines");
            handle.execute("ALTER TABLE access_key DROP COLUMN max_waiting");
            handle.execute("ALTER TABLE access_key DROP COLUMN token_budget");
            handle.execute("ALTER TABLE access_key DROP COLUMN expires_ms");
            handle.execute("ALTER TABLE access_key DROP COLUMN max_sandboxes");
            handle.execute("ALTER TABLE access_key DROP COLUMN sandbox_memory");
            handle.execute("ALTER TABLE access_key DROP COLUMN max_paused");
            handle.execute("ALTER TABLE access_key DROP COLUMN sandbox_disk");
            handle.execute("ALTER TABLE day_of_key DROP COLUMN tokens");
            handle.execute("PRAGMA user_version = 1");
        });
        open();
        assertThat(known().find(secret).orElseThrow().grant()).isEqualTo(all("old"));
        KeyGrant grant = new KeyGrant(
                new KeyName("new"),
                EnumSet.of(Scope.EXECUTE),
                Optional.empty(),
                Optional.empty(),
                new PoolShare(Optional.of(1), Optional.empty()));
        assertThat(keys.create(grant).key().grant()).isEqualTo(grant);
    }

    @Test
    void aKeyOfTheSecondVersionKeepsItsCount() {
        AccessKey old = keys.create(all("old")).key();
        assertThat(keys.count(old, new Quota(2))).isTrue();
        keys.close();
        Jdbi database = Jdbi.create("jdbc:sqlite:" + parent.resolve("access/keys.db"));
        database.useHandle(handle -> {
            handle.execute("ALTER TABLE access_key DROP COLUMN token_budget");
            handle.execute("ALTER TABLE access_key DROP COLUMN expires_ms");
            handle.execute("ALTER TABLE access_key DROP COLUMN max_sandboxes");
            handle.execute("ALTER TABLE access_key DROP COLUMN sandbox_memory");
            handle.execute("ALTER TABLE access_key DROP COLUMN max_paused");
            handle.execute("ALTER TABLE access_key DROP COLUMN sandbox_disk");
            handle.execute("ALTER TABLE day_of_key DROP COLUMN tokens");
            handle.execute("PRAGMA user_version = 2");
        });
        open();
        assertThat(keys.list()).containsExactly(old);
        assertThat(keys.count(old, new Quota(2))).isTrue();
        assertThat(keys.count(old, new Quota(2))).isFalse();
        assertThat(keys.addTokens(old, 5)).isEqualTo(5);
    }

    @Test
    void aKeyOfTheThirdVersionHasNoLimitOfSandboxes() {
        AccessKey old = keys.create(all("old")).key();
        keys.close();
        Jdbi database = Jdbi.create("jdbc:sqlite:" + parent.resolve("access/keys.db"));
        database.useHandle(handle -> {
            handle.execute("ALTER TABLE access_key DROP COLUMN max_sandboxes");
            handle.execute("ALTER TABLE access_key DROP COLUMN sandbox_memory");
            handle.execute("ALTER TABLE access_key DROP COLUMN max_paused");
            handle.execute("ALTER TABLE access_key DROP COLUMN sandbox_disk");
            handle.execute("PRAGMA user_version = 3");
        });
        open();
        assertThat(keys.list()).containsExactly(old);
        assertThat(old.grant().sandboxes()).isEqualTo(SandboxQuota.UNLIMITED);
    }

    @Test
    void anInvalidBudgetIsDamage() {
        keys.create(all("ci"));
        Jdbi database = Jdbi.create("jdbc:sqlite:" + parent.resolve("access/keys.db"));
        database.useHandle(handle -> handle.execute("UPDATE access_key SET token_budget = 'much'"));
        assertThatThrownBy(keys::list).hasMessageContaining("is damaged (a key has a \"much\")");
    }

    @Test
    void theSecretIsInNoFile() throws IOException {
        String secret = keys.create(all("ci")).secret().reveal();
        try (Stream<Path> files = Files.walk(parent.resolve("access"))) {
            assertThat(files)
                    .contains(parent.resolve("access/keys.db"))
                    .allSatisfy(file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                            .isEqualTo(Files.isDirectory(file) ? "rwx------" : "rw-------"))
                    .filteredOn(Files::isRegularFile)
                    .allSatisfy(file -> assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                            .doesNotContain(secret.substring("nvk_".length())));
        }
    }

    @Test
    void namesAreNotReused() {
        assertThat(keys.create(all("a")).secret().reveal())
                .isNotEqualTo(keys.create(all("b")).secret().reveal());
        assertThatThrownBy(() -> keys.create(all("a"))).hasMessageStartingWith("there is a key a; choose another name");
        keys.revoke("a");
        assertThatThrownBy(() -> keys.create(all("a")))
                .hasMessageStartingWith("there was a key a; choose another name");
    }

    @Test
    void rejectsAKeyRevokedByAnotherProcessWithinASecond() {
        CachedKeys known = known();
        String secret = keys.create(all("ci")).secret().reveal();
        assertThat(known.find(secret)).isPresent();
        try (ApiKeys others = ApiKeys.open(parent.resolve("access"), () -> now)) {
            others.revoke("ci");
        }
        ticker.advance(Duration.ofMillis(500));
        assertThat(known.find(secret)).isEmpty();
        assertThat(keys.list().getFirst().revoked()).contains(START);
        now = now.plusSeconds(5);
        assertThat(keys.revoke("ci").revoked()).contains(START);
    }

    @Test
    void acceptsAKeyMadeByAnotherProcessImmediately() {
        CachedKeys known = known();
        assertThat(known.find("nvk_" + "x".repeat(43))).isEmpty();
        String secret = keys.create(all("ci")).secret().reveal();
        ticker.advance(Duration.ofMillis(20));
        assertThat(known.find(secret)).isPresent();
    }

    @Test
    void storesTheLastUseOncePerMinute() {
        CachedKeys known = known();
        String secret = keys.create(all("ci")).secret().reveal();
        known.find(secret);
        now = START.plusSeconds(59);
        known.find(secret);
        assertThat(keys.list().getFirst().lastUsed()).contains(START);
        now = START.plusSeconds(60);
        known.find(secret);
        assertThat(keys.list().getFirst().lastUsed()).contains(START.plusSeconds(60));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nvk_",
                "x",
                "nvk_' OR 1=1 --",
                "nvk_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                "nvk_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                "nvk_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\u0000",
                "NVK_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                "nvk_\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"
            })
    void rejectsTextThatIsNotAKey(String text) {
        keys.create(all("ci"));
        assertThat(known().find(text)).isEmpty();
    }

    @Test
    void rejectsASecretWithAnyCharacterChanged() {
        String secret = keys.create(all("ci")).secret().reveal();
        CachedKeys known = known();
        for (int index = "nvk_".length(); index < secret.length(); index++) {
            char other = secret.charAt(index) == 'A' ? 'B' : 'A';
            assertThat(known.find(secret.substring(0, index) + other + secret.substring(index + 1)))
                    .isEmpty();
        }
    }

    @Test
    void theQuotaSurvivesARestartAndAClockThatIsSetBack() {
        AccessKey key = keys.create(new KeyGrant(
                        new KeyName("ci"),
                        EnumSet.of(Scope.EXECUTE),
                        Optional.empty(),
                        Optional.of(new Quota(2)),
                        PoolShare.UNLIMITED))
                .key();
        assertThat(keys.count(key, new Quota(2))).isTrue();
        keys.close();
        open();
        assertThat(keys.count(key, new Quota(2))).isTrue();
        assertThat(keys.count(key, new Quota(2))).isFalse();
        now = START.plusSeconds(60);
        assertThat(keys.count(key, new Quota(2))).isTrue();
        assertThat(keys.count(key, new Quota(2))).isTrue();
        now = START;
        assertThat(keys.count(key, new Quota(2))).isFalse();
        now = START.minus(Duration.ofDays(3));
        assertThat(keys.count(key, new Quota(2))).isTrue();
    }

    @Test
    void aDamagedDatabaseAdmitsNoClient() throws IOException {
        String secret = keys.create(all("ci")).secret().reveal();
        keys.close();
        Path file = parent.resolve("access/keys.db");
        Files.writeString(file, "no database at all".repeat(500));
        assertThatThrownBy(this::open)
                .hasMessageStartingWith(file + " is damaged (")
                .satisfies(failure ->
                        assertThat(((NeuroVisorException) failure).fault()).isEqualTo(Fault.ACCESS_UNUSABLE));
        Files.delete(file);
        open();
        assertThat(known().find(secret)).isEmpty();
    }

    @Test
    void aSecretGivenAsANameIsInNoMessage() {
        String secret = keys.create(all("ci")).secret().reveal();
        assertThatThrownBy(() -> keys.revoke(secret))
                .hasMessageStartingWith("there is no key of such a name;")
                .hasMessageNotContaining(secret);
        assertThatThrownBy(() -> keys.revoke("absent")).hasMessageStartingWith("there is no key absent;");
        assertThat(KeyName.parse("nvk_abc")).isEmpty();
    }

    @Test
    void parsesTheDocumentedFormsOfNamesAndLimits() {
        assertThat(Stream.of("ci", "0", "a.b-c_d", "a".repeat(63)))
                .allSatisfy(name -> assertThat(KeyName.parse(name)).isPresent());
        assertThat(Stream.of("", "A", "-a", ".", "a b", "a\n", "\u001b[2J", "a".repeat(64), "../x", "\u00e4"))
                .allSatisfy(name -> assertThat(KeyName.parse(name)).isEmpty());
        assertThat(Stream.of("1/day", "999999999/day"))
                .allSatisfy(text ->
                        assertThat(Quota.parse(text)).map(Object::toString).contains(text));
        assertThat(Stream.of("", "0/day", "1", "-1/day", "1/hour", "1000000000/day", "1/day "))
                .allSatisfy(text -> assertThat(Quota.parse(text)).isEmpty());
        assertThat(Stream.of("1:1", "100:50", "999999:999999"))
                .allSatisfy(text ->
                        assertThat(RateLimit.parse(text)).map(Object::toString).contains(text));
        assertThat(Stream.of("", "0:1", "1:0", "1", "1:", ":1", "1:1:1", "-1:1", "1000000:1", "1.5:1", "off"))
                .allSatisfy(text -> assertThat(RateLimit.parse(text)).isEmpty());
        assertThat(Stream.of("1", "999999"))
                .allSatisfy(text ->
                        assertThat(PoolShare.parse(text)).map(Object::toString).contains(text));
        assertThat(Stream.of("", "0", "-1", "1000000", "1.5", " 1", "01", "off", "\u0661"))
                .allSatisfy(text -> assertThat(PoolShare.parse(text)).isEmpty());
        assertThatThrownBy(() -> new KeyGrant(
                        new KeyName("a"), Set.of(), Optional.empty(), Optional.empty(), PoolShare.UNLIMITED))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(List.of(Scope.values()))
                .allSatisfy(scope -> assertThat(Scope.named(scope.label())).contains(scope));
    }

    private CachedKeys known() {
        return new CachedKeys(keys, () -> now, ticker);
    }

    private static KeyGrant all(String name) {
        return new KeyGrant(
                new KeyName(name), EnumSet.allOf(Scope.class), Optional.empty(), Optional.empty(), PoolShare.UNLIMITED);
    }
}
