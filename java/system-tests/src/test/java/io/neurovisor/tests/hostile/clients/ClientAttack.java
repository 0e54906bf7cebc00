package io.neurovisor.tests.hostile.clients;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An attack of a client.
 *
 * @param name unique
 * @param title what it does, in one sentence
 * @param script makes the attack and asserts how it ends
 * @param isShort whether the short tier has it
 */
record ClientAttack(Group group, String name, String title, Defence stoppedBy, Script script, boolean isShort) {
    /** In the order in which they are made. */
    enum Group {
        FLOODS,
        HTTP2,
        SLOW,
        KEYS,
        REPLAYS,
        REQUESTS,
        STATUS,
        MODELS,
        /** On a daemon that encrypts and requires keys at both of its ports. */
        TLS;

        String label() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /** What stops an attack of a client. */
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
        /** It is served like the calls of any client, and nothing of it remains. */
        NOTHING("harmless");

        private final String shown;

        Defence(String shown) {
            this.shown = shown;
        }

        /** For a reader of a table. */
        String shown() {
            return shown;
        }
    }

    /** Returns when the attack has ended as it must; what it has opened stays open until the attacker is closed. */
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

    /** All of them, by group. */
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

    /** By its name, of which there is one: a script is made anew each time that all attacks are asked for. */
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
