package io.neurovisor.testkit.interpreter;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.interpreter.CellEvents;
import io.neurovisor.engine.interpreter.CellSpec;
import io.neurovisor.engine.interpreter.ContextId;
import io.neurovisor.engine.interpreter.ContextInfo;
import io.neurovisor.engine.interpreter.ContextList;
import io.neurovisor.engine.interpreter.ContextSpec;
import io.neurovisor.engine.interpreter.ContextVariables;
import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.engine.interpreter.TableFormat;
import io.neurovisor.engine.time.Deadline;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/** The interpreter of a guest that runs no programs: it knows the few statements of {@link FakeContext}. */
public final class FakeInterpreter implements GuestInterpreter {
    private static final int MOST_CONTEXTS = 8;
    private static final List<String> LANGUAGES = List.of("python", "bash");

    private final Runnable check;
    private final Lock lock = new ReentrantLock();
    private final Map<ContextId, FakeContext> contexts = new LinkedHashMap<>();
    private int created;
    private volatile Runnable onStart = () -> {};

    /** @param check throws if the guest serves no interpreter */
    public FakeInterpreter(Runnable check) {
        this.check = check;
    }

    /** Runs an action while an interpreter starts. */
    public void whileStarting(Runnable action) {
        onStart = action;
    }

    /** Ends all streams with the machine. */
    public void lose() {
        lock.lock();
        try {
            contexts.values().forEach(FakeContext::lose);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public ContextInfo create(ContextSpec spec, Deadline deadline) {
        return find(spec, false, _ -> false);
    }

    @Override
    public ContextInfo shared(String language, Deadline deadline) {
        return find(
                new ContextSpec(language, Optional.empty(), Map.of()),
                true,
                context ->
                        context.info().isShared() && context.info().language().equals(language));
    }

    private ContextInfo find(ContextSpec spec, boolean shared, Predicate<FakeContext> existing) {
        check.run();
        if (!LANGUAGES.contains(spec.language())) {
            throw new NeuroVisorException(
                    Fault.LANGUAGE_UNSUPPORTED,
                    "the image has no driver for " + spec.language() + ": it has " + LANGUAGES);
        }
        onStart.run();
        check.run();
        lock.lock();
        try {
            Optional<FakeContext> found =
                    contexts.values().stream().filter(existing).findFirst();
            if (found.isEmpty() && contexts.size() >= MOST_CONTEXTS) {
                throw new NeuroVisorException(Fault.CONTEXT_LIMIT, "8 contexts are the most");
            }
            return found.orElseGet(() -> add(spec, shared)).info();
        } finally {
            lock.unlock();
        }
    }

    private FakeContext add(ContextSpec spec, boolean shared) {
        created++;
        FakeContext context = new FakeContext(new ContextId("%032x".formatted(created)), spec, shared);
        contexts.put(context.info().id(), context);
        return context;
    }

    @Override
    public ContextList list(Deadline deadline) {
        check.run();
        lock.lock();
        try {
            return new ContextList(
                    contexts.values().stream().map(FakeContext::info).toList(), LANGUAGES);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public ContextInfo restart(ContextId context, Deadline deadline) {
        FakeContext found = find(context);
        found.replace(true);
        return found.info();
    }

    @Override
    public void remove(ContextId context, Deadline deadline) {
        find(context).replace(false);
        lock.lock();
        try {
            contexts.remove(context);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public ContextVariables inspect(ContextId context, Deadline deadline) {
        return find(context).inspect();
    }

    @Override
    public CellEvents execute(ContextId context, CellSpec cell, Deadline deadline) {
        FakeContext found = find(context);
        if (cell.tables() == TableFormat.ARROW) {
            throw new NeuroVisorException(Fault.TABLE_FORMAT_UNSUPPORTED, "context " + context + " has no pyarrow");
        }
        return found.execute(cell);
    }

    @Override
    public CellEvents attach(ContextId context, long cell, long fromEvent, Deadline deadline) {
        return find(context).attach(cell, fromEvent);
    }

    @Override
    public void sendInput(ContextId context, long cell, String text, Deadline deadline) {
        find(context).answer(cell, Optional.of(text));
    }

    @Override
    public void endInput(ContextId context, long cell, Deadline deadline) {
        find(context).answer(cell, Optional.empty());
    }

    @Override
    public void interrupt(ContextId context, long cell, Deadline deadline) {
        find(context).interrupt(cell);
    }

    private FakeContext find(ContextId context) {
        check.run();
        lock.lock();
        try {
            return Optional.ofNullable(contexts.get(context))
                    .orElseThrow(
                            () -> new NeuroVisorException(Fault.CONTEXT_UNKNOWN, "there is no context " + context));
        } finally {
            lock.unlock();
        }
    }
}
