package io.neurovisor.cli.serve;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.neurovisor.cli.console.Table;
import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.store.DataDirectory;
import io.neurovisor.server.access.keys.AccessKey;
import io.neurovisor.server.access.keys.ApiKeys;
import io.neurovisor.server.access.keys.KeyExpiry;
import io.neurovisor.server.access.keys.KeyGrant;
import io.neurovisor.server.access.keys.KeySpelling;
import io.neurovisor.server.access.keys.NewKey;
import io.neurovisor.server.access.keys.Scope;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine;

/** Creates, lists and revokes keys for the commands. */
final class Keys {
    private static final String NONE = "-";
    private static final int MOST_TYPED_BYTES = 4096;
    private static final InstantSource CLOCK = InstantSource.system();

    private final CommonOptions common;
    private final PrintWriter out;
    private final PrintWriter err;

    Keys(CommonOptions common, CommandLine command) {
        this.common = common;
        this.out = command.getOut();
        this.err = command.getErr();
    }

    /** @param e2b whether the key is spelled as E2B's clients accept it */
    void create(KeyGrant grant, boolean e2b) {
        new DataDirectory(common.config().dataDir()).claim();
        try (ApiKeys keys = ApiKeys.open(common.settings().access(), CLOCK)) {
            NewKey created = keys.create(grant);
            if (!common.isQuiet()) {
                err.println("Key " + grant.name() + " was created. It is shown only once; clients send it as"
                        + (e2b ? " \"X-API-KEY: KEY\"." : " \"authorization: Bearer KEY\"."));
                err.flush();
            }
            String secret = created.secret().reveal();
            out.println(e2b ? KeySpelling.toE2b(secret).orElseThrow() : secret);
            out.flush();
        }
    }

    /** Prints the other spelling of the key in a text. The key need not be one of this daemon. */
    void spell(InputStream input) throws IOException {
        String given = new String(input.readNBytes(MOST_TYPED_BYTES), StandardCharsets.UTF_8).strip();
        String own = KeySpelling.ofE2b(given)
                .orElseThrow(
                        () -> new NeuroVisorException(
                                Fault.INVALID_ARGUMENT,
                                "standard input is not a key: give one of the form nvk_... or e2b_..., as keys create prints it"));
        out.println(own.equals(given) ? KeySpelling.toE2b(own).orElseThrow() : own);
        out.flush();
    }

    void list(boolean json) {
        List<AccessKey> all;
        Instant now = CLOCK.instant();
        try (ApiKeys keys = existing().orElse(null)) {
            all = keys == null ? List.of() : keys.list();
        }
        if (json) {
            out.println(json(all, now).toPrettyString());
            out.flush();
            return;
        }
        table(all, now).print(out);
    }

    private static Table table(List<AccessKey> all, Instant now) {
        Table table = new Table(
                "NAME",
                "SCOPES",
                "RATE",
                "QUOTA",
                "MACHINES",
                "WAITING",
                "SANDBOXES",
                "SANDBOX MEMORY",
                "PAUSED",
                "SANDBOX DISK",
                "TOKENS",
                "CREATED",
                "USED",
                "EXPIRES",
                "REVOKED");
        all.forEach(key -> table.row(row(key, now)));
        return table;
    }

    private static String[] row(AccessKey key, Instant now) {
        return new String[] {
            key.grant().name().value(),
            key.grant().scopes().stream().map(Scope::label).collect(Collectors.joining(",")),
            key.grant().rateLimit().map(Object::toString).orElse(NONE),
            key.grant().quota().map(Object::toString).orElse(NONE),
            key.grant().share().machines().map(Object::toString).orElse(NONE),
            key.grant().share().waiting().map(Object::toString).orElse(NONE),
            key.grant().sandboxes().sandboxes().map(Object::toString).orElse(NONE),
            key.grant().sandboxes().memory().map(Object::toString).orElse(NONE),
            key.grant().sandboxes().paused().map(Object::toString).orElse(NONE),
            key.grant().sandboxes().disk().map(Object::toString).orElse(NONE),
            key.grant().tokens().map(Object::toString).orElse(NONE),
            Table.time(key.created()),
            key.lastUsed().map(Table::time).orElse(NONE),
            key.grant().expiry().map(expiry -> expiry(expiry, now)).orElse(NONE),
            key.revoked().map(Table::time).orElse(NONE)
        };
    }

    void revoke(List<String> names) {
        try (ApiKeys keys = existing()
                .orElseThrow(() -> new NeuroVisorException(
                        Fault.INVALID_ARGUMENT,
                        "there is no key in " + common.config().dataDir()
                                + "; create one with ./neurovisor keys create"))) {
            for (String name : names) {
                AccessKey key = keys.revoke(name);
                if (!common.isQuiet()) {
                    out.println("revoked " + key.grant().name());
                    out.flush();
                }
            }
        }
    }

    private Optional<ApiKeys> existing() {
        return ApiKeys.openExisting(common.settings().access(), CLOCK);
    }

    private static ArrayNode json(List<AccessKey> keys, Instant now) {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        for (AccessKey key : keys) {
            ObjectNode object = array.addObject().put("name", key.grant().name().value());
            ArrayNode scopes = object.putArray("scopes");
            key.grant().scopes().forEach(scope -> scopes.add(scope.label()));
            key.grant().rateLimit().ifPresent(limit -> object.put("rate", limit.toString()));
            key.grant().quota().ifPresent(quota -> object.put("quota", quota.toString()));
            key.grant().share().machines().ifPresent(count -> object.put("max_machines", count));
            key.grant().share().waiting().ifPresent(count -> object.put("max_waiting", count));
            key.grant().sandboxes().sandboxes().ifPresent(count -> object.put("max_sandboxes", count));
            key.grant().sandboxes().memory().ifPresent(memory -> object.put("sandbox_memory", memory.toString()));
            key.grant().sandboxes().paused().ifPresent(count -> object.put("max_paused", count));
            key.grant().sandboxes().disk().ifPresent(size -> object.put("sandbox_disk", size.toString()));
            key.grant().tokens().ifPresent(budget -> object.put("token_budget", budget.toString()));
            object.put("created", key.created().toString());
            key.lastUsed().ifPresent(time -> object.put("used", time.toString()));
            key.grant()
                    .expiry()
                    .ifPresent(
                            expiry -> object.put("expires", expiry.toString()).put("expired", expiry.isOver(now)));
            key.revoked().ifPresent(time -> object.put("revoked", time.toString()));
        }
        return array;
    }

    private static String expiry(KeyExpiry expiry, Instant now) {
        return Table.time(expiry.time()) + (expiry.isOver(now) ? " (expired)" : "");
    }
}
