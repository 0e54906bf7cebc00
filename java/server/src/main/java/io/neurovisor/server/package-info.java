/** Placeholder sentence one. Sentence two. */
@NullMarked
package io.neurovisor.server;

import org.jspecify.annotations.NullMarked;
