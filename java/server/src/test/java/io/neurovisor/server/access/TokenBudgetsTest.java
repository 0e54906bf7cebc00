package io.neurovisor.server.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.server.access.keys.AccessKey;
import io.neurovisor.server.access.keys.ApiKeys;
import io.neurovisor.server.access.keys.KeyGrant;
import io.neurovisor.server.access.keys.KeyName;
import io.neurovisor.server.access.keys.Quota;
import io.neurovisor.server.access.keys.SandboxQuota;
import io.neurovisor.server.access.keys.Scope;
import io.neurovisor.server.access.keys.TokenBudget;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Optional;
import java.util.stream.Stream;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TokenBudgetsTest {
    private static final Instant START = Instant.parse("2026-11-25T23:00:00Z");

    @TempDir
    private Path directory;

    private Instant now = START;
    private ApiKeys keys;
    private Tenant ci;

    @BeforeEach
    void openWithAKey() {
        open();
        ci = holder("ci", Optional.of(new TokenBudget(1_000)));
    }

    private void open() {
        keys = ApiKeys.open(directory, () -> now);
    }

    @AfterEach
    void close() {
        keys.close();
    }

    @Test
    void rejectsCallsUntilTheNextDayOnceTheBudgetIsUsedUp() {
        TokenBudgets budgets = budgets();
        budgets.use(ci, 999);
        budgets.admit(ci);
        budgets.use(ci, 500);
        assertThatThrownBy(() -> budgets.admit(ci))
                .isInstanceOfSatisfying(NeuroVisorException.class, refusal -> {
                    assertThat(refusal.fault()).isEqualTo(Fault.TOKENS_EXCEEDED);
                    assertThat(refusal.retryAfter()).contains(Duration.ofHours(1));
                })
                .hasMessage("key ci has used 1499 tokens of its 1000/day; it has a new budget from"
                        + " 2026-11-26T00:00:00Z on");
        now = START.plus(Duration.ofHours(1)).minusMillis(1);
        assertThatThrownBy(() -> budgets.admit(ci)).hasMessageContaining("1499 tokens");
        now = START.plus(Duration.ofHours(1));
        budgets.admit(ci);
    }

    @Test
    void theCountSurvivesARestartAndAClockThatIsSetBack() {
        budgets().use(ci, 1_000);
        keys.close();
        open();
        assertThatThrownBy(() -> budgets().admit(ci)).hasMessageContaining("1000 tokens");
        now = START.plus(Duration.ofHours(2));
        budgets().use(ci, 1_000);
        now = START;
        assertThatThrownBy(() -> budgets().admit(ci)).hasMessageContaining("1000 tokens");
    }

    @Test
    void countsTokensAndExecutionsSeparately() {
        AccessKey key = ((Tenant.KeyHolder) ci).key();
        assertThat(keys.count(key, new Quota(1))).isTrue();
        budgets().use(ci, 400);
        assertThat(keys.count(key, new Quota(1))).isFalse();
        assertThat(keys.addTokens(key, 0)).isEqualTo(400);
        now = START.plus(Duration.ofHours(1));
        assertThat(keys.count(key, new Quota(1))).isTrue();
        assertThat(keys.addTokens(key, 0)).isZero();
    }

    @Test
    void doesNotLimitOtherTenants() {
        TokenBudgets budgets = budgets();
        Tenant other = holder("other", Optional.of(new TokenBudget(1)));
        Tenant free = holder("free", Optional.empty());
        budgets.use(ci, Long.MAX_VALUE / 2);
        budgets.use(free, Long.MAX_VALUE);
        for (Tenant tenant : new Tenant[] {other, free, new Tenant.Loopback(), new Tenant.LocalUser(1000)}) {
            assertThatCode(() -> budgets.admit(tenant)).doesNotThrowAnyException();
        }
    }

    @Test
    void rejectsCallsWhileTokensCannotBeStored() {
        TokenBudgets budgets = budgets();
        Jdbi database = Jdbi.create("jdbc:sqlite:" + directory.resolve("keys.db"));
        database.useHandle(handle -> handle.execute("ALTER TABLE day_of_key RENAME TO away"));
        budgets.use(ci, 1_000);
        assertThatThrownBy(() -> budgets.admit(ci)).isInstanceOf(NeuroVisorException.class);
        database.useHandle(handle -> handle.execute("ALTER TABLE away RENAME TO day_of_key"));
        assertThatThrownBy(() -> budgets.admit(ci)).hasMessageContaining("has used 1000 tokens of its 1000/day");
        assertThatThrownBy(() -> budgets.admit(ci)).hasMessageContaining("has used 1000 tokens of its 1000/day");
    }

    @Test
    void parsesTheDocumentedForm() {
        assertThat(Stream.of("1/day", "2000000/day", "999999999999/day"))
                .allSatisfy(text -> assertThat(TokenBudget.parse(text))
                        .map(Object::toString)
                        .contains(text));
        assertThat(Stream.of(
                        "",
                        "0/day",
                        "-1/day",
                        "+1/day",
                        "1",
                        "1/hour",
                        "1/days",
                        "1/Day",
                        "1 /day",
                        "1/day ",
                        "01/day",
                        "1.5/day",
                        "1e6/day",
                        "2M/day",
                        "/day",
                        "1000000000000/day",
                        "99999999999999999999999/day",
                        "\u0661/day",
                        "off"))
                .allSatisfy(text -> assertThat(TokenBudget.parse(text)).isEmpty());
    }

    private TokenBudgets budgets() {
        return new TokenBudgets(keys, () -> now);
    }

    private Tenant holder(String name, Optional<TokenBudget> tokens) {
        return new Tenant.KeyHolder(keys.create(new KeyGrant(
                        new KeyName(name),
                        EnumSet.allOf(Scope.class),
                        Optional.empty(),
                        Optional.empty(),
                        PoolShare.UNLIMITED,
                        SandboxQuota.UNLIMITED,
                        tokens,
                        Optional.empty()))
                .key());
    }
}
