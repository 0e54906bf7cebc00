package io.neurovisor.tests.hostile.clients;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An attack of a client.
 *
 * @param name a unique name
 * @param title a sentence that describes the attack
 * @param script makes the attack and asserts its end
 * @param isShort whether the attack is in the short tier
 */
record ClientAttack(Group group, String name, String title, Defence stoppedBy, Script script, boolean isShort) {
    /** The groups, in the order of execution. */
    enum Group {
        FLOODS,
        HTTP2,
        SLOW,
        KEYS,
        REPLAYS,
        REQUESTS,
        STATUS,
        MODELS,
        /** Attacks on a daemon that encrypts both ports and requires keys at both. */
        TLS;

        String label() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /** The defence that stops an attack. */
    enum Defence {
        KEYS("keys and scopes"),
        OWNERS("owners"),
        SHARES("rates, quotas and shares"),
        LIMITS("limits on calls and connections"),
        MEMORY("limits on memory"),
        TIME("time-outs"),
        FORM("checks of requests"),
        PROTOCOL("HTTP and TLS"),
        HOST("the Host check"),
        /** The attack is served like any call, and nothing of it remains. */
        NOTHING("harmless");

        private final String shown;

        Defence(String shown) {
            this.shown = shown;
        }

        /** Returns the name for tables. */
        String shown() {
            return shown;
        }
    }

    /** Returns when the attack has ended as it must; its connections stay open until the attacker is closed. */
    @FunctionalInterface
    interface Script {
        void run(Attacker attacker) throws Exception;
    }

    ClientAttack {
        requireNonNull(group, "group is null");
        requireNonNull(name, "name is null");
        requireNonNull(title, "title is null");
        requireNonNull(stoppedBy, "stoppedBy is null");
        requireNonNull(script, "script is null");
    }

    ClientAttack(Group group, String name, String title, Defence stoppedBy, Script script) {
        this(group, name, title, stoppedBy, script, false);
    }

    ClientAttack inShortTier() {
        return new ClientAttack(group, name, title, stoppedBy, script, true);
    }

    /** Returns all attacks, ordered by group. */
    static List<ClientAttack> all() {
        return Stream.of(
                        FloodAttacks.all(),
                        Http2Attacks.all(),
                        SlowAttacks.all(),
                        KeyAttacks.all(),
                        ReplayAttacks.all(),
                        RequestAttacks.all(),
                        StatusPortAttacks.all(),
                        ModelAttacks.all(),
                        TlsAttacks.all())
                .flatMap(List::stream)
                .toList();
    }

    boolean isEncrypted() {
        return group == Group.TLS;
    }

    /** Compares the unique names: the scripts are different objects in each list of attacks. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ClientAttack attack && attack.toString().equals(toString());
    }

    @Override
    public int hashCode() {
        return toString().hashCode();
    }

    @Override
    public String toString() {
        return group.label() + "/" + name;
    }
}
