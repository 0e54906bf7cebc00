package io.neurovisor.host.store;

import java.nio.file.Path;
import java.util.function.BiPredicate;

/**
 * A directory of artifacts and a test for those that are still needed.
 *
 * @param needed returns whether a start would use the artifact of a name that was built from an input
 */
public record StoreContent(Path directory, BiPredicate<String, String> needed) {}
