package io.neurovisor.cli.sandbox.interpreter;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.neurovisor.cli.console.Table;
import io.neurovisor.cli.sandbox.SandboxAccess;
import io.neurovisor.engine.interpreter.ContextVariables;
import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.engine.text.UntrustedText;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows the variables of a context. */
@Command(
        name = "variables",
        description = "Shows the variables of a context that runs no cell. Runs no code of the sandbox.",
        footer = {
            "",
            "Exit codes: 0; 2 there is no such sandbox or context; 3 no daemon answers; 125 it runs a cell or has ended."
        },
        mixinStandardHelpOptions = true)
final class VariablesCommand implements Callable<Integer> {
    @Mixin
    private final SandboxAccess daemon = new SandboxAccess();

    @Parameters(index = "0", paramLabel = "ID", description = "The sandbox.")
    private String id = "";

    @Parameters(index = "1", paramLabel = "CONTEXT", description = "The context.")
    private String context = "";

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Override
    public Integer call() {
        return daemon.call(client -> {
            GuestInterpreter interpreter = client.interpreter(daemon.id(client, id));
            ContextVariables variables =
                    interpreter.inspect(Contexts.find(interpreter, context), SandboxAccess.answer());
            if (json) {
                daemon.print(json(variables).toPrettyString());
            } else {
                daemon.print(table(variables));
            }
            if (variables.truncated()) {
                daemon.remark("some variables were left out");
            }
            return 0;
        });
    }

    private static Table table(ContextVariables variables) {
        Table table = new Table("NAME", "TYPE", "SIZE", "VALUE");
        variables
                .variables()
                .forEach(variable -> table.row(
                        UntrustedText.line(variable.name()),
                        UntrustedText.line(variable.type()),
                        size(variable),
                        UntrustedText.line(variable.text())));
        return table;
    }

    private static String size(ContextVariables.Variable variable) {
        if (variable.shape().isEmpty()) {
            return variable.length().isPresent()
                    ? Long.toString(variable.length().getAsLong())
                    : "-";
        }
        return variable.shape().stream().map(String::valueOf).collect(Collectors.joining("x"));
    }

    private static ObjectNode json(ContextVariables variables) {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        ArrayNode array = object.putArray("variables");
        for (ContextVariables.Variable variable : variables.variables()) {
            ObjectNode node = array.addObject();
            node.put("name", variable.name()).put("type", variable.type()).put("text", variable.text());
            variable.length().ifPresent(length -> node.put("length", length));
            ArrayNode shape = node.putArray("shape");
            variable.shape().forEach(shape::add);
        }
        return object.put("truncated", variables.truncated());
    }
}
