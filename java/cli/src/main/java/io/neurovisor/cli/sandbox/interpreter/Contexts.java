package io.neurovisor.cli.sandbox.interpreter;

import io.neurovisor.cli.sandbox.SandboxAccess;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.interpreter.ContextId;
import io.neurovisor.engine.interpreter.ContextInfo;
import io.neurovisor.engine.interpreter.GuestInterpreter;
import java.util.List;
import java.util.stream.Collectors;

/** Finds the contexts that arguments name. */
final class Contexts {
    private Contexts() {}

    /** Returns the one context whose id begins with a text. */
    static ContextId find(GuestInterpreter interpreter, String text) {
        List<ContextId> all = interpreter.list(SandboxAccess.answer()).contexts().stream()
                .map(ContextInfo::id)
                .toList();
        List<ContextId> found =
                all.stream().filter(id -> id.value().startsWith(text)).toList();
        if (text.isEmpty() || found.isEmpty()) {
            throw new NeuroVisorException(
                    Fault.CONTEXT_UNKNOWN,
                    "no context has an id that begins with \"" + text
                            + "\"; neurovisor sandbox context list shows the contexts");
        }
        if (found.size() > 1) {
            throw new NeuroVisorException(
                    Fault.CONTEXT_UNKNOWN,
                    "\"" + text + "\" may be any of these contexts: "
                            + found.stream().map(ContextId::value).collect(Collectors.joining(", ")));
        }
        return found.getFirst();
    }
}
