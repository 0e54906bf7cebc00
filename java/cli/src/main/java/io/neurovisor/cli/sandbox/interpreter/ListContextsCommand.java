package io.neurovisor.cli.sandbox.interpreter;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.neurovisor.cli.console.Table;
import io.neurovisor.cli.sandbox.SandboxAccess;
import io.neurovisor.engine.interpreter.ContextInfo;
import io.neurovisor.engine.interpreter.ContextList;
import io.neurovisor.engine.text.UntrustedText;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Lists the contexts of a sandbox. */
@Command(
        name = "list",
        description = "Lists the contexts of a sandbox, and the languages for which it can have some.",
        footer = {"", "Exit codes: 0; 2 there is no such sandbox; 3 no daemon answers."},
        mixinStandardHelpOptions = true)
final class ListContextsCommand implements Callable<Integer> {
    @Mixin
    private final SandboxAccess daemon = new SandboxAccess();

    @Parameters(paramLabel = "ID", description = "The sandbox.")
    private String id = "";

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Override
    public Integer call() {
        return daemon.call(client -> {
            ContextList list = client.interpreter(daemon.id(client, id)).list(SandboxAccess.answer());
            if (json) {
                daemon.print(json(list).toPrettyString());
            } else {
                daemon.print(table(list));
                daemon.remark("languages: " + UntrustedText.line(String.join(", ", list.languages())));
            }
            return 0;
        });
    }

    private static Table table(ContextList list) {
        Table table = new Table("CONTEXT", "LANGUAGE", "SHARED", "STATE", "CELL", "QUEUED", "MEMORY", "CREATED");
        list.contexts()
                .forEach(context -> table.row(
                        context.id().value(),
                        UntrustedText.line(context.language()),
                        context.isShared() ? "yes" : "no",
                        state(context),
                        context.runningCell() == 0 ? "-" : Long.toString(context.runningCell()),
                        Integer.toString(context.queuedCells()),
                        (context.memoryBytes() >> 20) + " MiB",
                        Table.time(context.created())));
        return table;
    }

    private static String state(ContextInfo context) {
        return context.state().name().toLowerCase(Locale.ROOT);
    }

    private static ObjectNode json(ContextList list) {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        ArrayNode contexts = object.putArray("contexts");
        list.contexts()
                .forEach(context -> contexts.addObject()
                        .put("id", context.id().value())
                        .put("language", context.language())
                        .put("shared", context.isShared())
                        .put("state", state(context))
                        .put("cwd", context.directory())
                        .put("created", context.created().toString())
                        .put("running_cell", context.runningCell())
                        .put("queued_cells", context.queuedCells())
                        .put("memory_bytes", context.memoryBytes())
                        .put("next_event", context.nextEvent()));
        ArrayNode languages = object.putArray("languages");
        list.languages().forEach(languages::add);
        return object;
    }
}
