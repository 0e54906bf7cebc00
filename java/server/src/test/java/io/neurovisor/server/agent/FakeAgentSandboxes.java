package io.neurovisor.server.agent;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.testkit.interpreter.FakeInterpreter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Sandboxes in memory. Not thread-safe. */
public final class FakeAgentSandboxes implements AgentSandboxes {
    private final Map<String, GuestInterpreter> living = new LinkedHashMap<>();
    private final List<String> changes = new ArrayList<>();
    private final Runnable check;
    private int created;

    /** @param check is called for each cell */
    public FakeAgentSandboxes(Runnable check) {
        this.check = check;
    }

    @Override
    public String create(Wanted wanted) {
        created++;
        String id = "sandbox" + created;
        living.put(id, new FakeInterpreter(check));
        changes.add("create " + id + " of size " + wanted.size().label() + " for "
                + wanted.life().toSeconds() + " s");
        return id;
    }

    @Override
    public void resume(String id, Duration life) {
        GuestInterpreter _ = interpreter(id);
        changes.add("resume " + id);
    }

    @Override
    public GuestInterpreter interpreter(String id) {
        GuestInterpreter found = living.get(id);
        if (found == null) {
            throw new NeuroVisorException(Fault.SANDBOX_UNKNOWN, "sandbox " + id + " was killed");
        }
        return found;
    }

    @Override
    public void pause(String id) {
        GuestInterpreter _ = interpreter(id);
        changes.add("pause " + id);
    }

    @Override
    public void kill(String id) {
        living.remove(id);
        changes.add("kill " + id);
    }

    /** Returns what was done, and forgets it. */
    public List<String> takeChanges() {
        List<String> taken = List.copyOf(changes);
        changes.clear();
        return taken;
    }
}
