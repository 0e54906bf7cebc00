package io.neurovisor.e2b.envd;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.neurovisor.proto.e2b.filesystem.FilesystemEvent;
import io.neurovisor.proto.sandbox.WatchFilesResponse;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Watches whose events clients fetch. One ends with its sandbox; of unread events the newest are kept. */
public final class Watchers {
    private static final int MOST_EVENTS = 1024;

    /** More than a sandbox may have watches of any kind. */
    private static final int MOST_OF_ALL = 1024;

    private final Map<String, Watcher> watchers = new ConcurrentHashMap<>();

    /** How long a client that fetches waits for the first event: a guest reports what was just changed a little later. */
    private static final long FIRST_EVENT_NANOS = Duration.ofMillis(300).toNanos();

    private static final class Watcher {
        private final String sandboxId;
        private final Context.CancellableContext context;

        @GuardedBy("this")
        private final Deque<FilesystemEvent> events = new ArrayDeque<>();

        Watcher(String sandboxId, Context.CancellableContext context) {
            this.sandboxId = sandboxId;
            this.context = context;
        }

        synchronized void add(FilesystemEvent event) {
            if (events.size() == MOST_EVENTS) {
                events.removeFirst();
            }
            events.add(event);
            notifyAll();
        }

        synchronized List<FilesystemEvent> take() throws InterruptedException {
            long end = System.nanoTime() + FIRST_EVENT_NANOS;
            for (long left = FIRST_EVENT_NANOS; events.isEmpty() && left > 0; left = end - System.nanoTime()) {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
            List<FilesystemEvent> taken = new ArrayList<>(events);
            events.clear();
            return taken;
        }
    }

    /** Begins a watch, and returns its id once it is in place. */
    String create(WatchedFiles watched) {
        if (watchers.size() >= MOST_OF_ALL) {
            throw Status.RESOURCE_EXHAUSTED
                    .withDescription("%d watchers exist, which is the limit; remove some".formatted(MOST_OF_ALL))
                    .asRuntimeException();
        }
        String id = UUID.randomUUID().toString();
        // It outlives the call that begins it.
        Context.CancellableContext context = Context.ROOT.withCancellation();
        Watcher watcher = new Watcher(watched.call().sandboxId(), context);
        Context before = context.attach();
        Iterator<WatchFilesResponse> changes;
        try {
            changes = watched.begin();
            // The first message comes when the watch is in place.
            boolean _ = changes.hasNext();
        } finally {
            context.detach(before);
        }
        watchers.put(id, watcher);
        Thread _ = Thread.ofVirtual().name("watcher").start(context.wrap(() -> collect(id, watcher, watched, changes)));
        return id;
    }

    private void collect(String id, Watcher watcher, WatchedFiles watched, Iterator<WatchFilesResponse> changes) {
        try {
            while (changes.hasNext()) {
                watched.events(changes.next().getEventsList()).forEach(watcher::add);
            }
        } catch (StatusRuntimeException ended) {
            // With its sandbox, or because it was removed.
        } finally {
            watchers.remove(id, watcher);
            boolean _ = watcher.context.cancel(null);
        }
    }

    /** Returns the events since the last call. If there are none, waits a moment for one. */
    List<FilesystemEvent> take(String sandboxId, String id) {
        try {
            return find(sandboxId, id).take();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw Status.CANCELLED.withDescription("the call has ended").asRuntimeException();
        }
    }

    void remove(String sandboxId, String id) {
        boolean _ = find(sandboxId, id).context.cancel(null);
        watchers.remove(id);
    }

    private Watcher find(String sandboxId, String id) {
        Watcher watcher = watchers.get(id);
        if (watcher == null || !watcher.sandboxId.equals(sandboxId)) {
            throw Status.NOT_FOUND.withDescription("there is no watcher " + id).asRuntimeException();
        }
        return watcher;
    }
}
