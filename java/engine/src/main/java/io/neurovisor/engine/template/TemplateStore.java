package io.neurovisor.engine.template;

import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.vm.SavedVm;
import java.nio.file.Path;
import java.util.function.Consumer;

/** Keeps templates on disk, each under its key's digest. Safe for use by many threads and processes. */
public interface TemplateStore {
    /**
     * Returns the template of a key. If it is missing, {@code writer} makes it in an empty directory; among concurrent
     * callers in all processes, one makes it and the others wait. A template appears whole or not at all.
     */
    SavedVm findOrWrite(TemplateKey key, Consumer<Path> writer, Progress progress);
}
