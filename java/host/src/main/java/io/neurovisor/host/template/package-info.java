/**
 * Templates on disk. Each has a directory named by the digest of its key, and is never changed after it has been
 * published.
 */
@NullMarked
package io.neurovisor.host.template;

import org.jspecify.annotations.NullMarked;
